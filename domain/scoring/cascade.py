"""From a card to its branches, bottom up: KPIs measured once, child scorecards in their own version in force.

Called inside ARITHMETIC (domain.values). hard-cases.md H2.7, H2.8.
"""

from dataclasses import dataclass, field

from domain.scorecard.state import Node
from domain.scoring.leaf import Leaf, measure
from domain.scoring.rollup import Branch, CardBranch, Child, roll_up
from domain.scoring.setting import Setting, chosen
from domain.values import KpiId, ScorecardId


@dataclass(slots=True)
class Cascade:
    """One answer's branches; what stands at several places is worked out once."""

    setting: Setting
    leaves: dict[KpiId, Leaf] = field(default_factory=dict)
    cards: dict[ScorecardId, CardBranch] = field(default_factory=dict)

    def branch(self, node: Node) -> Branch:
        """The node with all that stands below it: nodes, then KPIs, then child scorecards."""
        children = []
        for below in node.nodes:
            branch = self.branch(below)
            children.append(Child(below.weight, branch, branch))
        for placement in node.placements:
            leaf = self._leaf(placement.kpi)
            children.append(Child(placement.weight, leaf, leaf))
        for placed in node.scorecards:
            card = self._card(placed.scorecard)
            children.append(Child(placed.weight, card, card.branch))
        return roll_up(self.setting, node, children)

    def _leaf(self, kpi: KpiId) -> Leaf:
        found = self.leaves.get(kpi)
        if found is None:
            found = self.leaves[kpi] = measure(self.setting, kpi)
        return found

    def _card(self, scorecard: ScorecardId) -> CardBranch:
        """Placements have no cycle (the rules of scorecards refuse it), so this ends."""
        found = self.cards.get(scorecard)
        if found is None:
            structure = chosen(self.setting.definitions, scorecard, self.setting.last_day, "in_force")
            branch = self.branch(structure.card.root) if structure is not None else None
            found = CardBranch(scorecard, structure.number if structure is not None else None, branch)
            self.cards[scorecard] = found
        return found
