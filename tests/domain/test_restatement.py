"""What is in force, and when a definition rewrites what has ended."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import Calendar, Period
from domain.errors import Invalid, Refused
from domain.in_force import in_force
from domain.restatement import checked_mark, restated

CALENDAR = Calendar()
MARCH = Period.parse("2026-03")


@dataclass(frozen=True, slots=True)
class Known:
    effective_from: date
    position: int


FIRST = Known(date(2026, 1, 1), 1)


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def test_the_latest_effective_date_not_after_the_day_is_in_force() -> None:
    later = Known(date(2026, 3, 1), 2)
    assert in_force([FIRST, later], date(2026, 2, 28)) == FIRST
    assert in_force([FIRST, later], date(2026, 3, 1)) == later


def test_between_equal_dates_the_later_position_is_in_force() -> None:
    again = Known(FIRST.effective_from, 7)
    assert in_force([again, FIRST], date(2026, 2, 1)) == again


def test_nothing_is_in_force_before_the_first_date() -> None:
    assert in_force([FIRST], date(2025, 12, 31)) is None


def test_the_first_definition_never_restates() -> None:
    assert restated([], date(2020, 1, 1), CALENDAR, [MARCH], at(date(2026, 6, 1))) is None


def test_a_definition_before_any_data_never_restates() -> None:
    assert restated([FIRST], date(2026, 1, 1), CALENDAR, [], at(date(2026, 6, 1))) is None


def test_a_definition_from_an_ended_measured_period_restates_it() -> None:
    assert restated([FIRST], date(2026, 3, 1), CALENDAR, [MARCH], at(date(2026, 4, 1))) == MARCH


def test_a_period_ends_with_its_last_day_in_the_zone_of_the_organization() -> None:
    noon_of_the_last_day = datetime(2026, 3, 31, 12, tzinfo=UTC)
    assert restated([FIRST], date(2026, 3, 1), CALENDAR, [MARCH], noon_of_the_last_day) is None
    auckland = Calendar(time_zone="Pacific/Auckland")
    assert restated([FIRST], date(2026, 3, 1), auckland, [MARCH], noon_of_the_last_day) == MARCH


def test_the_days_after_the_definition_count_even_if_it_starts_inside_the_period() -> None:
    assert restated([FIRST], date(2026, 3, 31), CALENDAR, [MARCH], at(date(2026, 4, 1))) == MARCH
    assert restated([FIRST], date(2026, 4, 1), CALENDAR, [MARCH], at(date(2026, 4, 10))) is None


def test_a_longer_ended_period_is_restated_by_a_date_after_its_only_measured_month() -> None:
    january = Period.parse("2026-01")
    assert restated([FIRST], date(2026, 2, 1), CALENDAR, [january], at(date(2026, 3, 31))) is None
    assert restated([FIRST], date(2026, 2, 1), CALENDAR, [january], at(date(2026, 4, 1))) == Period.parse("2026-Q1")


def test_a_definition_hidden_by_a_known_later_one_restates_only_up_to_it() -> None:
    second = Known(date(2026, 3, 1), 2)
    now = at(date(2026, 4, 1))
    assert restated([FIRST, second], date(2026, 2, 1), CALENDAR, [MARCH], now) is None
    february = Period.parse("2026-02")
    assert restated([FIRST, second], date(2026, 2, 1), CALENDAR, [MARCH, february], now) == february


def test_a_definition_before_the_first_known_date_restates_values_recorded_there() -> None:
    december = Period.parse("2025-12")
    assert restated([FIRST], date(2025, 12, 1), CALENDAR, [december], at(date(2026, 1, 5))) == december


days = st.dates(date(2024, 1, 1), date(2027, 12, 31))
months = st.builds(lambda day: CALENDAR.containing(day, MARCH.kind), days)


@given(st.lists(days, min_size=1, max_size=5), days, st.frozensets(months, max_size=6), days)
def test_it_restates_exactly_when_the_in_force_of_an_ended_measured_period_changes(
    earlier: list[date], day: date, measured: frozenset[Period], today: date
) -> None:
    known = [Known(each, position) for position, each in enumerate(earlier, 1)]
    new = Known(day, 99)
    ended = {longer for each in measured for longer in CALENDAR.ancestors(each) if CALENDAR.ended(longer, at(today))}
    changed = {each for each in ended if in_force([*known, new], CALENDAR.last_day(each)) is new}
    found = restated(known, day, CALENDAR, measured, at(today))
    assert (found in changed) if changed else (found is None)


def test_an_unmarked_restatement_is_refused_by_name() -> None:
    with pytest.raises(Refused, match="2026-03") as refusal:
        checked_mark(MARCH, marked=False, reason="because")
    assert (refusal.value.code, refusal.value.field) == ("restatement-unmarked", "/restatement")


def test_a_restatement_without_a_reason_is_refused() -> None:
    with pytest.raises(Invalid) as refusal:
        checked_mark(MARCH, marked=True, reason=None)
    assert (refusal.value.code, refusal.value.field) == ("reason-missing", "/reason")


def test_a_marked_restatement_with_a_reason_is_one() -> None:
    assert checked_mark(MARCH, marked=True, reason=" audit ") == (True, "audit")


def test_saying_restatement_where_nothing_is_rewritten_does_not_make_it_one() -> None:
    assert checked_mark(None, marked=True, reason=None) == (False, None)
