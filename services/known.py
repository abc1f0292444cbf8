"""What one transaction knows while it decides: read once under the head lock, moved on by each event it decides.

Nothing of it outlives the transaction, so several commands in one request see each other's effects before any is
written, and a refused one leaves no trace.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import TypeVar, cast

from domain import streams
from domain.calendar import Calendar
from domain.decider import Decider, replay
from domain.kpi.state import Kpi
from domain.measurement.remarks import Remark
from domain.policy import PolicyKnown
from domain.scorecard.cascade import edges
from domain.scorecard.commands import CascadeEdge
from domain.scorecard.state import Scorecard
from domain.scoring.inputs import Definitions
from domain.values import KpiId, ScorecardId
from infra.eventstore.log import Head, Log, NewEvent
from projections.definitions import Folded
from projections.definitions_cache import DefinitionsCache
from services.values_in_force import ValuesInForce
from tenants.access import Actor
from tenants.organization.decide import ORGANIZATION
from tenants.organization.state import Organization

AnyCommand = TypeVar("AnyCommand")
State = TypeVar("State")
AnyContext = TypeVar("AnyContext")
Event = TypeVar("Event")


class Known:
    """The log up to its locked head, and the events decided so far on top of it."""

    def __init__(self, actor: Actor, log: Log, head: Head, cache: DefinitionsCache, values: ValuesInForce) -> None:
        self.actor = actor
        self.head = head
        self.values = values
        self.events: list[NewEvent] = []
        self.remarks: list[Remark] = []
        self._log = log
        self._cache = cache
        self._states: dict[str, object] = {}
        self._versions: dict[str, int] = {}
        self._edges: dict[ScorecardId, tuple[Scorecard, frozenset[CascadeEdge]]] = {}

    @property
    def as_of(self) -> datetime:
        """The instant that every event of this transaction will carry."""
        return self.head.recorded_at

    @property
    def next_position(self) -> int:
        """Where the next event will stand: the head is locked, so nobody else's can come between."""
        return self.head.position + len(self.events) + 1

    def state(self, decider: Decider[AnyCommand, State, AnyContext, Event], stream: str) -> State:
        """What is known of an aggregate, with what was decided here."""
        if stream not in self._states:
            is_folded = streams.category(stream) in (streams.KPI, streams.SCORECARD)
            state, version = self._folded_state(stream) if is_folded else self._loaded_state(decider, stream)
            self._states[stream] = decider.initial(streams.code_of(stream)) if state is None else state
            self._versions[stream] = version
        return cast("State", self._states[stream])

    def _folded_state(self, stream: str) -> tuple[Kpi | Scorecard | None, int]:
        """A hot stream may hold thousands of events, and what they come to is folded already."""
        code, definitions = streams.code_of(stream), self._definitions
        is_kpi = streams.category(stream) == streams.KPI
        state = definitions.kpis.get(KpiId(code)) if is_kpi else definitions.scorecards.get(ScorecardId(code))
        return state, self._folded.versions.get(stream, 0)

    def _loaded_state(
        self, decider: Decider[AnyCommand, State, AnyContext, Event], stream: str
    ) -> tuple[State | None, int]:
        """The organization's stream holds every key ever issued, which no fold keeps."""
        recorded = self._log.load(stream)
        history = [(cast("Event", each.event), each.position) for each in recorded]
        state = replay(decider.evolve, decider.initial(streams.code_of(stream)), history)
        return state, recorded[-1].version if recorded else 0

    def take(
        self, decider: Decider[AnyCommand, State, AnyContext, Event], stream: str, events: Sequence[Event]
    ) -> None:
        """Take events that were decided on an aggregate's state into account."""
        for event in events:
            self._states[stream] = decider.evolve(self.state(decider, stream), event, self.next_position)
            self._versions[stream] += 1
            self.events.append(NewEvent(stream, event, self._versions[stream]))

    def take_fact(self, stream: str, event: object) -> int:
        """Take a fact into account; the position it will have."""
        position = self.next_position
        self.events.append(NewEvent(stream, event, None))
        return position

    @property
    def organization(self) -> Organization:
        """The organization as such."""
        return self.state(ORGANIZATION, streams.ORGANIZATION)

    @property
    def calendar(self) -> Calendar:
        """The calendar that counts for what is decided now."""
        if streams.ORGANIZATION in self._states:
            return self.organization.calendar
        return self._definitions.calendar

    @property
    def policies(self) -> Sequence[PolicyKnown]:
        """The policies that count for what is decided now; the stream holds every key ever issued and is not read."""
        if streams.ORGANIZATION in self._states:
            return self.organization.policies
        return self._definitions.policies

    def kpi(self, kpi: KpiId) -> Kpi | None:
        """A KPI that is defined."""
        touched = self._states.get(streams.kpi_stream(kpi))
        found = cast("Kpi", touched) if touched is not None else self._definitions.kpis.get(kpi)
        return found if found is not None and found.definitions else None

    def kpis(self) -> frozenset[KpiId]:
        """Every KPI that is defined."""
        touched = (cast("Kpi", self._states[stream]) for stream in self._touched(streams.KPI))
        new = {kpi.id for kpi in touched if kpi.definitions} - self._kpis_before
        return self._kpis_before | new if new else self._kpis_before

    def scorecards(self) -> Mapping[ScorecardId, Scorecard]:
        """Every scorecard that was created, archived ones included."""
        touched = (cast("Scorecard", self._states[stream]) for stream in self._touched(streams.SCORECARD))
        return {**self._definitions.scorecards, **{card.id: card for card in touched if card.created}}

    def edges(self, card: Scorecard) -> frozenset[CascadeEdge]:
        """How a scorecard stands above others; many commands of one request ask it of all the others."""
        known = self._edges.get(card.id)
        if known is None or known[0] is not card:
            known = self._edges[card.id] = (card, edges(card))
        return known[1]

    def _touched(self, category: str) -> list[str]:
        return [stream for stream in self._states if streams.category(stream) == category]

    @cached_property
    def _kpis_before(self) -> frozenset[KpiId]:
        return frozenset(self._definitions.kpis)

    @property
    def _definitions(self) -> Definitions:
        return self._folded.definitions

    @cached_property
    def _folded(self) -> Folded:
        return self._cache.at_head(self._log, self.head)
