"""What is known of a scorecard: the draft tree and every published version of it."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from domain.policy import MissingData
from domain.scorecard.events import Rollup
from domain.values import ROOT, KpiId, NodeId, ScorecardId


class NodeKind(StrEnum):
    SCORECARD = "scorecard"
    PERSPECTIVE = "perspective"
    OBJECTIVE = "objective"


@dataclass(frozen=True, slots=True)
class Placement:
    """A KPI under a node, with its weight there."""

    kpi: KpiId
    weight: Decimal


@dataclass(frozen=True, slots=True)
class ChildPlacement:
    """A child scorecard under a node, with its weight there."""

    scorecard: ScorecardId
    weight: Decimal


@dataclass(frozen=True, slots=True)
class Node:
    """A scorecard, perspective or objective; its children in order: nodes, then KPIs, then child scorecards."""

    id: NodeId
    kind: NodeKind
    name: str
    weight: Decimal = Decimal(1)
    rollup: Rollup = field(default=Rollup())
    nodes: tuple["Node", ...] = field(default=())
    placements: tuple[Placement, ...] = field(default=())
    scorecards: tuple[ChildPlacement, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Link:
    """Cause and effect between two objectives; links have no cycle."""

    cause: NodeId
    effect: NodeId


EMPTY_ROOT = Node(ROOT, NodeKind.SCORECARD, "")


@dataclass(frozen=True, slots=True)
class Card:
    """One state of the tree: the draft, or what a version pinned."""

    root: Node = field(default=EMPTY_ROOT)
    vision: str = ""
    links: tuple[Link, ...] = field(default=())
    missing_data: MissingData | None = None


@dataclass(frozen=True, slots=True)
class Version:
    number: int
    effective_from: date
    card: Card
    position: int
    restatement: bool = False


@dataclass(frozen=True, slots=True)
class Scorecard:
    """Not created while `created` is False. `versions` in order of number."""

    id: ScorecardId
    created: bool = False
    draft: Card = field(default=Card())
    versions: tuple[Version, ...] = field(default=())
    parent: ScorecardId | None = None
    archived_after: date | None = None
