"""What each event makes of a scorecard; it never refuses, for history is true.

An event about something that is not there changes nothing. Removing a node takes its links along.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

from domain.scorecard import tree
from domain.scorecard.events import (
    ChildScorecardPlaced,
    ChildScorecardUnplaced,
    KpiPlaced,
    KpiUnplaced,
    MissingDataSet,
    NewPerspective,
    ObjectiveAdded,
    ObjectiveMoved,
    ObjectiveRemoved,
    ObjectiveReworded,
    ObjectivesLinked,
    ObjectivesUnlinked,
    ParentSet,
    PerspectiveAdded,
    PerspectiveMoved,
    PerspectiveRemoved,
    PerspectiveRenamed,
    RollupSet,
    ScorecardArchived,
    ScorecardCreated,
    ScorecardEvent,
    ScorecardRenamed,
    VersionPublished,
    VisionStated,
    WeightsSet,
)
from domain.scorecard.state import Card, ChildPlacement, Link, Node, NodeKind, Placement, Scorecard, Version
from domain.values import ROOT, NodeId, ScorecardId

NodeEvent = KpiPlaced | KpiUnplaced | ChildScorecardPlaced | ChildScorecardUnplaced | WeightsSet | RollupSet
RootEvent = (
    ScorecardRenamed
    | PerspectiveAdded
    | PerspectiveRenamed
    | PerspectiveMoved
    | ObjectiveAdded
    | ObjectiveReworded
    | ObjectiveMoved
    | NodeEvent
)
CardEvent = (
    VisionStated
    | MissingDataSet
    | ObjectivesLinked
    | ObjectivesUnlinked
    | PerspectiveRemoved
    | ObjectiveRemoved
    | RootEvent
)
"""What changes the draft, and by that the next version."""


def initial(code: str) -> Scorecard:
    """The scorecard of that code before its first event."""
    return Scorecard(ScorecardId(code))


def evolve(state: Scorecard, event: ScorecardEvent, position: int) -> Scorecard:
    """The scorecard after an event at a position of the log."""
    match event:
        case ScorecardCreated():
            return replace(state, created=True, draft=Card(_new_root(event.name, event.perspectives)))
        case ParentSet():
            return replace(state, parent=event.parent)
        case VersionPublished():
            version = Version(event.number, event.effective_from, state.draft, position, event.restatement)
            return replace(state, versions=(*state.versions, version))
        case ScorecardArchived():
            return replace(state, archived_after=event.last_day)
        case _:
            return replace(state, draft=_edited(state.draft, event))


def _new_root(name: str, perspectives: tuple[NewPerspective, ...]) -> Node:
    nodes = tuple(Node(new.perspective, NodeKind.PERSPECTIVE, new.name, new.weight) for new in perspectives)
    return Node(ROOT, NodeKind.SCORECARD, name, nodes=nodes)


def _edited(card: Card, event: CardEvent) -> Card:
    match event:
        case VisionStated():
            return replace(card, vision=event.vision)
        case MissingDataSet():
            return replace(card, missing_data=event.missing_data)
        case ObjectivesLinked():
            return _linked(card, Link(event.cause, event.effect))
        case ObjectivesUnlinked():
            gone = Link(event.cause, event.effect)
            return replace(card, links=tuple(link for link in card.links if link != gone))
        case PerspectiveRemoved(_, node) | ObjectiveRemoved(_, node):
            return _without_dangling_links(replace(card, root=tree.removed(card.root, node)))
        case _:
            return replace(card, root=_edited_root(card.root, event))


def _linked(card: Card, link: Link) -> Card:
    """Links are kept in one order, so that linking and unlinking again leaves the draft as it was."""
    return replace(card, links=tuple(sorted({*card.links, link}, key=lambda known: (known.cause, known.effect))))


def _without_dangling_links(card: Card) -> Card:
    known = {node.id for node in tree.objectives(card.root)}
    return replace(card, links=tuple(link for link in card.links if link.cause in known and link.effect in known))


def _edited_root(root: Node, event: RootEvent) -> Node:
    match event:
        case ScorecardRenamed():
            return _renamed(root, ROOT, event.name)
        case PerspectiveRenamed():
            return _renamed(root, event.perspective, event.name)
        case ObjectiveReworded():
            return _renamed(root, event.objective, event.name)
        case PerspectiveAdded():
            added = Node(event.perspective, NodeKind.PERSPECTIVE, event.name, event.weight)
            return tree.inserted(root, ROOT, added, event.index)
        case ObjectiveAdded():
            added = Node(event.objective, NodeKind.OBJECTIVE, event.name, event.weight)
            return tree.inserted(root, event.perspective, added, event.index)
        case PerspectiveMoved():
            return tree.moved(root, event.perspective, ROOT, event.index)
        case ObjectiveMoved():
            return tree.moved(root, event.objective, event.perspective, event.index)
        case _:
            return tree.changed(root, event.node, _node_change(event))


def _renamed(root: Node, node: NodeId, name: str) -> Node:
    return tree.changed(root, node, lambda found: replace(found, name=name))


def _node_change(event: NodeEvent) -> Callable[[Node], Node]:
    """What the event makes of the node it names."""
    match event:
        case KpiPlaced(kpi=kpi, weight=weight):
            return lambda node: replace(node, placements=(*node.placements, Placement(kpi, weight)))
        case KpiUnplaced(kpi=kpi):
            return lambda node: replace(node, placements=tuple(p for p in node.placements if p.kpi != kpi))
        case ChildScorecardPlaced(child=child, weight=weight):
            return lambda node: replace(node, scorecards=(*node.scorecards, ChildPlacement(child, weight)))
        case ChildScorecardUnplaced(child=child):
            return lambda node: replace(node, scorecards=tuple(p for p in node.scorecards if p.scorecard != child))
        case WeightsSet(weights=weights):
            return lambda node: tree.weighted(node, weights)
        case RollupSet(rollup=rollup):
            return lambda node: replace(node, rollup=rollup)
        case _:
            assert_never(event)
