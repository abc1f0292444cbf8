"""Every definition of an organization at any position: a fold of its definition events, kept for the next question.

Measurements are facts and change no definition, so one fold serves every position up to the next definition event.
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from threading import Lock
from uuid import UUID

from domain import streams
from domain.calendar import Calendar
from domain.kpi.events import KpiEvent
from domain.kpi.evolve import evolve as evolve_kpi
from domain.kpi.evolve import initial as initial_kpi
from domain.policy import PolicyKnown
from domain.scorecard.events import ScorecardEvent
from domain.scorecard.evolve import evolve as evolve_scorecard
from domain.scorecard.evolve import initial as initial_scorecard
from domain.scoring.inputs import Definitions
from domain.values import KpiId, ScorecardId
from infra.eventstore.log import Log, Recorded
from tenants.organization.events import CalendarSet, PolicySet

TENANTS_MAX = 512
SNAPSHOTS_PER_TENANT_MAX = 8
EVENTS_PER_READ_MAX = 5_000

NOTHING_DEFINED = Definitions(Calendar(), (), {}, {})


def fold(definitions: Definitions, events: Iterable[Recorded]) -> Definitions:
    """The definitions after these events, which follow them in the log; facts among them change nothing."""
    kpis, scorecards = dict(definitions.kpis), dict(definitions.scorecards)
    calendar, policies = definitions.calendar, definitions.policies
    for recorded in events:
        code, event, position = streams.code_of(recorded.stream), recorded.event, recorded.position
        if isinstance(event, KpiEvent):
            kpis[KpiId(code)] = evolve_kpi(kpis.get(KpiId(code)) or initial_kpi(code), event, position)
        elif isinstance(event, ScorecardEvent):
            before = scorecards.get(ScorecardId(code)) or initial_scorecard(code)
            scorecards[ScorecardId(code)] = evolve_scorecard(before, event, position)
        elif isinstance(event, CalendarSet):
            calendar = event.calendar
        elif isinstance(event, PolicySet):
            known = PolicyKnown(event.policy, event.effective_from, position, event.restatement)
            policies = (*policies, known)
    return Definitions(calendar, policies, kpis, scorecards)


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """The same definitions at every position from `first` to `last`."""

    first: int
    last: int
    definitions: Definitions


_BEFORE_EVERYTHING = _Snapshot(0, 0, NOTHING_DEFINED)


class DefinitionsCache:
    """Definitions by organization and position, for all threads of one process.

    Ask only for positions that are committed: what an open transaction has appended may still be rolled back.
    """

    def __init__(self, tenants_max: int = TENANTS_MAX) -> None:
        self._tenants_max = tenants_max
        self._lock = Lock()
        self._snapshots: OrderedDict[UUID, tuple[_Snapshot, ...]] = OrderedDict()

    def at(self, log: Log, position: int) -> Definitions:
        """The definitions after the event at that position; 0 is before the first."""
        nearest = self._nearest(log.tenant, position)
        if position <= nearest.last:
            return nearest.definitions
        reached = _read_on(log, nearest, position)
        self._keep(log.tenant, reached)
        return reached.definitions

    def prepare(self, log: Log) -> None:
        """Fold the log now if nothing of it is kept, so that whoever is about to lock its head does not do so then."""
        with self._lock:
            known = log.tenant in self._snapshots
        if not known:
            self.at(log, log.head().position)

    def _nearest(self, tenant: UUID, position: int) -> _Snapshot:
        with self._lock:
            known = self._snapshots.get(tenant, ())
            if known:
                self._snapshots.move_to_end(tenant)
        before = [each for each in known if each.first <= position]
        return max(before, key=lambda each: each.first, default=_BEFORE_EVERYTHING)

    def _keep(self, tenant: UUID, reached: _Snapshot) -> None:
        """Newest use first; a longer stretch of the same definitions replaces the shorter one."""
        with self._lock:
            known = self._snapshots.get(tenant, ())
            same = [each for each in known if each.first == reached.first]
            if same and same[0].last >= reached.last:
                return
            others = tuple(each for each in known if each.first != reached.first)
            self._snapshots[tenant] = (reached, *others)[:SNAPSHOTS_PER_TENANT_MAX]
            self._snapshots.move_to_end(tenant)
            while len(self._snapshots) > self._tenants_max:
                self._snapshots.popitem(last=False)


def _read_on(log: Log, snapshot: _Snapshot, position: int) -> _Snapshot:
    """Bounded reads until nothing is left up to the position."""
    while snapshot.last < position:
        events = log.read(snapshot.last, EVENTS_PER_READ_MAX, until=position, facts=False)
        if not events:
            return replace(snapshot, last=position)
        last = events[-1].position
        snapshot = _Snapshot(last, last, fold(snapshot.definitions, events))
    return snapshot
