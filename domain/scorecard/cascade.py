"""Rules of scorecards above scorecards: children placed for their score, parents that only say where one belongs.

Drafts, published versions and parents of all scorecards of the organization, taken together, have no cycle.
"""

from collections.abc import Sequence

from domain.errors import NotFound, Refused
from domain.scorecard import lookup, strategy_map, tree
from domain.scorecard.commands import (
    CascadeEdge,
    PlaceChildScorecard,
    ScorecardContext,
    SetParent,
    UnplaceChildScorecard,
)
from domain.scorecard.events import ChildScorecardPlaced, ChildScorecardUnplaced, ParentSet, ScorecardEvent
from domain.scorecard.limits import CASCADE_DEPTH_MAX
from domain.scorecard.placement import refuse_crowded
from domain.scorecard.state import Scorecard
from domain.values import ScorecardId, weight


def edges(state: Scorecard) -> frozenset[CascadeEdge]:
    """What this scorecard adds to the cascade: children of its draft and of every version, and its parent."""
    cards = (state.draft, *(version.card for version in state.versions))
    children = frozenset(CascadeEdge(state.id, child) for card in cards for child in tree.placed_scorecards(card.root))
    return children if state.parent is None else children | {CascadeEdge(state.parent, state.id)}


def placed(command: PlaceChildScorecard, state: Scorecard, context: ScorecardContext) -> ChildScorecardPlaced:
    """Raises NotFound `scorecard-unknown`, Refused `child-already-placed`, `cascade-cycle`, `cascade-too-deep`."""
    node = lookup.node(state.draft, command.node)
    _check_known(command.child, context, "/child")
    if any(placement.scorecard == command.child for placement in node.scorecards):
        detail = f"/child: {command.child!r} is already placed under {lookup.shown(node.id)}"
        raise Refused("child-already-placed", detail, "/child")
    refuse_crowded(state.draft)
    _check_acyclic(CascadeEdge(state.id, command.child), context.cascade | edges(state), "/child")
    return ChildScorecardPlaced(command.scorecard, node.id, command.child, weight(command.weight))


def unplaced(command: UnplaceChildScorecard, state: Scorecard) -> ChildScorecardUnplaced:
    """Raises NotFound `child-not-placed`."""
    node = lookup.node(state.draft, command.node)
    if all(placement.scorecard != command.child for placement in node.scorecards):
        detail = f"/child: {command.child!r} is not placed under {lookup.shown(node.id)}"
        raise NotFound("child-not-placed", detail, "/child")
    return ChildScorecardUnplaced(command.scorecard, node.id, command.child)


def parent_set(command: SetParent, state: Scorecard, context: ScorecardContext) -> Sequence[ScorecardEvent]:
    """Nothing if it is the parent already; else raises as placing does."""
    if command.parent == state.parent:
        return []
    if command.parent is not None:
        _check_known(command.parent, context, "/parent")
        _check_acyclic(CascadeEdge(command.parent, state.id), context.cascade | edges(state), "/parent")
    return [ParentSet(command.scorecard, command.parent)]


def _check_known(scorecard: ScorecardId, context: ScorecardContext, field: str) -> None:
    if scorecard not in context.known_scorecards:
        raise NotFound("scorecard-unknown", f"{field}: there is no scorecard {scorecard!r} in use", field)


def _check_acyclic(new: CascadeEdge, known: frozenset[CascadeEdge], field: str) -> None:
    graph = [(edge.parent, edge.child) for edge in known]
    cycle = strategy_map.cycle_closed_by(graph, (new.parent, new.child))
    if cycle is not None:
        detail = f"{field}: scorecards would stand above themselves: {' -> '.join(cycle)}"
        raise Refused("cascade-cycle", detail, field)
    above = strategy_map.chain_length(strategy_map.reverse(graph), new.parent)
    if above + strategy_map.chain_length(graph, new.child) > CASCADE_DEPTH_MAX:
        detail = f"{field}: at most {CASCADE_DEPTH_MAX} scorecards may stand above one another"
        raise Refused("cascade-too-deep", detail, field)
