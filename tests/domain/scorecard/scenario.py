"""Given events, when a command, then events or a refusal: the words the tests of scorecards are written in."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from domain.calendar import Calendar, Period
from domain.decider import replay
from domain.errors import DomainError
from domain.scorecard.commands import CascadeEdge, ScorecardCommand, ScorecardContext
from domain.scorecard.decide import SCORECARD
from domain.scorecard.events import (
    ChildKind,
    ChildWeight,
    KpiPlaced,
    NewPerspective,
    ObjectiveAdded,
    ObjectivesLinked,
    ScorecardCreated,
    ScorecardEvent,
    VersionPublished,
)
from domain.scorecard.state import Scorecard
from domain.values import KpiId, NodeId, ScorecardId

GROUP = ScorecardId("group")
EAST = ScorecardId("east")
WEST = ScorecardId("west")
FIN = NodeId("fin")
CUS = NodeId("cus")
GROW = NodeId("grow")
LOYAL = NodeId("loyal")
FAST = NodeId("fast")
SALES = KpiId("sales")
COST = KpiId("cost")
CHURN = KpiId("churn")
ONE = Decimal(1)
ZERO = Decimal(0)

CREATED = ScorecardCreated(GROUP, "Group", (NewPerspective(FIN, "Financial"), NewPerspective(CUS, "Customer")))
BUILT: tuple[ScorecardEvent, ...] = (
    CREATED,
    ObjectiveAdded(GROUP, GROW, FIN, "Grow", ONE, 0),
    ObjectiveAdded(GROUP, LOYAL, CUS, "Loyal customers", ONE, 0),
    ObjectiveAdded(GROUP, FAST, CUS, "Fast delivery", ONE, 1),
    KpiPlaced(GROUP, GROW, SALES, ONE),
    KpiPlaced(GROUP, LOYAL, CHURN, ONE),
    ObjectivesLinked(GROUP, LOYAL, GROW),
)
"""fin: grow (sales); cus: loyal (churn), fast; loyal -> grow."""

CONTEXT = ScorecardContext(
    as_of=datetime(2026, 4, 15, tzinfo=UTC),
    calendar=Calendar(),
    measured=frozenset(),
    known_kpis=frozenset({SALES, COST, CHURN}),
    known_scorecards=frozenset({GROUP, EAST, WEST}),
    bands=frozenset({"red", "amber", "green"}),
    cascade=frozenset(),
)


def given(*events: ScorecardEvent) -> Scorecard:
    """The scorecard after these events, at positions 1, 2, 3 ..."""
    history = ((event, position) for position, event in enumerate(events, 1))
    return replay(SCORECARD.evolve, SCORECARD.initial(GROUP), history)


def when(command: ScorecardCommand, state: Scorecard, context: ScorecardContext = CONTEXT) -> Sequence[ScorecardEvent]:
    """What happens."""
    return list(SCORECARD.decide(command, state, context))


def after(command: ScorecardCommand, state: Scorecard, context: ScorecardContext = CONTEXT) -> Scorecard:
    """The scorecard once the command has been accepted."""
    return replay(SCORECARD.evolve, state, ((event, 100) for event in when(command, state, context)))


def refusal(
    kind: type[DomainError], command: ScorecardCommand, state: Scorecard, context: ScorecardContext = CONTEXT
) -> tuple[str, str, str]:
    """Code, field and detail of the refusal, which must be exactly of that kind."""
    with pytest.raises(kind) as caught:
        SCORECARD.decide(command, state, context)
    assert type(caught.value) is kind
    return caught.value.code, caught.value.field, caught.value.detail


def edges(*pairs: tuple[str, str]) -> frozenset[CascadeEdge]:
    return frozenset(CascadeEdge(ScorecardId(parent), ScorecardId(child)) for parent, child in pairs)


def periods(*texts: str) -> frozenset[Period]:
    return frozenset(Period.parse(text) for text in texts)


def version(number: int, day: str) -> VersionPublished:
    return VersionPublished(GROUP, number, date.fromisoformat(day))


def node_weight(child: str, weight: Decimal) -> ChildWeight:
    return ChildWeight(ChildKind.NODE, child, weight)


def kpi_weight(child: str, weight: Decimal) -> ChildWeight:
    return ChildWeight(ChildKind.KPI, child, weight)


def top(state: Scorecard) -> list[str]:
    """The codes of the perspectives, top first."""
    return [node.id for node in state.draft.root.nodes]
