"""From a tree of scores to the sections of a page: words, statuses, bars and the explanation of each KPI."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from domain.calendar import Period
from domain.policy import Band
from projections.views import CardView, KpiView, NodeView, ScoreView, TreeView
from services.web import words
from services.web.addresses import scorecard_href
from services.web.charts import Point, Spark, spark
from services.web.explained import explanation
from services.web.model import CardRow, Group, KpiRow, ScoreCell, Section, Trend
from services.web.numbers import NOTHING, change, number, percent
from services.web.status import status

STALE = frozenset({"overdue", "multi_overdue", "never"})
NO_TREND = Trend("", "")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a page knows besides the tree: bands, and per KPI its history, freshness; names of child scorecards.

    `histories` hold the periods of the asked kind in order, the asked one last.
    """

    organization: str
    bands: Sequence[Band]
    histories: Mapping[str, Sequence[Point]] = field(default_factory=dict)
    freshness: Mapping[str, str] = field(default_factory=dict)
    cards: Mapping[str, str] = field(default_factory=dict)


def sections(tree: TreeView, around: Surroundings) -> tuple[Section, ...]:
    """Every perspective, and before them what is placed on the scorecard itself."""
    if tree.root is None:
        return ()
    made = [_section(child, tree, around) for child in tree.root.children if isinstance(child, NodeView)]
    own = _own_group(tree.root, tree, around)
    if own:
        made.insert(0, Section("scorecard", "On the scorecard itself", "", "", "", None, (own,)))
    return tuple(made)


def score_cell(result: ScoreView, tree: TreeView, bands: Sequence[Band], of: str = "the weight") -> ScoreCell:
    """A score as everyone shows it."""
    coverage = None if result.coverage is None else percent(result.coverage)
    return ScoreCell(
        number=NOTHING if result.shown is None or result.score is None else number(result.shown),
        status=status(bands, result.band, result.state, result.reason),
        bar=None if result.score is None else round(float(result.score), 2),
        note=words.state_sentence(result.state, result.reason, coverage, percent(tree.minimum_coverage), of),
        coverage=coverage,
    )


def limits(node: NodeView) -> str:
    """Why the band is not that of the score, where it is not."""
    if not node.limited_by and node.result.band == node.band_of_score:
        return ""
    of_score = f" The score alone would be {node.band_of_score}." if node.band_of_score else ""
    why = "; ".join(node.limited_by) or words.said(words.RULES, node.rule)
    return f"Status limited: {why}.{of_score}"


def trend(points: Sequence[Point]) -> Trend:
    """The last period against the one just before it."""
    if len(points) < 2:
        return NO_TREND
    before, now = points[-2:]
    if now.value is None or before.value is None:
        return NO_TREND
    direction = "level" if now.value == before.value else "up" if now.value > before.value else "down"
    arrow, word = words.TRENDS[direction]
    return Trend(arrow, word, change(now.shown, before.shown), before.label)


def _section(node: NodeView, tree: TreeView, around: Surroundings) -> Section:
    own = _own_group(node, tree, around)
    objectives = (_objective(child, node, tree, around) for child in node.children if isinstance(child, NodeView))
    return Section(
        anchor=f"p-{node.id}",
        name=node.name,
        weight=_weight(node, after=" of the score"),
        rule="" if node.rule == "mean" else words.said(words.RULES, node.rule),
        limits=limits(node),
        score=score_cell(node.result, tree, around.bands),
        groups=(*((own,) if own else ()), *objectives),
    )


def _objective(node: NodeView, above: NodeView, tree: TreeView, around: Surroundings) -> Group:
    return Group(
        name=node.name,
        code=node.id,
        weight=_weight(node, after=f" of {above.name}"),
        rule="" if node.rule == "mean" else words.said(words.RULES, node.rule),
        score=score_cell(node.result, tree, around.bands),
        rows=_kpis(node, tree, around),
        cards=_cards(node, tree, around),
    )


def _own_group(node: NodeView, tree: TreeView, around: Surroundings) -> Group | None:
    """What hangs on the node without an objective between."""
    rows, cards = _kpis(node, tree, around), _cards(node, tree, around)
    return Group("", "", "", "", None, rows, cards) if rows or cards else None


def _kpis(node: NodeView, tree: TreeView, around: Surroundings) -> tuple[KpiRow, ...]:
    return tuple(_kpi(child, tree, around) for child in node.children if isinstance(child, KpiView))


def _kpi(kpi: KpiView, tree: TreeView, around: Surroundings) -> KpiRow:
    points = around.histories.get(kpi.kpi, ())
    freshness = around.freshness.get(kpi.kpi, "")
    return KpiRow(
        code=kpi.kpi,
        name=kpi.name,
        weight=_weight(kpi, before="weight "),
        value=NOTHING if kpi.value_shown is None else number(kpi.value_shown),
        unit=kpi.unit,
        target=NOTHING if kpi.target_shown is None else number(kpi.target_shown),
        period="" if kpi.period == tree.period else words.period_label(Period.parse(kpi.period)),
        trend=trend(points),
        spark=_spark(kpi, points),
        score=score_cell(kpi.result, tree, around.bands, of="its time"),
        freshness=words.said(words.FRESHNESS, freshness) if freshness else "",
        stale=freshness in STALE,
        flags=_flags(kpi),
        explanation=explanation(kpi),
    )


def _spark(kpi: KpiView, points: Sequence[Point]) -> Spark | None:
    return spark(points, f"Scores of {kpi.name}")


def _flags(kpi: KpiView) -> tuple[str, ...]:
    """In words, and each only once though the log has several words for one thing."""
    said = [words.said(words.FLAGS, flag) for flag in kpi.flags]
    if kpi.carried:
        said.append("Last value carried forward")
    if kpi.expected > 1 and kpi.counted < kpi.expected:
        said.append(f"{kpi.counted} of {kpi.expected} periods")
    return tuple(dict.fromkeys(said))


def _cards(node: NodeView, tree: TreeView, around: Surroundings) -> tuple[CardRow, ...]:
    return tuple(_card(child, tree, around) for child in node.children if isinstance(child, CardView))


def _card(card: CardView, tree: TreeView, around: Surroundings) -> CardRow:
    absent = ScoreView("not_applicable", "no_version", None, None, None, None, None)
    return CardRow(
        code=card.scorecard,
        name=around.cards.get(card.scorecard) or (card.root.name if card.root else "") or card.scorecard,
        weight=_weight(card, after=" of this"),
        href=scorecard_href(around.organization, card.scorecard, tree.period),
        version="" if card.version is None else f"Version {card.version}",
        score=score_cell(card.root.result if card.root else absent, tree, around.bands),
    )


def _weight(part: NodeView | KpiView | CardView, before: str = "", after: str = "") -> str:
    """The share a part has in the score above it; a part without a score has none for now, or none at all."""
    if part.applied_share is not None:
        return f"{before}{percent(part.applied_share, 1)}{after}"
    return "not counted now" if float(part.leaf_share) > 0 else "not in the score"
