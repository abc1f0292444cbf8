"""Which collection periods of a KPI an asked period looks at."""

from dataclasses import dataclass

from domain.calendar import Calendar, Period, PeriodKind, finer


@dataclass(frozen=True, slots=True)
class Window:
    """Every collection period inside a longer asked period (`longer`), or the one that stands for the asked period."""

    periods: tuple[Period, ...]
    longer: bool


def window(calendar: Calendar, asked: Period, frequency: PeriodKind) -> Window:
    """The collection periods of a KPI of that frequency; for a shorter asked period the latest one ended by its end."""
    if finer(frequency, asked.kind):
        return Window(calendar.children(asked, frequency), True)
    return Window((_latest(calendar, asked, frequency),), False)


def look_back(calendar: Calendar, period: Period, periods_max: int) -> tuple[Period, ...]:
    """The `periods_max` periods before, nearest first."""
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
