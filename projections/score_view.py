"""From a tree of scores in 50-digit decimals to what is read: exact numbers as text, and those for people."""

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

from domain.measurement.events import ValueKnown
from domain.policy import Band
from domain.scoring.bands import shown
from domain.scoring.targets import UsedTarget
from domain.scoring.tree import KpiScore, NodeScore, ScoreTree
from domain.values import ARITHMETIC, NodeId, q
from projections.answers import NodePoint
from projections.periods import name_of
from projections.views import ScoreView, TargetView, ValueView

SCORE_DECIMALS = 1
INTEGER_DIGITS_QUANTISED = 29
"""With 20 decimals they fill 50 digits."""
NUMBERS_CACHED_MAX = 65_536


@lru_cache(maxsize=NUMBERS_CACHED_MAX)
def number(value: Decimal) -> str:
    """The exact number: quantised to 20 decimals, without trailing zeros; kept, for the same few come again.

    A measured value can be too long for 20 decimals more; it is given as it is.
    """
    exact = q(value) if value.adjusted() < INTEGER_DIGITS_QUANTISED else value
    return f"{exact.normalize(ARITHMETIC) or Decimal(0):f}"


def optional_number(value: Decimal | None) -> str | None:
    """The same; None stays None."""
    return None if value is None else number(value)


def node_points(tree: ScoreTree) -> list[NodePoint]:
    """The nodes of the scorecard itself as a history shows them, in order of code."""
    nodes = () if tree.root is None else sorted(tree.root.nodes(), key=lambda each: each.id)
    return [node_point(node.id, result_view(node, tree.bands)) for node in nodes]


def node_point(node: NodeId, result: ScoreView) -> NodePoint:
    """One of them."""
    return NodePoint(
        node=node,
        state=result.state,
        raw_score=result.raw_score,
        score=result.score,
        shown=result.shown,
        coverage=result.coverage,
        band=result.band,
    )


def result_view(scored: NodeScore | KpiScore, bands: Sequence[Band]) -> ScoreView:
    """State and numbers of a node or a KPI."""
    raw = optional_number(scored.raw_score)
    return ScoreView(
        state=scored.state,
        reason=scored.reason,
        score=raw if scored.score is scored.raw_score else optional_number(scored.score),
        raw_score=raw,
        shown=None if scored.raw_score is None else shown(scored.raw_score, SCORE_DECIMALS, bands),
        band=scored.band,
        coverage=optional_number(scored.coverage),
    )


def value_view(used: ValueKnown) -> ValueView:
    """A value that entered a score."""
    return ValueView(
        period=name_of(used.period),
        source=used.source,
        value=optional_number(used.reading.value),
        numerator=optional_number(used.reading.numerator),
        denominator=optional_number(used.reading.denominator),
        position=used.position,
    )


def target_view(used: UsedTarget) -> TargetView:
    """A target that entered a score."""
    return TargetView(
        period=name_of(used.period),
        target=number(used.target),
        baseline=optional_number(used.baseline),
        stretch=optional_number(used.stretch),
        position=used.position,
        late=used.late,
        revised=used.revised,
    )
