"""Why a score is what it is: a node or KPI down to values, targets, weights and policy, each with its event.

The structure is for programs and pages, `lines` for people; shown points add up to the shown score.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext

from domain.errors import NotFound
from domain.kpi.state import Kpi
from domain.policy import Band
from domain.scorecard.events import ChildKind
from domain.scoring.apportion import apportioned
from domain.scoring.scale import ZERO
from domain.scoring.sentences import (
    SCORE_DECIMALS,
    Line,
    card_sentences,
    kpi_sentences,
    outcome,
    percent,
    rule_sentences,
    score_text,
)
from domain.scoring.spoken import counted
from domain.scoring.tree import CardScore, KpiScore, NodeScore, ScoreTree
from domain.values import ARITHMETIC, ROOT, KpiId, NodeId, plain

NO_KPIS: Mapping[KpiId, Kpi] = {}


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one child gives to the raw score of its parent: `points`, exact and as shown; 0 and "" if nothing."""

    kind: ChildKind
    code: str
    name: str
    weight: Decimal
    applied_share: Decimal | None
    raw_score: Decimal | None
    points: Decimal
    points_shown: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """`contributions` are those of the subject's children, none for a KPI; `lines` go all the way down."""

    subject: NodeScore | KpiScore
    contributions: tuple[Contribution, ...]
    lines: tuple[Line, ...]

    @property
    def positions(self) -> tuple[int, ...]:
        """Every event the score rests on, in order; 0 stands for what is built in."""
        return tuple(sorted({position for line in self.lines for position in line.positions}))

    @property
    def text(self) -> str:
        """The lines, indented by their depth."""
        return "\n".join("  " * line.depth + line.text for line in self.lines)


def explain(
    tree: ScoreTree, node: NodeId = ROOT, kpi: KpiId | None = None, *, kpis: Mapping[KpiId, Kpi] = NO_KPIS
) -> Explanation:
    """The explanation of a node (the scorecard itself by default), or of a KPI, at its first place in the tree.

    `kpis` have the words of values that are words: options, yes and no.

    Raises NotFound `no-version-in-force`, `node-unknown`, `kpi-unknown`.
    """
    subject = _subject(tree, node, kpi)
    contributions = _contributions(subject, tree.bands) if isinstance(subject, NodeScore) else ()
    head, *rest = _lines(subject, tree.bands, kpis)
    return Explanation(subject, contributions, (head, *card_sentences(tree), *rest))


def _subject(tree: ScoreTree, node: NodeId, kpi: KpiId | None) -> NodeScore | KpiScore:
    if tree.root is None:
        raise NotFound("no-version-in-force", f"no version of {tree.scorecard} is in force in {tree.period}")
    if kpi is not None:
        found = next((each for each in tree.root.leaves() if each.kpi == kpi), None)
        if found is None:
            raise NotFound("kpi-unknown", f"KPI {kpi!r} has no place in this scorecard", "/kpi")
        return found
    below = next((each for each in tree.root.nodes() if each.id == node), None)
    if below is None:
        raise NotFound("node-unknown", f"this scorecard has no node {node!r}", "/node")
    return below


def _contributions(node: NodeScore, bands: Sequence[Band]) -> tuple[Contribution, ...]:
    with localcontext(ARITHMETIC):
        found = [_contribution(child) for child in node.children]
    giving = [each for each in found if each.applied_share]
    if node.raw_score is None or not giving:
        return tuple(found)
    total = Decimal(score_text(node.raw_score, bands))
    decimals = max(SCORE_DECIMALS, -int(total.as_tuple().exponent))
    points = iter(apportioned([each.points for each in giving], total, decimals))
    return tuple(replace(each, points_shown=f"{next(points):f}") if each.applied_share else each for each in found)


def _contribution(child: NodeScore | KpiScore | CardScore) -> Contribution:
    match child:
        case NodeScore():
            kind, code, name, raw = ChildKind.NODE, str(child.id), child.name, child.raw_score
        case KpiScore():
            kind, code, name, raw = ChildKind.KPI, str(child.kpi), child.name, child.raw_score
        case CardScore():
            kind, code, name = ChildKind.SCORECARD, str(child.scorecard), str(child.scorecard)
            raw = child.root.raw_score if child.root is not None else None
    points = (child.applied_share or ZERO) * (raw or ZERO)
    return Contribution(kind, code, name, child.weight, child.applied_share, raw, points, "")


def _lines(
    subject: NodeScore | KpiScore, bands: Sequence[Band], kpis: Mapping[KpiId, Kpi], depth: int = 0
) -> Iterator[Line]:
    yield Line(depth, outcome(subject, bands))
    if isinstance(subject, KpiScore):
        definition = counted(kpis, subject.kpi, subject.trace.definition_position)
        yield from kpi_sentences(subject, depth + 1, definition)
        return
    yield from rule_sentences(subject, depth + 1)
    for child, contribution in zip(subject.children, _contributions(subject, bands), strict=True):
        yield Line(depth + 1, _share_sentence(contribution, bands))
        below = child.root if isinstance(child, CardScore) else child
        if below is not None:
            yield from _lines(below, bands, kpis, depth + 2)


def _share_sentence(given: Contribution, bands: Sequence[Band]) -> str:
    what = f"{given.name}: weight {plain(given.weight):f}"
    if given.raw_score is None:
        return f"{what}, no score"
    if not given.applied_share:
        return f"{what}, {score_text(given.raw_score, bands)}, not counted"
    score = score_text(given.raw_score, bands)
    return f"{what}, {percent(given.applied_share)} of {score} gives {given.points_shown}"
