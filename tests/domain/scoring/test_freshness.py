"""How stale a KPI is at an instant."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from domain.calendar import Calendar, PeriodKind
from domain.kpi.state import DefinitionKnown, Kpi
from domain.policy import Policy
from domain.scoring.freshness import (
    Absence,
    Freshness,
    FreshnessState,
    absence,
    due_at,
    first_period,
    freshness,
    stale_share,
)
from domain.values import KpiId
from tests.domain.scoring.build import (
    LEVEL,
    D,
    definitions,
    instant,
    kpi,
    kpis,
    node,
    now,
    period,
    root,
    scorecard,
    top,
)

MARCH = period("2026-03")
CALENDAR = Calendar()
TEN_DAYS = Policy(grace_days=10)


@pytest.mark.parametrize(
    ("as_of", "label"),
    [
        ("2026-03-15", Absence.NOT_DUE),
        ("2026-04-10T23:59:59", Absence.NOT_DUE),
        ("2026-04-11", Absence.OVERDUE),
        ("2026-05-10T23:59:59", Absence.OVERDUE),
        ("2026-05-11", Absence.MULTI_OVERDUE),
    ],
)
def test_a_month_is_not_due_then_overdue_then_multi_overdue(as_of: str, label: Absence) -> None:
    assert absence(LEVEL, CALENDAR, TEN_DAYS, MARCH, instant(as_of)) is label


def test_days_end_in_the_organizations_zone() -> None:
    paris = Calendar(time_zone="Europe/Paris")
    assert due_at(LEVEL, paris, TEN_DAYS, MARCH) == datetime(2026, 4, 10, 22, tzinfo=UTC)


def test_the_kpis_own_grace_goes_before_the_organizations() -> None:
    assert due_at(replace(LEVEL, grace_days=0), CALENDAR, TEN_DAYS, MARCH) == instant("2026-04-01")


def at(as_of: str, last: str | None, retired_after: date | None = None) -> Freshness:
    last_period = None if last is None else period(last)
    return freshness(LEVEL, CALENDAR, TEN_DAYS, period("2026-01"), last_period, instant(as_of), retired_after)


@pytest.mark.parametrize(
    ("as_of", "last", "state"),
    [
        ("2026-03-31T23:59", "2026-02", FreshnessState.CURRENT),
        ("2026-04-01", "2026-02", FreshnessState.DUE),
        ("2026-04-10T23:59", "2026-02", FreshnessState.DUE),
        ("2026-04-11", "2026-02", FreshnessState.OVERDUE),
        ("2026-05-11", "2026-02", FreshnessState.MULTI_OVERDUE),
        ("2026-04-11", "2026-03", FreshnessState.CURRENT),
        ("2026-04-11", "2026-12", FreshnessState.CURRENT),
        ("2026-02-10T23:59", None, FreshnessState.NOT_DUE),
        ("2026-02-11", None, FreshnessState.NEVER),
        ("2030-01-01", None, FreshnessState.NEVER),
    ],
)
def test_the_state_of_a_kpi_follows_from_its_last_value(as_of: str, last: str | None, state: FreshnessState) -> None:
    assert at(as_of, last).state is state


def test_it_says_what_is_awaited_and_until_when() -> None:
    found = at("2026-04-01", "2026-02")
    assert (found.last_period, found.awaited, found.due_at) == (period("2026-02"), MARCH, instant("2026-04-11"))


def test_nothing_is_awaited_of_a_retired_kpi() -> None:
    assert at("2030-01-01", "2026-02", date(2026, 2, 28)) == Freshness(
        FreshnessState.CURRENT, period("2026-02"), None, None
    )
    assert at("2030-01-01", "2026-01", date(2026, 2, 28)).state is FreshnessState.MULTI_OVERDUE


def test_the_first_period_of_a_kpi_is_the_one_its_definition_begins_in() -> None:
    quarterly = replace(LEVEL, frequency=PeriodKind.QUARTER)
    known = (DefinitionKnown(quarterly, date(2026, 5, 10), 9), DefinitionKnown(quarterly, date(2025, 5, 1), 12))
    assert first_period(Kpi(KpiId("K"), known), CALENDAR) == period("2025-Q2")
    assert first_period(Kpi(KpiId("K")), CALENDAR) is None


def test_the_stale_share_is_one_of_weight_and_reaches_into_child_scorecards() -> None:
    child = scorecard(root(placed={"B": 1, "C": 3}), code="child")
    parent = scorecard(root(node("P", 1, {"A": 1}), node("Q", 1, cards={"child": 1})))
    tree = top(definitions((parent, child), kpis("A", "B", "C")), now({"A": 1}))
    states = {KpiId("A"): FreshnessState.CURRENT, KpiId("B"): FreshnessState.NEVER, KpiId("C"): FreshnessState.DUE}
    assert stale_share(tree, states) == D("0.125")
    assert stale_share(tree, {**states, KpiId("C"): FreshnessState.OVERDUE}) == D("0.5")
    nothing = top(definitions(root(placed={"A": 0}), [kpi("A")]), now({}))
    assert stale_share(nothing, states) == 0
