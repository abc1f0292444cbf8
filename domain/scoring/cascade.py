"""From a card to its branches, bottom up: child scorecards in their own version in force, each worked out once.

Called inside ARITHMETIC (domain.values).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.scorecard.state import Node
from domain.scoring.leaf import Leaf
from domain.scoring.plan import Plan
from domain.scoring.rollup import Branch, CardBranch, rolled_up
from domain.values import KpiId, ScorecardId


@dataclass(slots=True)
class Cascade:
    """One answer's branches."""

    plan: Plan
    leaves: Mapping[KpiId, Leaf]
    cards: dict[ScorecardId, CardBranch] = field(default_factory=dict)

    def branch(self, node: Node) -> Branch:
        """The node with all that stands below it: nodes, then KPIs, then child scorecards."""
        leaves = self.leaves
        children: list[Branch | Leaf | CardBranch] = [self.branch(below) for below in node.nodes]
        children += [leaves[placement.kpi] for placement in node.placements]
        children += [self._card(placed.scorecard) for placed in node.scorecards]
        return rolled_up(self.plan, node, children)

    def _card(self, scorecard: ScorecardId) -> CardBranch:
        """Placements have no cycle (the rules of scorecards refuse it), so this ends."""
        found = self.cards.get(scorecard)
        if found is None:
            structure = self.plan.cards[scorecard]
            branch = self.branch(structure.card.root) if structure is not None else None
            found = CardBranch(scorecard, structure.number if structure is not None else None, branch)
            self.cards[scorecard] = found
        return found
