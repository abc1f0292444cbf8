"""The fiscal calendar: names, days, what contains what, and when a period ends."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import YEAR_MAX, YEAR_MIN, Calendar, Period, PeriodKind, checked, checked_day, finer
from domain.errors import DomainError

CIVIL = Calendar()
APRIL = Calendar(start_month=4)
DAY = timedelta(days=1)
NAMED_BY: tuple[Literal["start", "end"], ...] = ("start", "end")

calendars = st.builds(Calendar, st.integers(1, 12), st.sampled_from(NAMED_BY))
days = st.dates(date(1990, 1, 1), date(2100, 12, 31))
kinds = st.sampled_from(PeriodKind)


def p(name: str) -> Period:
    return Period.parse(name)


def names(periods: Sequence[Period]) -> list[str]:
    return [period.text for period in periods]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("2026-03", PeriodKind.MONTH),
        ("2026-Q1", PeriodKind.QUARTER),
        ("2026-H2", PeriodKind.HALF),
        ("2026", PeriodKind.YEAR),
        ("2026-W07", PeriodKind.WEEK),
        ("2026-W53", PeriodKind.WEEK),
        ("2026-03-14", PeriodKind.DAY),
        ("2024-02-29", PeriodKind.DAY),
    ],
)
def test_a_period_has_one_name(name: str, kind: PeriodKind) -> None:
    assert (p(name).kind, p(name).text, str(p(name))) == (kind, name, name)


@pytest.mark.parametrize(
    "name",
    [
        *("", "2026-13", "2026-00", "2026-Q5", "2026-H3", "2026-W00", "2026-W54", "2025-W53", "2026-02-29", "2026-3"),
        *("26-03", "1899", "2201-01", "2026-03 ", "2026-03\n", "２０２６-03", "2026-w07", "2026-q1", "-2026"),
        *("2026-03-14T00:00", "0000", "9999-W01"),
    ],
)
def test_what_is_not_in_the_calendar_has_no_period(name: str) -> None:
    with pytest.raises(DomainError) as refused:
        p(name)
    assert (refused.value.code, refused.value.field) == ("period-invalid", "/period")


@pytest.mark.parametrize(
    ("calendar", "name", "first", "last"),
    [
        (CIVIL, "2026-Q1", date(2026, 1, 1), date(2026, 3, 31)),
        (CIVIL, "2026", date(2026, 1, 1), date(2026, 12, 31)),
        (APRIL, "2026-Q1", date(2025, 4, 1), date(2025, 6, 30)),
        (APRIL, "2026-H2", date(2025, 10, 1), date(2026, 3, 31)),
        (APRIL, "2026", date(2025, 4, 1), date(2026, 3, 31)),
        (Calendar(4, "start"), "2026-Q1", date(2026, 4, 1), date(2026, 6, 30)),
        (Calendar(4, "start"), "2026", date(2026, 4, 1), date(2027, 3, 31)),
        (Calendar(10, "end"), "2021", date(2020, 10, 1), date(2021, 9, 30)),
        (Calendar(1, "start"), "2026", date(2026, 1, 1), date(2026, 12, 31)),
        (APRIL, "2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        (APRIL, "2026-W05", date(2026, 1, 26), date(2026, 2, 1)),
        (CIVIL, "2026-W53", date(2026, 12, 28), date(2027, 1, 3)),
    ],
)
def test_the_days_of_a_period(calendar: Calendar, name: str, first: date, last: date) -> None:
    assert (calendar.first_day(p(name)), calendar.last_day(p(name))) == (first, last)


def test_a_month_is_civil_and_lies_in_a_fiscal_quarter() -> None:
    assert APRIL.parent(p("2026-03"), PeriodKind.QUARTER) == p("2026-Q4")
    assert APRIL.parent(p("2026-03"), PeriodKind.YEAR) == p("2026")
    assert names(APRIL.children(p("2026-Q1"), PeriodKind.MONTH)) == ["2025-04", "2025-05", "2025-06"]


def test_a_week_belongs_to_the_month_that_holds_its_last_day() -> None:
    assert CIVIL.parent(p("2026-W05"), PeriodKind.MONTH) == p("2026-02")
    weeks_of_january = ["2026-W01", "2026-W02", "2026-W03", "2026-W04"]
    assert names(CIVIL.children(p("2026-01"), PeriodKind.WEEK)) == weeks_of_january
    weeks_of_march = ["2026-W09", "2026-W10", "2026-W11", "2026-W12", "2026-W13"]
    assert names(CIVIL.children(p("2026-03"), PeriodKind.WEEK)) == weeks_of_march


def test_week_53_of_2026_belongs_to_2027_in_spite_of_its_name() -> None:
    assert CIVIL.parent(p("2026-W53"), PeriodKind.MONTH) == p("2027-01")
    assert CIVIL.parent(p("2026-W53"), PeriodKind.YEAR) == p("2027")


def test_the_ancestors_of_a_period_start_with_itself_and_nothing_rolls_up_into_weeks() -> None:
    assert names(APRIL.ancestors(p("2026-03-14"))) == ["2026-03-14", "2026-03", "2026-Q4", "2026-H2", "2026"]
    assert names(CIVIL.ancestors(p("2026-W53"))) == ["2026-W53", "2027-01", "2027-Q1", "2027-H1", "2027"]
    assert names(CIVIL.ancestors(p("2026"))) == ["2026"]


def test_a_span_has_every_period_between_two() -> None:
    assert names(list(CIVIL.span(p("2025-Q4"), p("2026-Q2")))) == ["2025-Q4", "2026-Q1", "2026-Q2"]
    assert list(CIVIL.span(p("2026-Q2"), p("2026-Q1"))) == []


def test_kinds_are_ordered_by_length() -> None:
    ordered = list(PeriodKind)
    assert [finer(one, other) for one in ordered for other in ordered] == [
        ordered.index(one) < ordered.index(other) for one in ordered for other in ordered
    ]


@given(calendars, days, kinds)
def test_periods_of_one_kind_partition_the_days(calendar: Calendar, day: date, kind: PeriodKind) -> None:
    period = calendar.containing(day, kind)
    assert calendar.first_day(period) <= day <= calendar.last_day(period)
    before, after = calendar.previous(period), calendar.following(period)
    assert calendar.last_day(before) + DAY == calendar.first_day(period)
    assert calendar.last_day(period) + DAY == calendar.first_day(after)
    assert calendar.following(before) == calendar.previous(after) == period


@given(calendars, days, st.sampled_from([PeriodKind.QUARTER, PeriodKind.HALF, PeriodKind.YEAR]), st.data())
def test_months_quarters_halves_and_years_partition_each_other(
    calendar: Calendar, day: date, kind: PeriodKind, data: st.DataObject
) -> None:
    finer_kinds = [each for each in PeriodKind if finer(each, kind) and each is not PeriodKind.WEEK]
    parts = calendar.children(calendar.containing(day, kind), data.draw(st.sampled_from(finer_kinds)))
    whole = calendar.containing(day, kind)
    assert calendar.first_day(parts[0]) == calendar.first_day(whole)
    assert calendar.last_day(parts[-1]) == calendar.last_day(whole)
    for one, other in pairwise(parts):
        assert calendar.last_day(one) + DAY == calendar.first_day(other)


@given(calendars, days, kinds, kinds)
def test_a_period_is_a_child_of_exactly_its_parent(
    calendar: Calendar, day: date, kind: PeriodKind, longer: PeriodKind
) -> None:
    if not finer(kind, longer):
        return
    period = calendar.containing(day, kind)
    parent = calendar.parent(period, longer)
    assert period in calendar.children(parent, kind)
    assert period not in calendar.children(calendar.previous(parent), kind)
    assert period not in calendar.children(calendar.following(parent), kind)


@given(calendars, days, kinds)
def test_a_name_read_back_is_the_same_period(calendar: Calendar, day: date, kind: PeriodKind) -> None:
    period = calendar.containing(day, kind)
    assert p(period.text) == period


@given(calendars, days)
def test_a_fiscal_year_is_named_by_the_year_of_its_first_or_last_day(calendar: Calendar, day: date) -> None:
    year = calendar.containing(day, PeriodKind.YEAR)
    named_by = calendar.first_day(year) if calendar.year_named_by == "start" else calendar.last_day(year)
    assert year.year == named_by.year
    assert calendar.first_day(year).month == calendar.start_month


@pytest.mark.parametrize(
    ("zone", "ends"),
    [
        ("UTC", datetime(2026, 4, 1, tzinfo=UTC)),
        ("Europe/Paris", datetime(2026, 3, 31, 22, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 4, 1, 4, tzinfo=UTC)),
        ("Pacific/Auckland", datetime(2026, 3, 31, 11, tzinfo=UTC)),
    ],
)
def test_a_period_ends_with_the_first_instant_after_it_in_the_zone_of_the_organization(
    zone: str, ends: datetime
) -> None:
    calendar = Calendar(time_zone=zone)
    assert calendar.ends_at(p("2026-03")) == ends
    assert calendar.ended(p("2026-03"), ends)
    assert not calendar.ended(p("2026-03"), ends - timedelta(microseconds=1))


def test_a_day_of_summer_time_has_23_hours() -> None:
    paris = Calendar(time_zone="Europe/Paris")
    assert paris.ends_at(p("2026-03-29")) - paris.ends_at(p("2026-03-28")) == timedelta(hours=23)


def test_an_instant_lies_in_a_day_of_the_zone() -> None:
    midnight = datetime(2026, 4, 1, tzinfo=UTC)
    assert Calendar(time_zone="America/New_York").day_of(midnight) == date(2026, 3, 31)
    assert Calendar(time_zone="Pacific/Auckland").day_of(midnight) == date(2026, 4, 1)


@pytest.mark.parametrize(
    "zone", ["", "Mars/Base", "Europe", "../../etc/passwd", "/etc/passwd", "a" * 99, "Europe/Paris\n"]
)
def test_a_zone_outside_the_data_is_refused(zone: str) -> None:
    with pytest.raises(DomainError) as refused:
        checked(Calendar(time_zone=zone))
    assert (refused.value.code, refused.value.field) == ("time-zone-unknown", "/time_zone")


@pytest.mark.parametrize("month", [0, 13, -1])
def test_a_year_starts_in_a_month(month: int) -> None:
    with pytest.raises(DomainError, match="/start_month"):
        checked(Calendar(start_month=month))


def test_a_day_outside_the_years_of_the_calendar_is_refused() -> None:
    assert checked_day(date(YEAR_MIN, 1, 1)) == date(YEAR_MIN, 1, 1)
    assert checked_day(date(YEAR_MAX, 12, 31)) == date(YEAR_MAX, 12, 31)
    for day in (date.min, date(YEAR_MIN - 1, 12, 31), date(YEAR_MAX + 1, 1, 1), date.max):
        with pytest.raises(DomainError, match="day-not-in-calendar"):
            checked_day(day)


@pytest.mark.parametrize("calendar", [CIVIL, APRIL, Calendar(12, "end"), Calendar(12, "start", "Pacific/Auckland")])
@pytest.mark.parametrize("year", [YEAR_MIN, YEAR_MAX])
def test_every_period_a_user_can_name_has_days_an_end_and_parents(calendar: Calendar, year: int) -> None:
    for name in (f"{year}", f"{year}-Q1", f"{year}-Q4", f"{year}-H2", f"{year}-01", f"{year}-12", f"{year}-W52"):
        period = p(name)
        assert calendar.first_day(period) < calendar.last_day(period)
        assert calendar.ends_at(period).tzinfo is UTC
        assert calendar.ancestors(period)
        assert calendar.children(period, PeriodKind.DAY)
        assert calendar.following(calendar.previous(period)) == period
