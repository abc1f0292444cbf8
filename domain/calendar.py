"""The fiscal calendar of an organization: what a period is, when it starts and ends, what contains it.

Months, ISO weeks and days are civil; quarters, halves and years are fiscal.
A week belongs to the month, quarter, half and year that hold its last day.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from typing import Literal
from zoneinfo import ZoneInfo

from domain.errors import Invalid

YEAR_MIN = 1900
YEAR_MAX = 2200
PERIODS_CACHED_MAX = 65_536
ZONES_CACHED_MAX = 1_024
ZONE_DATA_PACKAGE = "tzdata"

_ZONE_NAME = re.compile(r"[A-Za-z0-9_+-]{1,32}(?:/[A-Za-z0-9_+-]{1,32}){0,2}")


class PeriodKind(StrEnum):
    """Kinds of period, finest first; `frequency` of a KPI is one of these."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    HALF = "half"
    YEAR = "year"


FISCAL = frozenset({PeriodKind.QUARTER, PeriodKind.HALF, PeriodKind.YEAR})
"""Parts of the fiscal year: which days they hold follows from the calendar; months, weeks and days are civil."""

_PER_YEAR = {PeriodKind.MONTH: 12, PeriodKind.QUARTER: 4, PeriodKind.HALF: 2, PeriodKind.YEAR: 1}
_RANK = {kind: rank for rank, kind in enumerate(PeriodKind)}
_FORMS = (
    (PeriodKind.DAY, re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")),
    (PeriodKind.WEEK, re.compile(r"([0-9]{4})-W([0-9]{2})")),
    (PeriodKind.MONTH, re.compile(r"([0-9]{4})-([0-9]{2})")),
    (PeriodKind.QUARTER, re.compile(r"([0-9]{4})-Q([1-4])")),
    (PeriodKind.HALF, re.compile(r"([0-9]{4})-H([12])")),
    (PeriodKind.YEAR, re.compile(r"([0-9]{4})")),
)
PERIOD_FORMS = "2026-03 (month), 2026-Q1, 2026-H1, 2026 (year), 2026-W07 (ISO week) or 2026-03-14 (day)"


@dataclass(frozen=True, slots=True)
class Period:
    """One period by name; its days follow from a Calendar.

    `number` is the month 1..12, ISO week 1..53, quarter 1..4, half 1..2, 1 for a year, and month * 100 + day for a day.
    """

    kind: PeriodKind
    year: int
    number: int

    def __hash__(self) -> int:
        """Without the kind, whose hash takes longer than the rest: values are looked up by period all the time."""
        return self.year * 10_000 + self.number

    @property
    def text(self) -> str:
        """The name users write: see PERIOD_FORMS."""
        match self.kind:
            case PeriodKind.DAY:
                return f"{self.year:04}-{self.number // 100:02}-{self.number % 100:02}"
            case PeriodKind.WEEK:
                return f"{self.year:04}-W{self.number:02}"
            case PeriodKind.MONTH:
                return f"{self.year:04}-{self.number:02}"
            case PeriodKind.QUARTER:
                return f"{self.year:04}-Q{self.number}"
            case PeriodKind.HALF:
                return f"{self.year:04}-H{self.number}"
            case PeriodKind.YEAR:
                return f"{self.year:04}"

    def __str__(self) -> str:
        return self.text

    @staticmethod
    def parse(text: str, field: str = "/period") -> "Period":
        """The period of that name. Raises Invalid `period-invalid` when the name has no form or no such day or week."""
        for kind, form in _FORMS:
            found = form.fullmatch(text)
            if found:
                return _checked(kind, [int(part) for part in found.groups()], text, field)
        raise Invalid("period-invalid", f"{field} {text[:20]!r} is not a period; write {PERIOD_FORMS}", field)


def _checked(kind: PeriodKind, parts: list[int], text: str, field: str) -> Period:
    year, *rest = parts
    number = rest[0] * 100 + rest[1] if len(rest) == 2 else rest[0] if rest else 1
    try:
        if not YEAR_MIN <= year <= YEAR_MAX:
            raise ValueError
        if kind is PeriodKind.DAY:
            date(year, *rest)
        elif kind is PeriodKind.WEEK:
            date.fromisocalendar(year, number, 1)
        elif kind is PeriodKind.MONTH:
            date(year, number, 1)
    except ValueError:
        raise Invalid(
            "period-invalid", f"{field} {text!r} is not in the calendar ({YEAR_MIN} to {YEAR_MAX})", field
        ) from None
    return Period(kind, year, number)


def finer(one: PeriodKind, other: PeriodKind) -> bool:
    """Whether `one` is a strictly shorter kind of period than `other`."""
    return _RANK[one] < _RANK[other]


@dataclass(frozen=True, slots=True)
class Calendar:
    """Start month 1..12 of the fiscal year, which civil year names it, and the IANA zone in which days end."""

    start_month: int = 1
    year_named_by: Literal["start", "end"] = "end"
    time_zone: str = "UTC"

    def first_day(self, period: Period) -> date:
        """The first day of the period."""
        return _days(self, period)[0]

    def last_day(self, period: Period) -> date:
        """The last day of the period."""
        return _days(self, period)[1]

    def ends_at(self, period: Period) -> datetime:
        """The first instant after the period, in UTC: the period has ended from then on."""
        return self.day_ends_at(self.last_day(period))

    def day_ends_at(self, day: date) -> datetime:
        """The first instant of the next day in the organization's time zone, in UTC."""
        return datetime.combine(day + timedelta(days=1), time(), _zone(self.time_zone)).astimezone(UTC)

    def day_of(self, instant: datetime) -> date:
        """The civil day of an aware instant in the organization's time zone."""
        return instant.astimezone(_zone(self.time_zone)).date()

    def ended(self, period: Period, as_of: datetime) -> bool:
        """Whether the period lies wholly before the as-of instant."""
        return self.ends_at(period) <= as_of

    def containing(self, day: date, kind: PeriodKind) -> Period:
        """The period of that kind that holds the day."""
        match kind:
            case PeriodKind.DAY:
                return Period(kind, day.year, day.month * 100 + day.day)
            case PeriodKind.WEEK:
                iso = day.isocalendar()
                return Period(kind, iso.year, iso.week)
            case PeriodKind.MONTH:
                return Period(kind, day.year, day.month)
            case PeriodKind.QUARTER | PeriodKind.HALF | PeriodKind.YEAR:
                months_in = (day.month - self.start_month) % 12
                starting_year = day.year - (1 if day.month < self.start_month else 0)
                return Period(kind, starting_year + self._name_shift(), 1 + months_in * _PER_YEAR[kind] // 12)

    def parent(self, period: Period, kind: PeriodKind) -> Period:
        """The longer (or the same) period of that kind that holds the period's last day."""
        return self.containing(self.last_day(period), kind)

    def ancestors(self, period: Period) -> tuple[Period, ...]:
        """The period itself and every longer period that contains it; nothing rolls up into weeks."""
        kinds = [k for k in PeriodKind if finer(period.kind, k) and k is not PeriodKind.WEEK]
        return (period, *(self.parent(period, kind) for kind in kinds))

    def children(self, period: Period, kind: PeriodKind) -> tuple[Period, ...]:
        """The periods of a shorter (or the same) kind whose last day lies in the period, in order."""
        if kind is period.kind:
            return (period,)
        return _children(self, period, kind)

    def previous(self, period: Period) -> Period:
        """The period of the same kind just before."""
        return self.containing(self.first_day(period) - timedelta(days=1), period.kind)

    def following(self, period: Period) -> Period:
        """The period of the same kind just after."""
        return self.containing(self.last_day(period) + timedelta(days=1), period.kind)

    def span(self, first: Period, last: Period) -> Iterator[Period]:
        """Every period from `first` to `last`, both of one kind, in order; empty if `last` lies before `first`."""
        current = first
        while self.last_day(current) <= self.last_day(last):
            yield current
            current = self.following(current)

    def _name_shift(self) -> int:
        return 1 if self.year_named_by == "end" and self.start_month != 1 else 0


def checked(calendar: Calendar) -> Calendar:
    """The calendar itself; raises Invalid for a start month outside 1..12 or a zone that is not in the IANA data."""
    if not 1 <= calendar.start_month <= 12:
        raise Invalid("out-of-range", "/start_month must be 1 (January) to 12 (December)", "/start_month")
    if calendar.year_named_by not in ("start", "end"):
        raise Invalid("out-of-range", "/year_named_by must be start or end", "/year_named_by")
    _zone(calendar.time_zone)
    return calendar


def checked_day(day: date, field: str = "/effective_from") -> date:
    """A day of the calendar's years; raises Invalid `day-not-in-calendar` otherwise."""
    if not YEAR_MIN <= day.year <= YEAR_MAX:
        raise Invalid("day-not-in-calendar", f"{field} must lie in the years {YEAR_MIN} to {YEAR_MAX}", field)
    return day


@lru_cache(maxsize=ZONES_CACHED_MAX)
def _zone(name: str) -> ZoneInfo:
    """The zone of the pinned package, never the machine's, so that a period ends at the same instant everywhere."""
    resource = files(ZONE_DATA_PACKAGE).joinpath("zoneinfo", *name.split("/"))
    if not _ZONE_NAME.fullmatch(name) or not resource.is_file():
        raise Invalid("time-zone-unknown", "/time_zone must be an IANA zone such as Europe/Paris or UTC", "/time_zone")
    try:
        with resource.open("rb") as data:
            return ZoneInfo.from_file(data, key=name)
    except ValueError:
        raise Invalid(
            "time-zone-unknown", "/time_zone must be an IANA zone such as Europe/Paris", "/time_zone"
        ) from None


@lru_cache(maxsize=PERIODS_CACHED_MAX)
def _days(calendar: Calendar, period: Period) -> tuple[date, date]:
    match period.kind:
        case PeriodKind.DAY:
            day = date(period.year, period.number // 100, period.number % 100)
            return day, day
        case PeriodKind.WEEK:
            monday = date.fromisocalendar(period.year, period.number, 1)
            return monday, monday + timedelta(days=6)
        case PeriodKind.MONTH:
            return _months(period.year, period.number, 1)
        case PeriodKind.QUARTER | PeriodKind.HALF | PeriodKind.YEAR:
            length = 12 // _PER_YEAR[period.kind]
            return _months(
                period.year - calendar._name_shift(), calendar.start_month + (period.number - 1) * length, length
            )


def _months(year: int, first_month: int, length: int) -> tuple[date, date]:
    """The days of `length` months from `first_month`, which may lie past December."""

    def start(month: int) -> date:
        return date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)

    return start(first_month), start(first_month + length) - timedelta(days=1)


@lru_cache(maxsize=PERIODS_CACHED_MAX)
def _children(calendar: Calendar, period: Period, kind: PeriodKind) -> tuple[Period, ...]:
    first, last = _days(calendar, period)
    current = calendar.containing(first, kind)
    found = []
    while calendar.last_day(current) <= last:
        if calendar.last_day(current) >= first:
            found.append(current)
        current = calendar.following(current)
    return tuple(found)
