"""Which periods have a stored score: of each scorecard, those in which one of its KPIs ever had a value, and longer.

The set only grows, and in the order of events, so that it is the same whatever the batches are.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta

from domain.calendar import Calendar, Period, PeriodKind, finer
from domain.values import ScorecardId

Loaded = Iterable[tuple[ScorecardId, Period]]
ByDay = dict[date, Period]


class StoredPeriods:
    """The stored periods of scorecards, loaded when first asked for, and those that this batch adds."""

    def __init__(
        self, load: Callable[[frozenset[ScorecardId]], Loaded], known: dict[ScorecardId, dict[PeriodKind, ByDay]]
    ) -> None:
        self._load = load
        self._known = known

    def know(self, scorecards: Iterable[ScorecardId], calendar: Calendar) -> None:
        """Load what is stored of these scorecards, in one go."""
        missing = frozenset(scorecards) - self._known.keys()
        if not missing:
            return
        self._known.update((scorecard, {}) for scorecard in missing)
        for scorecard, period in self._load(missing):
            self.add(scorecard, period, calendar)

    def add(self, scorecard: ScorecardId, period: Period, calendar: Calendar) -> None:
        """From now on stored."""
        self._known[scorecard].setdefault(period.kind, {})[calendar.last_day(period)] = period

    def turn_to(self, calendar: Calendar) -> None:
        """The same periods, which end on other days from now on."""
        for by_kind in self._known.values():
            for kind, by_day in by_kind.items():
                by_kind[kind] = {calendar.last_day(period): period for period in by_day.values()}

    def ending_from(self, scorecard: ScorecardId, day: date) -> Iterator[Period]:
        """The stored periods whose last day is that day or later."""
        for by_day in self._known[scorecard].values():
            yield from (period for last_day, period in by_day.items() if last_day >= day)

    def has(self, scorecard: ScorecardId, period: Period, calendar: Calendar) -> bool:
        return calendar.last_day(period) in self._known[scorecard].get(period.kind, {})

    def looking_at(self, scorecard: ScorecardId, cell: Period, back: int, calendar: Calendar) -> Iterator[Period]:
        """The stored periods as long as the collection period or shorter that show it, or carry it up to `back` on.

        A shorter period shows the latest collection period ended by its own last day.
        """
        kinds = [
            by_day
            for kind, by_day in self._known[scorecard].items()
            if finer(kind, cell.kind) or (kind is cell.kind and back)
        ]
        if not kinds:
            return
        day, end = calendar.last_day(cell), _last_day_after(calendar, cell, back + 1)
        while day < end:
            yield from (by_day[day] for by_day in kinds if day in by_day)
            day += timedelta(days=1)


def _last_day_after(calendar: Calendar, period: Period, steps: int) -> date:
    for _ in range(steps):
        period = calendar.following(period)
    return calendar.last_day(period)
