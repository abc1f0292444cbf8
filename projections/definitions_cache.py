"""What is folded of the definitions of organizations, kept for the next question by all threads of one process."""

from collections import OrderedDict
from dataclasses import dataclass, replace
from threading import Lock
from uuid import UUID

from domain.scoring.inputs import Definitions
from infra.eventstore.log import Head, Log
from projections.definitions import NOTHING_FOLDED, Folded, fold_on

EVENTS_KEPT_MAX = 2_000_000
"""Definition events whose fold is kept, of all organizations together; one takes 0.9 to 1.4 kB.

An organization of 100 KPIs with scales, targets and a scorecard has about 400, so 5,000 such organizations fit in some
2.5 GB, and 10,000 of 50 KPIs. Of those beyond, the ones not asked for longest are folded anew when they are.
"""
SNAPSHOTS_PER_TENANT_MAX = 8
EVENTS_PER_READ_MAX = 5_000


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """The same definitions at every position from `first` to `last`."""

    first: int
    last: int
    folded: Folded


_BEFORE_EVERYTHING = _Snapshot(0, 0, NOTHING_FOLDED)
_Snapshots = tuple[_Snapshot, ...]


class DefinitionsCache:
    """Definitions by organization and position.

    Ask only for positions that are committed: what an open transaction has appended may still be rolled back.
    """

    def __init__(self, events_max: int = EVENTS_KEPT_MAX) -> None:
        self._events_max = events_max
        self._events = 0
        self._lock = Lock()
        self._snapshots: OrderedDict[UUID, _Snapshots] = OrderedDict()

    def at(self, log: Log, position: int) -> Definitions:
        """The definitions after the event at that position; 0 is before the first."""
        return self.folded_at(log, position).definitions

    def folded_at(self, log: Log, position: int) -> Folded:
        """Everything that is folded up to that position."""
        return self._reached(log, position, None).folded

    def at_head(self, log: Log, head: Head) -> Folded:
        """What is folded up to a head that was read before anything was appended to it.

        The head names the last definition, so a fold that has it is known to be current without a look at the log.
        """
        return self._reached(log, head.position, head.definition_position).folded

    def kept(self, tenant: UUID, last_definition: int) -> Definitions | None:
        """The definitions from the definition event at that position up to the next one, if they are at hand."""
        with self._lock:
            known = self._snapshots.get(tenant, ())
            if known:
                self._snapshots.move_to_end(tenant)
        return next((each.folded.definitions for each in known if each.first == last_definition), None)

    def keeps(self, tenant: UUID) -> bool:
        """Whether anything of its definitions is kept."""
        with self._lock:
            return tenant in self._snapshots

    def prepare(self, log: Log) -> None:
        """Fold the log now if nothing of it is kept, so that whoever is about to lock its head does not do so then."""
        if not self.keeps(log.tenant):
            self.at_head(log, log.head())

    def _reached(self, log: Log, position: int, last_definition: int | None) -> _Snapshot:
        nearest = self._nearest(log.tenant, position)
        if position <= nearest.last:
            return nearest
        last = position if last_definition is None else min(position, last_definition)
        reached = replace(_read_on(log, nearest, last), last=position)
        self._keep(log.tenant, reached)
        return reached

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
            kept = (reached, *others)[:SNAPSHOTS_PER_TENANT_MAX]
            self._snapshots[tenant] = kept
            self._snapshots.move_to_end(tenant)
            self._events += _size(kept) - _size(known)
            while self._events > self._events_max and len(self._snapshots) > 1:
                self._events -= _size(self._snapshots.popitem(last=False)[1])


def _size(snapshots: _Snapshots) -> int:
    """Later ones share with earlier ones what has not changed."""
    return max((each.folded.events for each in snapshots), default=0)


def _read_on(log: Log, snapshot: _Snapshot, position: int) -> _Snapshot:
    """Bounded reads until nothing is left up to the position."""
    while snapshot.last < position:
        events = log.read(snapshot.last, EVENTS_PER_READ_MAX, until=position, facts=False)
        if not events:
            return replace(snapshot, last=position)
        last = events[-1].position
        snapshot = _Snapshot(last, last, fold_on(snapshot.folded, events))
    return snapshot
