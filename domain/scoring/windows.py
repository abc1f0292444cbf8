"""Which collection periods of a KPI an asked period looks at."""

from dataclasses import dataclass
from datetime import date

from domain.calendar import Calendar, Period, PeriodKind, finer


@dataclass(frozen=True, slots=True)
class Window:
    """Every collection period inside a longer asked period (`longer`), or the one that stands for the asked period.

    `back` are the periods that a missing value of that one may be carried from, nearest first.
    """

    periods: tuple[Period, ...]
    last_days: tuple[date, ...]
    longer: bool
    back: tuple[Period, ...]


def window(calendar: Calendar, asked: Period, frequency: PeriodKind, back: int) -> Window:
    """The collection periods of a KPI of that frequency; for a shorter asked period the latest one ended by its end."""
    longer = finer(frequency, asked.kind)
    periods = calendar.children(asked, frequency) if longer else (_latest(calendar, asked, frequency),)
    last_days = tuple([calendar.last_day(period) for period in periods])
    return Window(periods, last_days, longer, () if longer else _look_back(calendar, periods[0], back))


def _look_back(calendar: Calendar, period: Period, periods_max: int) -> tuple[Period, ...]:
    found = []
    for _ in range(periods_max):
        period = calendar.previous(period)
        found.append(period)
    return tuple(found)


def _latest(calendar: Calendar, asked: Period, frequency: PeriodKind) -> Period:
    if asked.kind is frequency:
        return asked
    last_day = calendar.last_day(asked)
    around = calendar.containing(last_day, frequency)
    return around if calendar.last_day(around) <= last_day else calendar.previous(around)
