"""Leaf weights W_k from definitions only: what a card intends, whatever was measured.

Called inside ARITHMETIC (domain.values).
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from domain.calendar import Period, finer
from domain.kpi.events import Indicator
from domain.scorecard.events import RollupRule
from domain.scorecard.state import Node
from domain.scorecard.tree import walk
from domain.scoring.aggregate import has_longer_period
from domain.scoring.in_force import in_force
from domain.scoring.inputs import Definitions
from domain.scoring.scale import ONE, ZERO
from domain.scoring.setting import chosen
from domain.values import KpiId, NodeId, ScorecardId


@dataclass(frozen=True, slots=True)
class LeafShare:
    """One placement of a weighted scored KPI: its share of the whole, the perspective it stands below (None: none)."""

    kpi: KpiId
    indicator: Indicator | None
    share: Decimal
    perspective: NodeId | None = None


@dataclass(frozen=True, slots=True)
class Intended:
    """The leaves that count by definition, in order, with shares that add up to 1 (or none at all).

    `vanished` are the nodes with a weight but without any such leaf.
    """

    leaves: tuple[LeafShare, ...]
    vanished: tuple[NodeId, ...]


def intended(definitions: Definitions, root: Node, period: Period) -> Intended:
    """What the card of that root means to measure in the period."""
    below = _Walk(definitions, period, definitions.calendar.last_day(period))
    found = []
    for place, share, leaves in below.counting(root):
        perspective = root.nodes[place].id if place < len(root.nodes) else None
        found += [LeafShare(leaf.kpi, leaf.indicator, share * leaf.share, perspective) for leaf in leaves]
    weighted = [node for node in walk(root) if node is not root and node.weight]
    return Intended(tuple(found), tuple(node.id for node in weighted if not below.node(node)))


Leaves = list[LeafShare]


@dataclass(slots=True)
class _Walk:
    definitions: Definitions
    period: Period
    last_day: date
    nodes: dict[int, Leaves] = field(default_factory=dict)
    cards: dict[ScorecardId, Leaves] = field(default_factory=dict)

    def counting(self, node: Node) -> list[tuple[int, Decimal, Leaves]]:
        """The children that count: place, normalised weight, leaves below, whose shares add up to 1."""
        children = [
            *((below.weight, self.node(below)) for below in node.nodes),
            *((placement.weight, self._kpi(placement.kpi)) for placement in node.placements),
            *((placed.weight, self._card(placed.scorecard)) for placed in node.scorecards),
        ]
        if node.rollup.rule is RollupRule.SELF:
            first = len(node.nodes)
            named = [place for place, each in enumerate(node.placements, first) if each.kpi == node.rollup.kpi]
            children = [(ONE if place in named else ZERO, leaves) for place, (_, leaves) in enumerate(children)]
        total = sum((weight for weight, leaves in children if leaves), start=ZERO)
        return [(place, weight / total, leaves) for place, (weight, leaves) in enumerate(children) if weight and leaves]

    def node(self, node: Node) -> Leaves:
        found = self.nodes.get(id(node))
        if found is None:
            found = self.nodes[id(node)] = self._leaves(node)
        return found

    def _leaves(self, node: Node) -> Leaves:
        return [
            LeafShare(leaf.kpi, leaf.indicator, share * leaf.share)
            for _, share, leaves in self.counting(node)
            for leaf in leaves
        ]

    def _kpi(self, kpi_id: KpiId) -> Leaves:
        kpi = self.definitions.kpis.get(kpi_id)
        known = in_force(kpi.definitions, self.last_day) if kpi is not None else None
        if kpi is None or known is None or not known.definition.scored:
            return []
        if kpi.retired_after is not None and kpi.retired_after < self.last_day:
            return []
        if finer(known.definition.frequency, self.period.kind) and not has_longer_period(known.definition):
            return []
        return [LeafShare(kpi_id, known.definition.indicator, ONE)]

    def _card(self, scorecard: ScorecardId) -> Leaves:
        found = self.cards.get(scorecard)
        if found is None:
            structure = chosen(self.definitions, scorecard, self.last_day, "in_force")
            found = self.cards[scorecard] = self.node(structure.card.root) if structure is not None else []
        return found
