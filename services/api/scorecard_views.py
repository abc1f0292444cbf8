"""Scorecards as the API shows them: the draft tree and every published version."""

from msgspec import Struct

from domain.scorecard.events import Rollup
from domain.scorecard.state import Card, Node, Scorecard, Version
from services.api.texts import day_text, number_text, optional_day


class LimiterView(Struct, frozen=True):
    """If at least so many children are in a band, the node's band is at most another."""

    at_least: int
    in_band: str
    at_most: str


class RollupView(Struct, frozen=True):
    """How children make their parent."""

    rule: str
    kpi: str | None
    level: str | None
    tie: str
    limiters: list[LimiterView]


class PlacedKpiView(Struct, frozen=True):
    """A KPI under a node, with its weight there."""

    kpi: str
    weight: str


class PlacedScorecardView(Struct, frozen=True):
    """Another scorecard under a node, with its weight there."""

    scorecard: str
    weight: str


class TreeNodeView(Struct, frozen=True):
    """The scorecard itself (id ""), a perspective or an objective, with its children in order."""

    id: str
    kind: str
    name: str
    weight: str
    rollup: RollupView
    nodes: "list[TreeNodeView]"
    kpis: list[PlacedKpiView]
    scorecards: list[PlacedScorecardView]


class LinkView(Struct, frozen=True):
    """Cause and effect between two objectives."""

    cause: str
    effect: str


class CardStructureView(Struct, frozen=True):
    """One state of a scorecard: the draft, or what a version pinned."""

    vision: str
    missing_data: str | None
    root: TreeNodeView
    links: list[LinkView]


class VersionView(Struct, frozen=True):
    """A published version; in force from a date until a later one is."""

    number: int
    effective_from: str
    position: int
    restatement: bool
    structure: CardStructureView


class ScorecardLineView(Struct, frozen=True):
    """A scorecard in a list."""

    scorecard: str
    name: str
    versions: int
    parent: str | None
    archived_after: str | None


class ScorecardsView(Struct, frozen=True):
    """All scorecards in order of code."""

    scorecards: list[ScorecardLineView]
    position: int


class ScorecardDetailView(Struct, frozen=True):
    """A scorecard: its draft and its versions in order of number."""

    scorecard: str
    name: str
    parent: str | None
    archived_after: str | None
    draft: CardStructureView
    versions: list[VersionView]
    position: int


def scorecard_line(card: Scorecard) -> ScorecardLineView:
    """The scorecard in a list."""
    name, last_day = card.draft.root.name, optional_day(card.archived_after)
    return ScorecardLineView(card.id, name, len(card.versions), card.parent, last_day)


def scorecard_detail(card: Scorecard, position: int) -> ScorecardDetailView:
    """The whole scorecard as of a position."""
    return ScorecardDetailView(
        scorecard=card.id,
        name=card.draft.root.name,
        parent=card.parent,
        archived_after=optional_day(card.archived_after),
        draft=_structure(card.draft),
        versions=[_version(version) for version in card.versions],
        position=position,
    )


def _version(version: Version) -> VersionView:
    return VersionView(
        version.number,
        day_text(version.effective_from),
        version.position,
        version.restatement,
        _structure(version.card),
    )


def _structure(card: Card) -> CardStructureView:
    return CardStructureView(
        vision=card.vision,
        missing_data=None if card.missing_data is None else card.missing_data.value,
        root=_node(card.root),
        links=[LinkView(link.cause, link.effect) for link in card.links],
    )


def _node(node: Node) -> TreeNodeView:
    return TreeNodeView(
        id=node.id,
        kind=node.kind.value,
        name=node.name,
        weight=number_text(node.weight),
        rollup=_rollup(node.rollup),
        nodes=[_node(child) for child in node.nodes],
        kpis=[PlacedKpiView(each.kpi, number_text(each.weight)) for each in node.placements],
        scorecards=[PlacedScorecardView(each.scorecard, number_text(each.weight)) for each in node.scorecards],
    )


def _rollup(rollup: Rollup) -> RollupView:
    limiters = [LimiterView(each.at_least, each.in_band, each.at_most) for each in rollup.limiters]
    return RollupView(rollup.rule.value, rollup.kpi, rollup.level, rollup.tie.value, limiters)
