"""From children to parent: score by mean, min, max or self, coverage, state, and the rules about bands.

Called inside ARITHMETIC (domain.values). hard-cases.md H2, Clarifications 7, 8, 14. A parent computes from unquantised
children; bands, limits and comparisons use q().
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
from domain.scoring.scale import ONE, ZERO
from domain.scoring.setting import Setting
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
class Child:
    """One child at its place. `result` holds its numbers, None if it has none; `weight` is as entered.

    `share` is its normalised weight among the applicable children, `applied` its share of the parent's score.
    """

    weight: Decimal
    content: "Branch | Leaf | CardBranch"
    result: "Branch | Leaf | None"
    counts: bool = False
    share: Decimal = ZERO
    applied: Decimal | None = None


@dataclass(slots=True)
class Branch:
    """A node with its numbers, before the shares of the whole tree are known."""

    node: Node
    children: list[Child]
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


def roll_up(setting: Setting, node: Node, children: list[Child]) -> Branch:
    """The node from its children; what is not applicable leaves weights and coverage."""
    branch = Branch(node, children)
    counting = _counting(node, children)
    if not counting:
        return branch
    branch.applicable = True
    for _, _, result in counting:
        branch.errors += result.errors
        branch.filled = branch.filled or result.filled
    _weigh(branch, counting)
    scored = [each for each in counting if each[2].raw is not None]
    if setting.missing_data is MissingData.BLANK and len(scored) < len(counting):
        branch.state, branch.reason = State.EMPTY, BLANK
    elif scored:
        branch.raw = _raw(setting, node.rollup.rule, counting, scored)
        _settle(setting, branch, [result.band for _, _, result in counting])
    else:
        branch.state = State.EMPTY
    return branch


Counting = tuple[Child, Decimal, "Branch | Leaf"]
"""A child that counts, its effective weight (above 0), and its numbers."""


def _counting(node: Node, children: Sequence[Child]) -> list[Counting]:
    if node.rollup.rule is RollupRule.SELF:
        named = _named(node, children)
        return [] if named is None else [named]
    return [
        (child, child.weight, child.result)
        for child in children
        if child.weight and child.result is not None and child.result.applicable
    ]


def _named(node: Node, children: Sequence[Child]) -> Counting | None:
    """`self` gives all weight to its KPI, whatever weight was entered (Clarification 14)."""
    for placement, child in zip(node.placements, children[len(node.nodes) :], strict=False):
        if placement.kpi == node.rollup.kpi and child.result is not None and child.result.applicable:
            return child, ONE, child.result
    return None


def _weigh(branch: Branch, counting: Sequence[Counting]) -> None:
    """Shares among the applicable children, and coverage as a mean with the same weights (H2.4)."""
    total = covered = ZERO
    for _, weight, result in counting:
        total += weight
        covered += weight * (result.coverage or ZERO)
    for child, weight, _ in counting:
        child.counts, child.share = True, weight / total
    branch.coverage = branch.entered = covered / total
    if branch.filled:
        branch.entered = sum((weight * result.entered for _, weight, result in counting), start=ZERO) / total


def _raw(setting: Setting, rule: RollupRule, counting: Sequence[Counting], scored: Sequence[Counting]) -> Decimal:
    if rule is RollupRule.MIN or rule is RollupRule.MAX:
        return _extreme(rule, scored)
    if setting.missing_data is MissingData.EVEN and len(scored) < len(counting):
        return _even(counting, scored)
    total = product = ZERO
    for _, weight, result in scored:
        total += weight
        product += weight * (result.raw or ZERO)
    every = len(scored) == len(counting)
    for child, weight, _ in scored:
        child.applied = child.share if every else weight / total
    return product / total


def _even(counting: Sequence[Counting], scored: Sequence[Counting]) -> Decimal:
    """The weight of children without a score goes in equal parts to those with one: sum(s (w n + W - M)) / (W n)."""
    number = len(scored)
    total = sum((weight for _, weight, _ in counting), start=ZERO)
    rest = total - sum((weight for _, weight, _ in scored), start=ZERO)
    whole = total * number
    product = ZERO
    for child, weight, result in scored:
        part = weight * number + rest
        child.applied = part / whole
        product += part * (result.raw or ZERO)
    return product / whole


def _extreme(rule: RollupRule, scored: Sequence[Counting]) -> Decimal:
    """The worst or best child; between equal ones the first in order is the one named."""
    values = [q(result.raw or ZERO) for _, _, result in scored]
    wanted = min(values) if rule is RollupRule.MIN else max(values)
    attaining = values.index(wanted)
    for index, (child, _, _) in enumerate(scored):
        child.applied = ONE if index == attaining else ZERO
    return scored[attaining][2].raw or ZERO


def _settle(setting: Setting, branch: Branch, bands: Sequence[str | None]) -> None:
    """State (H2.6) and bands (H2.9) of a node that has a raw score."""
    assert branch.raw is not None, "only scored nodes are settled"
    if q(branch.entered) < setting.minimum_coverage:
        branch.state = State.INSUFFICIENT
        return
    whole = branch.coverage is not None and q(branch.coverage) >= ONE
    branch.state = State.COMPLETE if whole else State.INCOMPLETE
    branch.score = branch.raw
    branch.band_of_score = band_of(branch.raw, setting.bands)
    branch.band, branch.limited_by = limited(branch.node.rollup, branch.band_of_score, bands, setting.bands)
