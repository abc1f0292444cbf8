"""What an event can change: the stored scores it reaches, each with the last position that could have changed it.

Judged event by event with the definitions at that event, never by what else is in the batch. It may name a score that
turns out unchanged; it must not miss one (a test compares with what scoring says it looks at).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import lru_cache

from domain.calendar import Calendar, Period
from domain.kpi.events import KpiDefined, KpiRedefined, KpiRetired, OwnerAssigned, ScaleSet, TargetRevised, TargetSet
from domain.measurement.events import MeasurementEvent
from domain.scorecard.events import ScorecardArchived, VersionPublished
from domain.scoring.inputs import Definitions
from domain.values import KpiId, ScorecardId
from infra.eventstore.log import Recorded
from projections.definitions import fold
from projections.stored import StoredPeriods
from projections.usage import NO_KPIS, NO_SCORECARDS, Usage, usage
from tenants.organization.events import CalendarSet, PolicySet

ANCESTORS_CACHED_MAX = 16_384

Pair = tuple[ScorecardId, Period]
ValuePeriods = Callable[[frozenset[KpiId], int], frozenset[Period]]
"""The periods in which any of the KPIs ever had a value, up to a position."""


class Reach:
    """`touched` collects pairs of scorecard and period while events are taken in order.

    `changed` has the KPIs whose values did it; a pair that is not in it was touched by definitions. `stored_at` has the
    pairs that became stored meanwhile, with the position of the event that did it.
    """

    def __init__(self, definitions: Definitions, stored: StoredPeriods, value_periods: ValuePeriods) -> None:
        self.definitions = definitions
        self.touched: dict[Pair, int] = {}
        self.changed: defaultdict[Pair, set[KpiId]] = defaultdict(set)
        self.stored_at: dict[Pair, int] = {}
        self._stored = stored
        self._value_periods = value_periods
        self._usage: Usage | None = None
        # Values come by the hundred for one period; what they reach is the same until something is defined or stored.
        self._reached: dict[tuple[frozenset[ScorecardId], Period], tuple[Pair, ...]] = {}

    def take(self, recorded: Recorded) -> None:
        """Take the next event into account."""
        event, position = recorded.event, recorded.position
        if isinstance(event, MeasurementEvent):
            self._value(event.kpi, event.period, position)
            return
        before, self.definitions = self.definitions, fold(self.definitions, (recorded,))
        self._reached.clear()
        match event:
            case KpiDefined() | KpiRedefined() | ScaleSet():
                self._from(self._scorecards_of(event.kpi), event.effective_from, position)
            case KpiRetired():
                kpi = before.kpis.get(event.kpi)
                day = _earlier(event.last_day, kpi.retired_after if kpi else None)
                self._from(self._scorecards_of(event.kpi), day, position)
            case TargetSet():
                self._targets(event.kpi, [each.period for each in event.targets], position)
            case TargetRevised():
                self._targets(event.kpi, [event.period], position)
            case VersionPublished():
                self._version(event, position)
            case ScorecardArchived():
                card = before.scorecards.get(event.scorecard)
                day = _earlier(event.last_day, card.archived_after if card else None)
                self._from(self._above(event.scorecard), day, position)
            case PolicySet():
                self._from(frozenset(self.definitions.scorecards), event.effective_from, position)
            case CalendarSet():
                # A fiscal year may begin in another month as long as no value is in force, retracted ones are stored.
                self._stored.turn_to(self.definitions.calendar)
                self._from(frozenset(self.definitions.scorecards), date.min, position)
            case OwnerAssigned() | _:
                # Drafts, names, owners and keys enter no stored score.
                pass

    def _value(self, kpi: KpiId, cell: Period, position: int) -> None:
        scorecards = self._scorecards_of(kpi)
        reached = self._reached.get((scorecards, cell))
        if reached is None:
            reached = tuple(self._by_value(scorecards, cell, position))
            self._reached[scorecards, cell] = reached
        for pair in reached:
            self.touched[pair] = position
            self.changed[pair].add(kpi)

    def _by_value(self, scorecards: frozenset[ScorecardId], cell: Period, position: int) -> Iterator[Pair]:
        """A value makes its period and the longer ones stored, and reaches what shows or carries it."""
        calendar, back = self.definitions.calendar, self._carried_back()
        self._stored.know(scorecards, calendar)
        for scorecard in scorecards:
            for period in _ancestors(calendar, cell):
                self._store(scorecard, period, position)
                yield scorecard, period
            for period in self._stored.looking_at(scorecard, cell, back, calendar):
                yield scorecard, period

    def _targets(self, kpi: KpiId, periods: Iterable[Period], position: int) -> None:
        calendar, back = self.definitions.calendar, self._carried_back()
        scorecards = self._scorecards_of(kpi)
        self._stored.know(scorecards, calendar)
        for scorecard in scorecards:
            for target in periods:
                inside = [each for each in _ancestors(calendar, target) if self._stored.has(scorecard, each, calendar)]
                for period in (*inside, *self._stored.looking_at(scorecard, target, back, calendar)):
                    self.touched[scorecard, period] = position

    def _version(self, event: VersionPublished, position: int) -> None:
        """Its KPIs may have values already: their periods become stored, here and in all that contain it."""
        self._usage = None
        calendar = self.definitions.calendar
        above = self._above(event.scorecard)
        self._stored.know(above, calendar)
        kpis = self._used().below.get(event.scorecard, NO_KPIS)
        cells = self._value_periods(kpis, position) if kpis else frozenset()
        wanted = {period for cell in cells for period in _ancestors(calendar, cell)}
        for scorecard in above:
            for period in wanted:
                if self._store(scorecard, period, position):
                    self.touched[scorecard, period] = position
        self._from(above, event.effective_from, position)

    def _store(self, scorecard: ScorecardId, period: Period, position: int) -> bool:
        """Make it stored; whether it was not before."""
        calendar = self.definitions.calendar
        if self._stored.has(scorecard, period, calendar):
            return False
        self._stored.add(scorecard, period, calendar)
        self._reached.clear()
        self.stored_at[scorecard, period] = position
        return True

    def _from(self, scorecards: frozenset[ScorecardId], day: date, position: int) -> None:
        """What is in force follows from a period's last day, so earlier periods cannot change."""
        self._stored.know(scorecards, self.definitions.calendar)
        for scorecard in scorecards:
            for period in self._stored.ending_from(scorecard, day):
                self.touched[scorecard, period] = position

    def _carried_back(self) -> int:
        return max((each.policy.carry_forward_max_periods for each in self.definitions.policies), default=0)

    def _scorecards_of(self, kpi: KpiId) -> frozenset[ScorecardId]:
        return self._used().of_kpi.get(kpi, NO_SCORECARDS)

    def _above(self, scorecard: ScorecardId) -> frozenset[ScorecardId]:
        return self._used().above.get(scorecard, NO_SCORECARDS)

    def _used(self) -> Usage:
        if self._usage is None:
            self._usage = usage(self.definitions)
        return self._usage


def _earlier(day: date, before: date | None) -> date:
    """An end that moves also changes what lies between the old one and the new."""
    return day if before is None else min(day, before)


@lru_cache(maxsize=ANCESTORS_CACHED_MAX)
def _ancestors(calendar: Calendar, period: Period) -> tuple[Period, ...]:
    return calendar.ancestors(period)
