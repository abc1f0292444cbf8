"""The score of a scorecard in a period: a pure function of what is known, of the period and of the as-of instant.

In three steps that a caller may also take one by one, to do only what a change asks for: plan() from definitions
(domain.scoring.plan), leaves() from values, roll_up(). Everything runs in ARITHMETIC, set here, whatever the thread's
context is.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal, localcontext

from domain.calendar import Period
from domain.scoring.cascade import Cascade
from domain.scoring.inputs import Definitions, Values, VersionChoice
from domain.scoring.leaf import HaveEnded, Leaf, measure
from domain.scoring.needed import needed
from domain.scoring.plan import Plan, plan
from domain.scoring.rollup import Branch, CardBranch
from domain.scoring.scale import ONE, ZERO
from domain.scoring.tree import CardScore, KpiScore, NodeScore, ScoreTree
from domain.values import ARITHMETIC, KpiId, ScorecardId

__all__ = ["leaves", "needed", "plan", "roll_up", "score"]


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
    planned = plan(definitions, scorecard, period, version)
    return roll_up(planned, leaves(planned, values, as_of), as_of)


def leaves(plan: Plan, values: Values, as_of: datetime, kpis: Iterable[KpiId] | None = None) -> dict[KpiId, Leaf]:
    """The KPIs of the plan measured, or only those named.

    A value in a cell of a KPI changes the leaf of that KPI and no other: with a plan that still holds,
    `{**before, **leaves(plan, values, as_of, changed)}` is what measuring everything anew would give, and `values` need
    hold the cells of the changed KPIs only (`plan.gauges[kpi].cells` and `.back`). A plan holds as long as the
    definitions do; leaves hold for one plan and one as-of instant.
    """
    wanted = plan.gauges if kpis is None else kpis
    with localcontext(ARITHMETIC):
        ended, gauges = _have_ended(plan, as_of), plan.gauges
        return {kpi: measure(plan, gauges[kpi], values, ended) for kpi in wanted}


def roll_up(plan: Plan, leaves: Mapping[KpiId, Leaf], as_of: datetime) -> ScoreTree:
    """The tree of scores from the leaves of all KPIs of the plan."""
    structure, ended = plan.structure, plan.definitions.calendar.ended(plan.period, as_of)
    root = None
    if structure is not None:
        with localcontext(ARITHMETIC):
            root = _node(Cascade(plan, leaves).branch(structure.card.root), ONE, None, ONE)
    return ScoreTree(
        plan.scorecard,
        plan.period,
        structure.number if structure is not None else None,
        structure.position if structure is not None else None,
        plan.policy.position,
        plan.missing_data,
        plan.minimum_coverage,
        partial=not ended,
        day_dependent=not ended and plan.lengthy,
        root=root,
        bands=plan.bands,
        restatement=structure is not None and structure.restatement,
    )


def _have_ended(plan: Plan, as_of: datetime) -> HaveEnded:
    calendar = plan.definitions.calendar
    if calendar.ended(plan.period, as_of):
        return {}
    return {
        kind: tuple([calendar.ended(period, as_of) for period in window.periods])
        for kind, window in plan.windows.items()
        if window.longer
    }


def _node(branch: Branch, weight: Decimal, applied: Decimal | None, share: Decimal) -> NodeScore:
    """The node as answered; `share` is the product of the normalised weights on its path."""
    node = branch.node
    children = [
        _child(child, branch.weights[place], branch.applied[place], share * part if part else ZERO)
        for place, (child, part) in enumerate(zip(branch.children, branch.shares, strict=True))
    ]
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
        tuple(children),
    )


def _child(
    child: Branch | Leaf | CardBranch, weight: Decimal, applied: Decimal | None, share: Decimal
) -> NodeScore | KpiScore | CardScore:
    if isinstance(child, Leaf):
        return _kpi(child, weight, applied, share)
    if isinstance(child, CardBranch):
        root = _node(child.branch, ONE, None, share) if child.branch is not None else None
        return CardScore(child.scorecard, weight, applied, share, root, child.version)
    return _node(child, weight, applied, share)


def _kpi(leaf: Leaf, weight: Decimal, applied: Decimal | None, share: Decimal) -> KpiScore:
    measured = leaf.measured
    aim = measured.mark.aim
    return KpiScore(
        *leaf.gauge.face,
        weight,
        applied,
        share,
        leaf.state,
        leaf.reason,
        leaf.raw,
        leaf.score,
        leaf.band,
        leaf.coverage,
        leaf.gauge.shown,
        measured.value,
        aim.target,
        aim.baseline,
        aim.stretch,
        leaf.achievement,
        leaf.counted,
        measured.expected,
        measured.carried,
        leaf.flags,
        measured,
    )
