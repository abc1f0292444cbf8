"""From a tree of scores in 50-digit decimals to what is read: exact numbers as text, and those for people."""

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import assert_never

from domain.policy import Band
from domain.scoring.bands import shown
from domain.scoring.targets import UsedTarget
from domain.scoring.tree import CardScore, KpiScore, KpiTrace, NodeScore, ScoreTree
from domain.values import ARITHMETIC, q
from projections.answers import NodePoint
from projections.views import (
    AnchorView,
    CardView,
    KpiView,
    NodeView,
    ScoreView,
    TargetView,
    TraceView,
    TreeView,
    ValueView,
)

SCORE_DECIMALS = 1
INTEGER_DIGITS_QUANTISED = 29
"""With 20 decimals they fill 50 digits."""
NUMBERS_CACHED_MAX = 65_536


def tree_view(tree: ScoreTree, changed_at: int) -> TreeView:
    """The tree as it is read."""
    return TreeView(
        scorecard=tree.scorecard,
        period=tree.period.text,
        version=tree.version,
        version_position=tree.version_position,
        policy_position=tree.policy_position,
        missing_data=tree.missing_data,
        minimum_coverage=number(tree.minimum_coverage),
        partial=tree.partial,
        day_dependent=tree.day_dependent,
        restatement=tree.restatement,
        method=tree.method,
        changed_at=changed_at,
        root=None if tree.root is None else _node(tree.root, tree.bands),
    )


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
    if tree.root is None:
        return []
    return [_node_point(node, tree.bands) for node in sorted(tree.root.nodes(), key=lambda each: each.id)]


def _node_point(node: NodeScore, bands: Sequence[Band]) -> NodePoint:
    result = _result(node, bands)
    return NodePoint(
        node=node.id,
        state=result.state,
        raw_score=result.raw_score,
        score=result.score,
        shown=result.shown,
        coverage=result.coverage,
        band=result.band,
    )


def _node(node: NodeScore, bands: Sequence[Band]) -> NodeView:
    return NodeView(
        id=node.id,
        kind=node.kind.value,
        name=node.name,
        weight=number(node.weight),
        applied_share=optional_number(node.applied_share),
        leaf_share=number(node.leaf_share),
        rule=node.rollup.rule,
        result=_result(node, bands),
        band_of_score=node.band_of_score,
        limited_by=list(node.limited_by),
        errors=node.errors,
        children=[_child(child, bands) for child in node.children],
    )


def _child(child: NodeScore | KpiScore | CardScore, bands: Sequence[Band]) -> NodeView | KpiView | CardView:
    match child:
        case NodeScore():
            return _node(child, bands)
        case KpiScore():
            return _kpi(child, bands)
        case CardScore():
            return CardView(
                scorecard=child.scorecard,
                version=child.version,
                weight=number(child.weight),
                applied_share=optional_number(child.applied_share),
                leaf_share=number(child.leaf_share),
                root=None if child.root is None else _node(child.root, bands),
            )
        case _:
            assert_never(child)


def _result(scored: NodeScore | KpiScore, bands: Sequence[Band]) -> ScoreView:
    return ScoreView(
        state=scored.state,
        reason=scored.reason,
        score=optional_number(scored.score),
        raw_score=optional_number(scored.raw_score),
        shown=None if scored.raw_score is None else shown(scored.raw_score, SCORE_DECIMALS, bands),
        band=scored.band,
        coverage=optional_number(scored.coverage),
    )


def _kpi(kpi: KpiScore, bands: Sequence[Band]) -> KpiView:
    return KpiView(
        kpi=kpi.kpi,
        name=kpi.name,
        unit=kpi.unit,
        direction=kpi.direction,
        indicator=kpi.indicator,
        weight=number(kpi.weight),
        applied_share=optional_number(kpi.applied_share),
        leaf_share=number(kpi.leaf_share),
        result=_result(kpi, bands),
        period=kpi.period.text,
        value=optional_number(kpi.value),
        value_shown=None if kpi.value is None else shown(kpi.value, kpi.decimals),
        target=optional_number(kpi.target),
        target_shown=None if kpi.target is None else shown(kpi.target, kpi.decimals),
        baseline=optional_number(kpi.baseline),
        stretch=optional_number(kpi.stretch),
        achievement=optional_number(kpi.achievement),
        counted=kpi.counted,
        expected=kpi.expected,
        carried=kpi.carried,
        flags=list(kpi.flags),
        trace=_trace(kpi.trace),
    )


def _trace(trace: KpiTrace) -> TraceView:
    return TraceView(
        definition_position=trace.definition_position,
        scale_position=trace.scale_position,
        values=[
            ValueView(
                period=used.period.text,
                source=used.source,
                value=optional_number(used.reading.value),
                numerator=optional_number(used.reading.numerator),
                denominator=optional_number(used.reading.denominator),
                position=used.position,
            )
            for used in trace.values
        ],
        targets=[_target(used) for used in trace.targets],
        anchors=[AnchorView(x=number(anchor.x), score=number(anchor.score)) for anchor in trace.anchors],
    )


def _target(used: UsedTarget) -> TargetView:
    return TargetView(
        period=used.period.text,
        target=number(used.target),
        baseline=optional_number(used.baseline),
        stretch=optional_number(used.stretch),
        position=used.position,
        late=used.late,
        revised=used.revised,
    )
