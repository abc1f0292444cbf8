"""What a card of this shape should make its owner think about: rules, shown beside the figures."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from domain.kpi.events import Indicator
from domain.scorecard.state import Card
from domain.scoring.design_parts import objectives
from domain.scoring.scale import ZERO
from domain.scoring.shares import Intended, LeafShare
from domain.values import ROOT, KpiId, NodeId, q

PERSPECTIVE_SHARE_MAX = Decimal("0.5")
KPI_SHARE_MAX = Decimal("0.25")
KPIS_MAX = 25
OBJECTIVES_MAX = 20
KPIS_PER_OBJECTIVE_MAX = 2


@dataclass(frozen=True, slots=True)
class BalanceWarning:
    """`subject` is the code of a perspective, an objective or a KPI; empty for the card itself."""

    code: str
    subject: str


def warnings(
    card: Card, intent: Intended, shares: Mapping[NodeId, Decimal], profile_fits: bool
) -> tuple[BalanceWarning, ...]:
    """Every warning: of the card, its perspectives, objectives and KPIs, each in the order of the card."""
    found = list(_of_the_card(card, intent.leaves, profile_fits))
    found += _of_perspectives(card, intent.leaves, shares)
    found += _of_objectives(card)
    found += (BalanceWarning("vanished-branch", node) for node in intent.vanished)
    found += _of_kpis(intent.leaves)
    return tuple(found)


def _of_the_card(card: Card, leaves: Sequence[LeafShare], profile_fits: bool) -> Iterator[BalanceWarning]:
    if not profile_fits:
        yield BalanceWarning("profile-not-applicable", ROOT)
    if len({leaf.kpi for leaf in leaves}) > KPIS_MAX:
        yield BalanceWarning("too-many-kpis", ROOT)
    if len(objectives(card)) > OBJECTIVES_MAX:
        yield BalanceWarning("too-many-objectives", ROOT)
    if leaves and not any(leaf.indicator is Indicator.LEAD for leaf in leaves):
        yield BalanceWarning("no-leading-kpi", ROOT)


def _of_perspectives(
    card: Card, leaves: Sequence[LeafShare], shares: Mapping[NodeId, Decimal]
) -> Iterator[BalanceWarning]:
    with_kpis = {leaf.perspective for leaf in leaves}
    for node in card.root.nodes:
        if q(shares[node.id]) > PERSPECTIVE_SHARE_MAX:
            yield BalanceWarning("perspective-share-above-half", node.id)
        if node.id not in with_kpis:
            yield BalanceWarning("perspective-without-kpis", node.id)


def _of_objectives(card: Card) -> Iterator[BalanceWarning]:
    linked = {end for link in card.links for end in (link.cause, link.effect)}
    for node in objectives(card):
        if not node.placements:
            yield BalanceWarning("objective-without-kpi", node.id)
        if len(node.placements) > KPIS_PER_OBJECTIVE_MAX:
            yield BalanceWarning("objective-with-many-kpis", node.id)
        if len(card.root.nodes) > 1 and node.id not in linked:
            yield BalanceWarning("orphan-objective", node.id)


def _of_kpis(leaves: Sequence[LeafShare]) -> Iterator[BalanceWarning]:
    """A KPI's weight is the sum over its placements."""
    totals: dict[KpiId, Decimal] = {}
    for leaf in leaves:
        totals[leaf.kpi] = totals.get(leaf.kpi, ZERO) + leaf.share
    for kpi, share in totals.items():
        if q(share) > KPI_SHARE_MAX:
            yield BalanceWarning("kpi-share-above-quarter", kpi)
