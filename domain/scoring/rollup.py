"""From children to parent: score by mean, min, max or self, coverage, state, and the rules about bands.

Called inside ARITHMETIC (domain.values). A parent computes from unquantised children; bands, limits and comparisons
use q().
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from domain.policy import MissingData
from domain.scorecard.events import RollupRule
from domain.scorecard.state import Node
from domain.scoring.bands import band_of
from domain.scoring.leaf import Leaf
from domain.scoring.limits import limited
from domain.scoring.plan import Plan
from domain.scoring.scale import ONE, ZERO
from domain.scoring.tree import State
from domain.values import ScorecardId, q

BLANK = "blank"


@dataclass(slots=True)
class CardBranch:
    """A child scorecard; `branch` is its root in its own version, None while it is not applicable."""

    scorecard: ScorecardId
    version: int | None
    branch: "Branch | None"


@dataclass(slots=True)
class Branch:
    """A node with its numbers, before the shares of the whole tree are known.

    For each child in order: what it is, its weight as entered, its normalised weight among the applicable ones
    (`shares`, 0 if it does not count), its share of this node's score (`applied`).
    """

    node: Node
    children: "Sequence[Branch | Leaf | CardBranch]"
    weights: Sequence[Decimal]
    shares: list[Decimal]
    applied: list[Decimal | None]
    applicable: bool = False
    state: State = State.NOT_APPLICABLE
    reason: str | None = None
    raw: Decimal | None = None
    score: Decimal | None = None
    band: str | None = None
    band_of_score: str | None = None
    limited_by: tuple[str, ...] = ()
    coverage: Decimal | None = None
    entered: Decimal = ZERO
    filled: bool = False
    errors: int = 0


Counting = tuple[int, Decimal, "Branch | Leaf"]
"""A child that counts: its place, its effective weight (above 0), its numbers."""


def rolled_up(plan: Plan, node: Node, children: "Sequence[Branch | Leaf | CardBranch]") -> Branch:
    """The node from its children; what is not applicable leaves weights and coverage."""
    weights = [below.weight for below in node.nodes]
    weights += [placement.weight for placement in node.placements]
    weights += [placed.weight for placed in node.scorecards]
    branch = Branch(node, children, weights, [ZERO] * len(children), [None] * len(children))
    counting = _counting(node, children, weights)
    if not counting:
        return branch
    branch.applicable = True
    total = _weigh(branch, counting)
    scored = [each for each in counting if each[2].raw is not None]
    if plan.missing_data is MissingData.BLANK and len(scored) < len(counting):
        branch.state, branch.reason = State.EMPTY, BLANK
    elif scored:
        branch.raw = _raw(plan, branch, total, counting, scored)
        _settle(plan, branch, branch.raw, counting)
    else:
        branch.state = State.EMPTY
    return branch


def _counting(
    node: Node, children: "Sequence[Branch | Leaf | CardBranch]", weights: Sequence[Decimal]
) -> list[Counting]:
    if node.rollup.rule is RollupRule.SELF:
        return _named(node, children)
    found: list[Counting] = []
    for place, child in enumerate(children):
        result = child.branch if isinstance(child, CardBranch) else child
        if result is not None and result.applicable and weights[place]:
            found.append((place, weights[place], result))
    return found


def _named(node: Node, children: "Sequence[Branch | Leaf | CardBranch]") -> list[Counting]:
    """`self` gives all weight to its KPI, whatever weight was entered."""
    for place, child in enumerate(children):
        if isinstance(child, Leaf) and child.applicable and child.gauge.face.kpi == node.rollup.kpi:
            return [(place, ONE, child)]
    return []


def _weigh(branch: Branch, counting: Sequence[Counting]) -> Decimal:
    """Shares among the applicable children, and coverage as a mean with the same weights; their total weight."""
    total = covered = ZERO
    for _, weight, result in counting:
        total += weight
        covered += weight if result.coverage is ONE else weight * (result.coverage or ZERO)
        branch.errors += result.errors
        branch.filled = branch.filled or result.filled
    for place, weight, _ in counting:
        branch.shares[place] = weight / total
    branch.coverage = branch.entered = covered / total
    if branch.filled:
        branch.entered = sum((weight * result.entered for _, weight, result in counting), start=ZERO) / total
    return total


def _raw(
    plan: Plan, branch: Branch, total: Decimal, counting: Sequence[Counting], scored: Sequence[Counting]
) -> Decimal:
    rule = branch.node.rollup.rule
    if rule is RollupRule.MIN or rule is RollupRule.MAX:
        return _extreme(branch, rule, scored)
    every = len(scored) == len(counting)
    if plan.missing_data is MissingData.EVEN and not every:
        return _even(branch, total, scored)
    product = ZERO
    for _, weight, result in scored:
        product += weight * (result.raw or ZERO)
    if every:
        for place, _, _ in scored:
            branch.applied[place] = branch.shares[place]
        return product / total
    total = sum([weight for _, weight, _ in scored], start=ZERO)
    for place, weight, _ in scored:
        branch.applied[place] = weight / total
    return product / total


def _even(branch: Branch, total: Decimal, scored: Sequence[Counting]) -> Decimal:
    """The weight of children without a score goes in equal parts to those with one: sum(s (w n + W - M)) / (W n)."""
    number = len(scored)
    rest = total - sum((weight for _, weight, _ in scored), start=ZERO)
    whole = total * number
    product = ZERO
    for place, weight, result in scored:
        part = weight * number + rest
        branch.applied[place] = part / whole
        product += part * (result.raw or ZERO)
    return product / whole


def _extreme(branch: Branch, rule: RollupRule, scored: Sequence[Counting]) -> Decimal:
    """The worst or best child; between equal ones the first in order is the one named."""
    values = [q(result.raw or ZERO) for _, _, result in scored]
    attaining = values.index(min(values) if rule is RollupRule.MIN else max(values))
    for place, _, _ in scored:
        branch.applied[place] = ZERO
    place, _, result = scored[attaining]
    branch.applied[place] = ONE
    return result.raw or ZERO


def _settle(plan: Plan, branch: Branch, raw: Decimal, counting: Sequence[Counting]) -> None:
    """State and bands of a node that has a raw score."""
    if q(branch.entered) < plan.minimum_coverage:
        branch.state = State.INSUFFICIENT
        return
    whole = branch.coverage is not None and q(branch.coverage) >= ONE
    branch.state = State.COMPLETE if whole else State.INCOMPLETE
    branch.score = raw
    branch.band_of_score = band_of(raw, plan.bands)
    bands = [result.band for _, _, result in counting]
    branch.band, branch.limited_by = limited(branch.node.rollup, branch.band_of_score, bands, plan.bands)
