"""The parts an index of balance is made of: nearness to a profile, leading share, causal links, evenness.

Called inside ARITHMETIC (domain.values). Each is 0..1, or None where it is undefined.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache

from domain.kpi.events import Indicator
from domain.scorecard.state import Card, Node, NodeKind
from domain.scorecard.tree import walk
from domain.scoring.scale import ONE, ZERO
from domain.scoring.shares import LeafShare
from domain.values import NodeId

SHARES_CACHED_MAX = 1_024


def nearness(amounts: Mapping[NodeId, Decimal], profile: Mapping[NodeId, Decimal]) -> Decimal | None:
    """E: how near shares are to the profile, by total variation; 0 when all lies in the least expected perspective.

    Undefined with fewer than two perspectives, or with nothing to share.
    """
    total = sum(amounts.values(), start=ZERO)
    if len(profile) < 2 or not total:
        return None
    distance = sum((abs(amounts[name] / total - wanted) for name, wanted in profile.items()), start=ZERO)
    return max(ZERO, ONE - distance / (2 * (ONE - min(profile.values()))))


def leading(leaves: Sequence[LeafShare], wanted: Decimal) -> Decimal | None:
    """L: how near the weight of leading KPIs is to the wanted share; undefined if a KPI is neither lead nor lag."""
    if not leaves or any(leaf.indicator is None for leaf in leaves):
        return None
    lead = sum((leaf.share for leaf in leaves if leaf.indicator is Indicator.LEAD), start=ZERO)
    return ONE - abs(lead - wanted) / max(wanted, ONE - wanted)


def causes(card: Card) -> Decimal | None:
    """C: share of objectives with a KPI placed on them and a link to an objective in a higher perspective.

    The top perspective needs no link, nor does a card of one perspective. Undefined without objectives.
    """
    ranks = {node.id: rank for rank, above in enumerate(card.root.nodes) for node in walk(above)}
    found = objectives(card)
    if not found:
        return None
    upward = {link.cause for link in card.links if _rises(ranks.get(link.cause), ranks.get(link.effect))}
    good = [node for node in found if node.placements and (ranks[node.id] == 0 or node.id in upward)]
    return Decimal(len(good)) / len(found)


def objectives(card: Card) -> list[Node]:
    """The objectives of the card, in order."""
    return [node for node in walk(card.root) if node.kind is NodeKind.OBJECTIVE]


def _rises(cause: int | None, effect: int | None) -> bool:
    """Higher is earlier in the order of perspectives."""
    return cause is not None and effect is not None and effect < cause


@lru_cache(maxsize=SHARES_CACHED_MAX)
def evenness(shares: tuple[Decimal, ...]) -> Decimal | None:
    """Pielou's J' = H / ln S over the shares above 0: 1 for equal ones, and for a single one.

    Kept, for a card has the same shares in every period, and a logarithm of 50 digits takes longer than a KPI.
    """
    present = [share for share in shares if share > 0]
    if len(present) < 2:
        return ONE if present else None
    total = sum(present, start=ZERO)
    entropy = -sum((share / total * (share / total).ln() for share in present), start=ZERO)
    return entropy / Decimal(len(present)).ln()
