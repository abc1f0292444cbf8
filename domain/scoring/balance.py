"""Three figures of balance: of the design, of what is measured, of what came out.

Each is 0..100 or undefined; an undefined one names the parts that are, and is never a mean of the others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from typing import Literal

from domain.calendar import Period
from domain.policy import Policy
from domain.scorecard.state import Card
from domain.scoring.balance_warnings import BalanceWarning, warnings
from domain.scoring.design_parts import causes, evenness, leading, nearness
from domain.scoring.inputs import Definitions, VersionChoice
from domain.scoring.scale import FULL, ONE, ZERO
from domain.scoring.setting import chosen, policy_in_force
from domain.scoring.shares import Intended, LeafShare, intended
from domain.scoring.tree import NodeScore, ScoreTree, State
from domain.values import ARITHMETIC, KpiId, NodeId, ScorecardId, q

WEIGHTS, COUNTS, LEADING, CAUSES, COVERAGE = "weights", "counts", "leading", "causes", "coverage"
DESIGN_PARTS = (WEIGHTS, COUNTS, LEADING, CAUSES)
MEASUREMENT_PARTS = (COVERAGE, WEIGHTS)
PERSPECTIVES = "perspectives"


@dataclass(frozen=True, slots=True)
class Part:
    """One factor of an index, 0..1; None while undefined."""

    name: str
    value: Decimal | None


@dataclass(frozen=True, slots=True)
class Index:
    """A figure of 0..100 made of parts; None while one of them is `undefined`, by name."""

    value: Decimal | None
    parts: tuple[Part, ...]
    undefined: tuple[str, ...]

    @property
    def state(self) -> Literal["complete", "incomplete"]:
        return "incomplete" if self.undefined else "complete"


@dataclass(frozen=True, slots=True)
class OutcomeIndex:
    """100 less the distance of the best from the worst of the `scored` perspectives; the weakest by name."""

    value: Decimal | None
    highest: Decimal | None
    lowest: Decimal | None
    weakest: NodeId | None
    scored: int
    undefined: tuple[str, ...]

    @property
    def state(self) -> Literal["complete", "incomplete"]:
        return "incomplete" if self.undefined else "complete"


@dataclass(frozen=True, slots=True)
class PerspectiveShare:
    """A perspective: its share of the weight by design, the share that was counted, the share wanted; its KPIs.

    The first and the third add up to 1 over all perspectives, the second to at most the coverage.
    """

    perspective: NodeId
    name: str
    share: Decimal
    counted_share: Decimal
    wanted_share: Decimal
    kpis: int


@dataclass(frozen=True, slots=True)
class Balance:
    """`evenness` is Pielou's J' of the design shares, a secondary figure that knows no profile; None without any."""

    design: Index
    measurement: Index
    outcome: OutcomeIndex
    evenness: Decimal | None
    perspectives: tuple[PerspectiveShare, ...]
    warnings: tuple[BalanceWarning, ...]


@dataclass(frozen=True, slots=True)
class Designed:
    """What definitions alone decide about the balance of a card in a period: made once, used with any scores."""

    profile: Mapping[NodeId, Decimal]
    rows: tuple[PerspectiveShare, ...]
    design: Index
    evenness: Decimal | None
    warnings: tuple[BalanceWarning, ...]


def balance(definitions: Definitions, tree: ScoreTree) -> Balance:
    """The balance of the card that the tree was scored under, in its period; all undefined without such a card."""
    version: VersionChoice = "draft" if tree.version is None else tree.version
    return balance_of(designed(definitions, tree.scorecard, tree.period, version), tree.root)


def designed(
    definitions: Definitions, scorecard: ScorecardId, period: Period, version: VersionChoice
) -> Designed | None:
    """The first of two steps that balance() takes; None without such a card."""
    last_day = definitions.calendar.last_day(period)
    structure = chosen(definitions, scorecard, last_day, version)
    if structure is None:
        return None
    with localcontext(ARITHMETIC):
        policy = policy_in_force(definitions, last_day).policy
        return _designed(structure.card, policy, intended(definitions, structure.card.root, period))


def _designed(card: Card, policy: Policy, intent: Intended) -> Designed:
    profile, fits = _profile(policy, [node.id for node in card.root.nodes])
    rows = _perspectives(card, intent.leaves, profile)
    shares = {row.perspective: row.share for row in rows}
    return Designed(
        profile,
        rows,
        _design(card, policy, intent.leaves, rows, profile),
        evenness(tuple(shares.values())),
        warnings(card, intent, shares, profile_fits=fits),
    )


def balance_of(designed: Designed | None, root: NodeScore | None) -> Balance:
    """The second step: what was counted, and what came out."""
    if designed is None or root is None:
        return Balance(NO_DESIGN, NO_MEASUREMENT, NO_OUTCOME, None, (), ())
    with localcontext(ARITHMETIC):
        counted = _counted(root)
        rows = tuple([replace(row, counted_share=counted.get(row.perspective, ZERO)) for row in designed.rows])
        measurement = _measurement(root, rows, designed.profile)
        return Balance(designed.design, measurement, _outcome(root), designed.evenness, rows, designed.warnings)


def _profile(policy: Policy, names: Sequence[NodeId]) -> tuple[Mapping[NodeId, Decimal], bool]:
    """The wanted shares, adding up to 1; uniform unless the profile names exactly these perspectives."""
    wanted = {share.perspective: share.share for share in policy.balance_profile}
    fits = not wanted or set(wanted) == set(names)
    if not wanted or not fits:
        wanted = dict.fromkeys(names, ONE)
    total = sum(wanted.values(), start=ZERO)
    return {name: wanted[name] / total for name in names}, fits


def _perspectives(
    card: Card, leaves: Sequence[LeafShare], profile: Mapping[NodeId, Decimal]
) -> tuple[PerspectiveShare, ...]:
    """Nothing is counted yet."""
    shares = dict.fromkeys(profile, ZERO)
    kpis: dict[NodeId, set[KpiId]] = {name: set() for name in profile}
    for leaf in leaves:
        if leaf.perspective is not None:
            shares[leaf.perspective] += leaf.share
            kpis[leaf.perspective].add(leaf.kpi)
    return tuple(
        PerspectiveShare(name, node.name, shares[name], ZERO, profile[name], len(kpis[name]))
        for node in card.root.nodes
        for name in (node.id,)
    )


def _design(
    card: Card,
    policy: Policy,
    leaves: Sequence[LeafShare],
    rows: Sequence[PerspectiveShare],
    profile: Mapping[NodeId, Decimal],
) -> Index:
    """The geometric mean of four parts: one dead part cannot be bought off by the others."""
    if not leaves:
        return NO_DESIGN
    counts = {row.perspective: Decimal(row.kpis) for row in rows}
    parts = (
        nearness({row.perspective: row.share for row in rows}, profile),
        nearness(counts, profile),
        leading(leaves, policy.lead_share),
        causes(card),
    )
    defined = [part for part in parts if part is not None]
    return _index(DESIGN_PARTS, parts, design_value(defined) if len(defined) == len(parts) else None)


def design_value(parts: Sequence[Decimal]) -> Decimal:
    """100 times the fourth root of the product of the four parts. Called inside ARITHMETIC."""
    product = ONE
    for part in parts:
        product *= part
    return FULL * product.sqrt().sqrt()


def _measurement(root: NodeScore, rows: Sequence[PerspectiveShare], profile: Mapping[NodeId, Decimal]) -> Index:
    """Coverage times nearness of what was counted; nothing counted is 0, not undefined."""
    if root.coverage is None or len(profile) < 2:
        return _index(MEASUREMENT_PARTS, (root.coverage, None), None)
    near = nearness({row.perspective: row.counted_share for row in rows}, profile)
    parts = (root.coverage, ZERO if near is None else near)
    return _index(MEASUREMENT_PARTS, parts, FULL * parts[0] * parts[1])


def _index(names: Sequence[str], values: Sequence[Decimal | None], value: Decimal | None) -> Index:
    parts = tuple(Part(name, each) for name, each in zip(names, values, strict=True))
    return Index(value, parts, tuple(part.name for part in parts if part.value is None))


def _counted(root: NodeScore) -> dict[NodeId, Decimal]:
    """Weight of what was counted below each perspective; carried values and zeros have no coverage."""
    found = {}
    for child in root.children:
        if isinstance(child, NodeScore):
            covered = (leaf.leaf_share * leaf.coverage for leaf in child.leaves() if leaf.coverage)
            found[child.id] = sum(covered, start=ZERO)
    return found


def _outcome(root: NodeScore) -> OutcomeIndex:
    """Over perspectives of weight above 0 that are complete or incomplete; the first of the weakest is named."""
    scored = [
        (q(child.raw_score), child)
        for child in root.children
        if isinstance(child, NodeScore)
        and child.weight
        and child.state in (State.COMPLETE, State.INCOMPLETE)
        and child.raw_score is not None
    ]
    if len(scored) < 2:
        return OutcomeIndex(None, None, None, None, len(scored), (PERSPECTIVES,))
    lowest = min(score for score, _ in scored)
    weakest = next(child for score, child in scored if score == lowest)
    strongest = max(scored, key=lambda each: each[0])[1]
    high, low = strongest.raw_score or ZERO, weakest.raw_score or ZERO
    return OutcomeIndex(FULL - (high - low), high, low, weakest.id, len(scored), ())


NO_DESIGN = _index(DESIGN_PARTS, (None,) * len(DESIGN_PARTS), None)
NO_MEASUREMENT = _index(MEASUREMENT_PARTS, (None,) * len(MEASUREMENT_PARTS), None)
NO_OUTCOME = OutcomeIndex(None, None, None, None, 0, (PERSPECTIVES,))
