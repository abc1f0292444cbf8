"""The score of a scorecard in a period: a pure function of what is known, of the period and of the as-of instant.

Everything runs in ARITHMETIC, set here, whatever the thread's context is (hard-cases.md H1.1).
"""

from datetime import datetime
from decimal import Decimal, localcontext

from domain.calendar import Period
from domain.kpi.events import Direction
from domain.scoring.cascade import Cascade
from domain.scoring.inputs import Definitions, Values, VersionChoice
from domain.scoring.leaf import Leaf
from domain.scoring.needed import needed
from domain.scoring.rollup import Branch, CardBranch, Child
from domain.scoring.scale import ONE, ZERO
from domain.scoring.setting import chosen, setting
from domain.scoring.tree import CardScore, KpiScore, KpiTrace, NodeScore, ScoreTree, UsedValue
from domain.values import ARITHMETIC, ScorecardId

__all__ = ["needed", "score"]


def score(
    definitions: Definitions,
    values: Values,
    scorecard: ScorecardId,
    period: Period,
    as_of: datetime,
    version: VersionChoice = "in_force",
) -> ScoreTree:
    """The tree of scores. `as_of` decides which periods have ended, and with it coverage of longer periods.

    `values` must hold every cell that needed() names. Raises NotFound `scorecard-unknown`, `version-unknown`.
    """
    with localcontext(ARITHMETIC):
        structure = chosen(definitions, scorecard, definitions.calendar.last_day(period), version)
        common = setting(definitions, values, period, as_of, structure.card if structure is not None else None)
        root = None
        if structure is not None:
            root = _node(Cascade(common).branch(structure.card.root), ONE, None, ONE)
        return ScoreTree(
            scorecard,
            period,
            structure.number if structure is not None else None,
            structure.position if structure is not None else None,
            common.policy.position,
            common.missing_data,
            common.minimum_coverage,
            partial=not common.ended,
            day_dependent=not common.ended and any(window.longer for window in common.windows.values()),
            root=root,
            bands=common.bands,
            restatement=structure is not None and structure.restatement,
        )


def _node(branch: Branch, weight: Decimal, applied: Decimal | None, share: Decimal) -> NodeScore:
    """The node as answered; `share` is the product of the normalised weights on its path."""
    node = branch.node
    return NodeScore(
        node.id,
        node.kind,
        node.name,
        weight,
        applied,
        share if branch.applicable else ZERO,
        node.rollup,
        branch.state,
        branch.reason,
        branch.raw,
        branch.score,
        branch.band,
        branch.band_of_score,
        branch.limited_by,
        branch.coverage,
        branch.errors,
        tuple([_child(child, share) for child in branch.children]),
    )


def _child(child: Child, above: Decimal) -> NodeScore | KpiScore | CardScore:
    share = above * child.share if child.counts else ZERO
    content = child.content
    if isinstance(content, Leaf):
        return _kpi(content, child, share)
    if isinstance(content, CardBranch):
        root = _node(content.branch, ONE, None, share) if content.branch is not None else None
        return CardScore(content.scorecard, child.weight, child.applied, share, root, content.version)
    return _node(content, child.weight, child.applied, share)


def _kpi(leaf: Leaf, child: Child, share: Decimal) -> KpiScore:
    measured, known = leaf.measured, leaf.known
    definition = known.definition if known is not None else None
    return KpiScore(
        leaf.kpi,
        definition.name if definition is not None else leaf.kpi,
        definition.unit if definition is not None else "",
        definition.decimals if definition is not None else 0,
        definition.direction if definition is not None else Direction.HIGHER,
        definition.indicator if definition is not None else None,
        child.weight,
        child.applied,
        share,
        leaf.state,
        leaf.reason,
        leaf.raw,
        leaf.score,
        leaf.band,
        leaf.coverage,
        leaf.period,
        measured.value,
        measured.aim.target,
        measured.aim.baseline,
        measured.aim.stretch,
        leaf.achievement,
        measured.counted,
        measured.expected,
        measured.carried,
        leaf.flags,
        _trace(leaf),
    )


def _trace(leaf: Leaf) -> KpiTrace:
    return KpiTrace(
        leaf.known.position if leaf.known is not None else 0,
        leaf.scale.position if leaf.scale is not None else None,
        tuple([UsedValue(each.period, each.source, each.reading, each.position) for each in leaf.measured.values]),
        leaf.measured.targets,
        leaf.anchors,
    )
