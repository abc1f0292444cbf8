"""The target a KPI is held to in a period: its own, the one of a longer period, or those of its collection periods.

Called inside ARITHMETIC (domain.values). Targets are a series by period; an older one never carries on.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from decimal import Decimal
from operator import attrgetter
from typing import NamedTuple

from domain.calendar import Calendar, Period
from domain.kpi.events import Definition, Prorate, Target
from domain.kpi.state import Kpi, TargetKnown
from domain.scoring.aggregate import adds_up, aimed
from domain.scoring.collected import Collected
from domain.scoring.scale import Aim

NO_AIM = Aim()
_YEAR = attrgetter("period.year")


class UsedTarget(NamedTuple):
    """One target that entered a KPI's score."""

    period: Period
    target: Decimal
    baseline: Decimal | None
    stretch: Decimal | None
    position: int
    late: bool
    revised: bool


def target_of(kpi: Kpi, period: Period) -> TargetKnown | None:
    """The last target known for exactly that period."""
    targets, year, number, kind = kpi.targets, period.year, period.number, period.kind
    for index in range(bisect_left(targets, year, key=_YEAR), len(targets)):
        known = targets[index]
        if known.period.year != year:
            return None
        if known.period.number == number and known.period.kind is kind:
            return known
    return None


def aim_of(target: Target) -> Aim:
    """The target of one period as it was set."""
    return Aim(target.target, target.baseline, target.stretch)


def used(known: TargetKnown, aim: Aim) -> UsedTarget | None:
    """What an explanation names; None if the aim has no target (a step before the first milestone)."""
    if aim.target is None:
        return None
    return UsedTarget(
        known.period, aim.target, aim.baseline, aim.stretch, known.position, late=known.late, revised=known.revised
    )


def targets_of(kpi: Kpi, periods: Sequence[Period]) -> tuple[TargetKnown | None, ...]:
    """The same for many periods, which are in order."""
    targets = kpi.targets
    first = bisect_left(targets, periods[0].year, key=_YEAR)
    end = bisect_right(targets, periods[-1].year, key=_YEAR)
    by_period = {known.period: known for known in reversed(targets[first:end])}
    return tuple([by_period.get(period) for period in periods])


def joined(definition: Definition, known: Sequence[TargetKnown | None], counted: Sequence[Collected]) -> Aim:
    """The targets of the counted collection periods as one; a part that any of them lacks is lacking.

    `counted` is asked for weights only.
    """
    targets = [each.target for each in known if each is not None]
    if len(targets) < len(known) or not targets:
        return NO_AIM
    return Aim(
        aimed(definition, [target.target for target in targets], counted),
        _part(definition, [target.baseline for target in targets], counted),
        _part(definition, [target.stretch for target in targets], counted),
    )


def _part(definition: Definition, parts: Sequence[Decimal | None], counted: Sequence[Collected]) -> Decimal | None:
    present = [part for part in parts if part is not None]
    return aimed(definition, present, counted) if len(present) == len(parts) else None


def prorated(
    definition: Definition, target: Target, counted: Sequence[Period], all_periods: int, calendar: Calendar
) -> Aim:
    """A target set on a longer period, compared with the part of it that has values."""
    match definition.prorate:
        case Prorate.NONE:
            return aim_of(target)
        case Prorate.STEP:
            return Aim(_milestone(target, counted[-1], calendar), target.baseline, target.stretch)
        case Prorate.LINEAR:
            if adds_up(definition):
                return _part_of_flow(target, len(counted), all_periods)
            return _part_of_level(target, len(counted), all_periods)


def _milestone(target: Target, last_counted: Period, calendar: Calendar) -> Decimal | None:
    """The value of the last milestone whose period had begun by the end of the last counted collection period."""
    by = calendar.last_day(last_counted)
    reached = [(calendar.first_day(each.period), each.value) for each in target.milestones]
    reached = [each for each in reached if each[0] <= by]
    return max(reached, key=lambda each: each[0])[1] if reached else None


def _part_of_flow(target: Target, counted: int, all_periods: int) -> Aim:
    def part(whole: Decimal | None) -> Decimal | None:
        return None if whole is None else whole * counted / all_periods

    return Aim(part(target.target), part(target.baseline), part(target.stretch))


def _part_of_level(target: Target, counted: int, all_periods: int) -> Aim:
    """On the way from the baseline; without one a level is due in full."""
    base = target.baseline
    if base is None:
        return aim_of(target)
    remaining = all_periods - counted
    stretch = None if target.stretch is None else (base * remaining + target.stretch * counted) / all_periods
    return Aim((base * remaining + target.target * counted) / all_periods, base, stretch)
