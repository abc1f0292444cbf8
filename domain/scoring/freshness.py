"""How stale a KPI is at an instant: a label worked out at the read, never stored, never part of a score.

A value is due at the end of the period's last day plus the grace days.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, localcontext
from enum import StrEnum

from domain.calendar import Calendar, Period
from domain.kpi.events import Definition
from domain.kpi.state import Kpi
from domain.policy import Policy
from domain.scoring.tree import NodeScore
from domain.values import ARITHMETIC, KpiId


class FreshnessState(StrEnum):
    """`current`: every ended collection period has its value. `due`: the next has ended, its grace days run.

    `overdue`: they are over; `multi_overdue`: so are those of the period after. Of a KPI that never had a value:
    `not_due` until its first is due, `never` from then on.
    """

    CURRENT = "current"
    NOT_DUE = "not_due"
    DUE = "due"
    OVERDUE = "overdue"
    MULTI_OVERDUE = "multi_overdue"
    NEVER = "never"


STALE = frozenset({FreshnessState.OVERDUE, FreshnessState.MULTI_OVERDUE, FreshnessState.NEVER})


class Absence(StrEnum):
    """What the absence of one collection period's value means."""

    NOT_DUE = "not_due"
    OVERDUE = "overdue"
    MULTI_OVERDUE = "multi_overdue"


@dataclass(frozen=True, slots=True)
class Freshness:
    """`awaited` is the first collection period without a value after the last one with one, due at `due_at` (UTC)."""

    state: FreshnessState
    last_period: Period | None
    awaited: Period | None
    due_at: datetime | None


def due_at(definition: Definition, calendar: Calendar, policy: Policy, period: Period) -> datetime:
    """The instant from which the period's value is overdue."""
    grace = policy.grace_days if definition.grace_days is None else definition.grace_days
    return calendar.day_ends_at(calendar.last_day(period) + timedelta(days=grace))


def absence(definition: Definition, calendar: Calendar, policy: Policy, period: Period, as_of: datetime) -> Absence:
    """What it means at the instant that this collection period has no value."""
    if as_of < due_at(definition, calendar, policy, period):
        return Absence.NOT_DUE
    following = due_at(definition, calendar, policy, calendar.following(period))
    return Absence.OVERDUE if as_of < following else Absence.MULTI_OVERDUE


def freshness(
    definition: Definition,
    calendar: Calendar,
    policy: Policy,
    first_period: Period,
    last_period: Period | None,
    as_of: datetime,
    retired_after: date | None = None,
) -> Freshness:
    """The freshness of a KPI whose first collection period is `first_period` and last one with a value `last_period`.

    Definition and policy are those in force on the day of `as_of`. Nothing is awaited after the KPI has retired.
    """
    awaited = first_period if last_period is None else calendar.following(last_period)
    if retired_after is not None and calendar.last_day(awaited) > retired_after:
        return Freshness(FreshnessState.CURRENT, last_period, None, None)
    due = due_at(definition, calendar, policy, awaited)
    state = _state(absence(definition, calendar, policy, awaited, as_of), last_period is None)
    if state is FreshnessState.CURRENT and calendar.ended(awaited, as_of):
        state = FreshnessState.DUE
    return Freshness(state, last_period, awaited, due)


def _state(absent: Absence, never: bool) -> FreshnessState:
    match absent:
        case Absence.NOT_DUE:
            return FreshnessState.NOT_DUE if never else FreshnessState.CURRENT
        case Absence.OVERDUE:
            return FreshnessState.NEVER if never else FreshnessState.OVERDUE
        case Absence.MULTI_OVERDUE:
            return FreshnessState.NEVER if never else FreshnessState.MULTI_OVERDUE


def first_period(kpi: Kpi, calendar: Calendar) -> Period | None:
    """The first collection period that ends under a definition of the KPI; None while it is not defined."""
    if not kpi.definitions:
        return None
    first = min(kpi.definitions, key=lambda known: (known.effective_from, -known.position))
    return calendar.containing(first.effective_from, first.definition.frequency)


def stale_share(root: NodeScore, states: Mapping[KpiId, FreshnessState]) -> Decimal:
    """The share of leaf weight, 0..1, that stands on stale KPIs, child scorecards included; 0 if nothing has weight."""
    with localcontext(ARITHMETIC):
        stale = whole = Decimal(0)
        for leaf in root.leaves():
            whole += leaf.leaf_share
            if states.get(leaf.kpi) in STALE:
                stale += leaf.leaf_share
        return stale / whole if whole else whole
