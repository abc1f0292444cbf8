"""Which periods a page shows."""

from datetime import UTC, date, datetime

import pytest

from domain.calendar import Calendar, Period, PeriodKind
from domain.kpi.events import Aggregation, Definition, Direction, Kind
from domain.kpi.state import DefinitionKnown, Kpi
from domain.values import KpiId
from services.web import windows

CALENDAR = Calendar()
NOW = datetime(2026, 3, 15, tzinfo=UTC)
DAY, WEEK, MONTH, QUARTER, HALF, YEAR = PeriodKind


def kpi(frequency: PeriodKind) -> Kpi:
    definition = Definition("A", "%", Kind.STOCK, Direction.HIGHER, frequency, Aggregation.LAST)
    return Kpi(KpiId("a"), (DefinitionKnown(definition, date(2020, 1, 1), 1),))


def periods(*names: str) -> list[Period]:
    return [Period.parse(name) for name in names]


def months(first: str, count: int) -> list[Period]:
    found = periods(first)
    while len(found) < count:
        found.append(CALENDAR.following(found[-1]))
    return found


@pytest.mark.parametrize(
    ("frequencies", "offered"),
    [
        ([YEAR], (YEAR,)),
        ([MONTH], (MONTH, QUARTER, HALF, YEAR)),
        ([QUARTER, MONTH], (MONTH, QUARTER, HALF, YEAR)),
        ([DAY], (DAY, MONTH, QUARTER, HALF, YEAR)),
        ([WEEK, YEAR], (WEEK, MONTH, QUARTER, HALF, YEAR)),
        ([], (YEAR,)),
    ],
)
def test_offered_are_the_kinds_in_which_something_is_collected_and_longer_ones(
    frequencies: list[PeriodKind], offered: tuple[PeriodKind, ...]
) -> None:
    assert windows.kinds([kpi(frequency) for frequency in frequencies]) == offered


def test_values_of_any_kind_count_in_the_period_in_which_they_end() -> None:
    valued = periods("2026-01", "2025-Q4", "2026-W05", "2025-12-31")
    assert windows.of_kind(CALENDAR, MONTH, valued) == periods("2025-12", "2026-01", "2026-02")
    assert windows.of_kind(CALENDAR, YEAR, valued) == periods("2025", "2026")


def test_the_latest_ended_period_comes_before_the_one_that_still_runs() -> None:
    assert windows.latest_ended(CALENDAR, periods("2026-01", "2026-02", "2026-03"), NOW) == periods(
        "2026-02", "2026-01", "2026-03"
    )


def test_one_can_go_on_to_the_present_or_to_the_last_value_and_no_further() -> None:
    def following(asked: str, *valued: str) -> Period | None:
        made = windows.around(CALENDAR, Period.parse(asked), (MONTH,), periods(*valued), NOW)
        return made.following

    assert following("2026-01", "2025-12") == Period.parse("2026-02")
    assert following("2026-03", "2025-12") is None
    assert following("2026-03", "2026-05") == Period.parse("2026-04")
    assert following("2026-05", "2026-05") is None


def test_other_kinds_lead_to_the_period_in_which_the_asked_one_ends() -> None:
    made = windows.around(CALENDAR, Period.parse("2025-Q4"), (MONTH, QUARTER, YEAR), [], NOW)
    assert made.kinds == (
        (MONTH, Period.parse("2025-12")),
        (QUARTER, Period.parse("2025-Q4")),
        (YEAR, Period.parse("2025")),
    )


def test_a_kind_that_is_not_offered_is_still_named_when_asked_for() -> None:
    made = windows.around(CALENDAR, Period.parse("2025-03"), (YEAR,), [], NOW)
    assert [kind for kind, _ in made.kinds] == [MONTH, YEAR]


def test_a_chart_begins_with_the_first_value_and_ends_with_the_last() -> None:
    valued = periods("2025-11", "2026-02")
    assert windows.charted(CALENDAR, Period.parse("2025-12"), valued) == tuple(months("2025-11", 4))


def test_a_chart_holds_the_latest_periods_when_there_are_many() -> None:
    valued = months("2015-01", 100)
    assert windows.charted(CALENDAR, valued[-1], valued) == tuple(valued[-windows.CHART_PERIODS_MAX :])


def test_a_chart_of_an_old_period_holds_what_lies_around_it() -> None:
    valued = months("2015-01", 100)
    shown = windows.charted(CALENDAR, valued[40], valued)
    assert shown == tuple(
        valued[40 + windows.AFTER_ASKED_MAX + 1 - windows.CHART_PERIODS_MAX : 41 + windows.AFTER_ASKED_MAX]
    )


@pytest.mark.parametrize("asked", ["1900", "1900-01-01", "2200", "2200-12-31", "2200-W52", "1900-W01"])
def test_the_ends_of_the_calendar_are_no_edge(asked: str) -> None:
    period = Period.parse(asked)
    assert period in windows.charted(CALENDAR, period, periods("2026"))
    made = windows.around(CALENDAR, period, (YEAR,), [period], NOW)
    for neighbour in (made.previous, made.following):
        assert neighbour is None or Period.parse(neighbour.text) == neighbour
