"""Which periods a page shows: the asked or latest one, its neighbours, other kinds, those of the charts."""

from collections.abc import Collection, Iterable
from datetime import datetime

from domain.calendar import YEAR_MAX, YEAR_MIN, Calendar, Period, PeriodKind, finer
from domain.kpi.state import Kpi
from services.web.seen import Periods

CHART_PERIODS_MAX = 24
AFTER_ASKED_MAX = 8
"""Of those, how many may follow an asked period that lies far back."""


def kinds(kpis: Iterable[Kpi]) -> tuple[PeriodKind, ...]:
    """The kinds in which these KPIs can be read, finest first: none finer than all of them, weeks if one is weekly."""
    collected = {known.definition.frequency for kpi in kpis for known in kpi.definitions[-1:]}
    if not collected:
        return (PeriodKind.YEAR,)
    finest = next(kind for kind in PeriodKind if kind in collected)
    offered = (kind for kind in PeriodKind if not finer(kind, finest))
    return tuple(kind for kind in offered if kind is not PeriodKind.WEEK or kind in collected)


def of_kind(calendar: Calendar, kind: PeriodKind, valued: Iterable[Period]) -> list[Period]:
    """The periods of a kind in which collected values end, in order."""
    found = {calendar.containing(calendar.last_day(period), kind) for period in valued}
    return sorted(found, key=calendar.last_day)


def latest_ended(calendar: Calendar, periods: Collection[Period], as_of: datetime) -> list[Period]:
    """Latest first: those that have ended, then those that have not."""
    backwards = sorted(periods, key=calendar.last_day, reverse=True)
    return sorted(backwards, key=lambda period: not calendar.ended(period, as_of))


def around(
    calendar: Calendar, asked: Period, offered: tuple[PeriodKind, ...], valued: list[Period], as_of: datetime
) -> Periods:
    """The asked period with its neighbours: later ones as far as there are values or time has come."""
    following = calendar.following(asked)
    last = max((calendar.last_day(period) for period in valued), default=calendar.day_of(as_of))
    reachable = calendar.first_day(following) <= max(last, calendar.day_of(as_of))
    switch = tuple(kind for kind in PeriodKind if kind in offered or kind is asked.kind)
    return Periods(
        asked=asked,
        previous=_nameable(calendar.previous(asked)),
        following=_nameable(following) if reachable else None,
        kinds=tuple((kind, calendar.containing(calendar.last_day(asked), kind)) for kind in switch),
    )


def _nameable(period: Period) -> Period | None:
    """The period, unless it lies outside the years of the calendar."""
    return period if YEAR_MIN <= period.year <= YEAR_MAX else None


def last(calendar: Calendar, valued: list[Period], count: int) -> tuple[Period, ...]:
    """The last periods up to the last with values; those between without any are among them."""
    return _before(calendar, valued[-1], valued[0], count)


def charted(calendar: Calendar, asked: Period, valued: list[Period]) -> tuple[Period, ...]:
    """The periods of a chart in order: the latest ones, or those around the asked one where it lies far back."""
    ends = sorted({*valued, asked}, key=calendar.last_day)
    shown = _before(calendar, ends[-1], ends[0], CHART_PERIODS_MAX)
    if asked in shown:
        return shown
    after = _after(calendar, asked, AFTER_ASKED_MAX)
    return (*_before(calendar, asked, ends[0], CHART_PERIODS_MAX - AFTER_ASKED_MAX), *after)


def _before(calendar: Calendar, last: Period, first: Period, count: int) -> tuple[Period, ...]:
    """Up to `count` periods that end with `last` and do not begin before `first`."""
    found = [last]
    while len(found) < count and found[-1] != first:
        found.append(calendar.previous(found[-1]))
    return tuple(reversed(found))


def _after(calendar: Calendar, period: Period, count: int) -> tuple[Period, ...]:
    found = []
    for _ in range(count):
        period = calendar.following(period)
        found.append(period)
    return tuple(found)
