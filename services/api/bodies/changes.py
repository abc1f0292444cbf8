"""Changes of a scorecard's draft: one body for each, told apart by `change`, and the command it asks for."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from domain.policy import MissingData
from domain.scorecard import commands
from domain.scorecard.events import ChildKind, ChildWeight, Limiter, Rollup, RollupRule, Tie
from domain.scorecard.limits import LIMITER_CHILDREN_MAX, LIMITERS_MAX, PLACEMENTS_MAX
from domain.values import KpiId, NodeId, ScorecardId
from services.api.values import Code, Name, Number, Strict

ONE = Decimal(1)
VISION_CHARACTERS_MAX = 4_000
INDEX_MAX = 10_000

AnyNode = Annotated[
    str, Field(max_length=64, description='code of a perspective or objective, or "" for the scorecard itself')
]
Place = Annotated[int, Field(ge=0, le=INDEX_MAX, description="place among the siblings, 0 for the first")]


class RenameBody(Strict):
    """Rename the scorecard."""

    change: Literal["rename"]
    name: Name

    def command(self, scorecard: ScorecardId) -> commands.RenameScorecard:
        return commands.RenameScorecard(scorecard, self.name)


class VisionBody(Strict):
    """State the vision; an empty one takes it back."""

    change: Literal["state-vision"]
    vision: str = Field(max_length=VISION_CHARACTERS_MAX)

    def command(self, scorecard: ScorecardId) -> commands.StateVision:
        return commands.StateVision(scorecard, self.vision)


class AddPerspectiveBody(Strict):
    """Add a perspective."""

    change: Literal["add-perspective"]
    perspective: Code
    name: Name
    weight: Number = ONE
    index: Place | None = None

    def command(self, scorecard: ScorecardId) -> commands.AddPerspective:
        return commands.AddPerspective(scorecard, NodeId(self.perspective), self.name, self.weight, self.index)


class RenamePerspectiveBody(Strict):
    """Rename a perspective."""

    change: Literal["rename-perspective"]
    perspective: Code
    name: Name

    def command(self, scorecard: ScorecardId) -> commands.RenamePerspective:
        return commands.RenamePerspective(scorecard, NodeId(self.perspective), self.name)


class MovePerspectiveBody(Strict):
    """Move a perspective to another place."""

    change: Literal["move-perspective"]
    perspective: Code
    index: Place

    def command(self, scorecard: ScorecardId) -> commands.MovePerspective:
        return commands.MovePerspective(scorecard, NodeId(self.perspective), self.index)


class RemovePerspectiveBody(Strict):
    """Remove a perspective with everything below it."""

    change: Literal["remove-perspective"]
    perspective: Code

    def command(self, scorecard: ScorecardId) -> commands.RemovePerspective:
        return commands.RemovePerspective(scorecard, NodeId(self.perspective))


class AddObjectiveBody(Strict):
    """Add an objective to a perspective."""

    change: Literal["add-objective"]
    objective: Code
    perspective: Code
    name: Name
    weight: Number = ONE
    index: Place | None = None

    def command(self, scorecard: ScorecardId) -> commands.AddObjective:
        objective, perspective = NodeId(self.objective), NodeId(self.perspective)
        return commands.AddObjective(scorecard, objective, perspective, self.name, self.weight, self.index)


class RewordObjectiveBody(Strict):
    """Give an objective other words."""

    change: Literal["reword-objective"]
    objective: Code
    name: Name

    def command(self, scorecard: ScorecardId) -> commands.RewordObjective:
        return commands.RewordObjective(scorecard, NodeId(self.objective), self.name)


class MoveObjectiveBody(Strict):
    """Move an objective within its perspective or into another."""

    change: Literal["move-objective"]
    objective: Code
    perspective: Code
    index: Place | None = None

    def command(self, scorecard: ScorecardId) -> commands.MoveObjective:
        return commands.MoveObjective(scorecard, NodeId(self.objective), NodeId(self.perspective), self.index)


class RemoveObjectiveBody(Strict):
    """Remove an objective with its placements and links."""

    change: Literal["remove-objective"]
    objective: Code

    def command(self, scorecard: ScorecardId) -> commands.RemoveObjective:
        return commands.RemoveObjective(scorecard, NodeId(self.objective))


class PlaceKpiBody(Strict):
    """Place a KPI under a node."""

    change: Literal["place-kpi"]
    node: AnyNode
    kpi: Code
    weight: Number = ONE

    def command(self, scorecard: ScorecardId) -> commands.PlaceKpi:
        return commands.PlaceKpi(scorecard, NodeId(self.node), KpiId(self.kpi), self.weight)


class UnplaceKpiBody(Strict):
    """Take a KPI from a node."""

    change: Literal["unplace-kpi"]
    node: AnyNode
    kpi: Code

    def command(self, scorecard: ScorecardId) -> commands.UnplaceKpi:
        return commands.UnplaceKpi(scorecard, NodeId(self.node), KpiId(self.kpi))


class PlaceChildBody(Strict):
    """Place another scorecard under a node, to contribute its score."""

    change: Literal["place-scorecard"]
    node: AnyNode
    child: Code
    weight: Number = ONE

    def command(self, scorecard: ScorecardId) -> commands.PlaceChildScorecard:
        return commands.PlaceChildScorecard(scorecard, NodeId(self.node), ScorecardId(self.child), self.weight)


class UnplaceChildBody(Strict):
    """Take another scorecard from a node."""

    change: Literal["unplace-scorecard"]
    node: AnyNode
    child: Code

    def command(self, scorecard: ScorecardId) -> commands.UnplaceChildScorecard:
        return commands.UnplaceChildScorecard(scorecard, NodeId(self.node), ScorecardId(self.child))


class WeightBody(Strict):
    """The relative weight of one child of a node."""

    kind: ChildKind
    child: Code
    weight: Number


class WeightsBody(Strict):
    """Set weights of some children of a node; the others keep theirs."""

    change: Literal["set-weights"]
    node: AnyNode
    weights: list[WeightBody] = Field(min_length=1, max_length=PLACEMENTS_MAX)

    def command(self, scorecard: ScorecardId) -> commands.SetWeights:
        weights = tuple(ChildWeight(each.kind, each.child, each.weight) for each in self.weights)
        return commands.SetWeights(scorecard, NodeId(self.node), weights)


class LimiterBody(Strict):
    """If at least so many children are in a band, the node's band is at most another."""

    at_least: int = Field(ge=1, le=LIMITER_CHILDREN_MAX)
    in_band: Name
    at_most: Name


class RollupBody(Strict):
    """How children make their parent."""

    rule: RollupRule = RollupRule.MEAN
    kpi: Code | None = None
    level: Name | None = None
    tie: Tie = Tie.WORST
    limiters: list[LimiterBody] = Field(default=[], max_length=LIMITERS_MAX)

    def value(self) -> Rollup:
        limiters = tuple(Limiter(each.at_least, each.in_band, each.at_most) for each in self.limiters)
        return Rollup(self.rule, None if self.kpi is None else KpiId(self.kpi), self.level, self.tie, limiters)


class RollupChangeBody(Strict):
    """Set the roll-up of a node."""

    change: Literal["set-rollup"]
    node: AnyNode
    rollup: RollupBody

    def command(self, scorecard: ScorecardId) -> commands.SetRollup:
        return commands.SetRollup(scorecard, NodeId(self.node), self.rollup.value())


class MissingDataBody(Strict):
    """Set the scorecard's own missing-data rule; null returns to the organization's."""

    change: Literal["set-missing-data"]
    missing_data: MissingData | None

    def command(self, scorecard: ScorecardId) -> commands.SetMissingData:
        return commands.SetMissingData(scorecard, self.missing_data)


class LinkBody(Strict):
    """Link two objectives as cause and effect."""

    change: Literal["link"]
    cause: Code
    effect: Code

    def command(self, scorecard: ScorecardId) -> commands.LinkObjectives:
        return commands.LinkObjectives(scorecard, NodeId(self.cause), NodeId(self.effect))


class UnlinkBody(Strict):
    """Remove the link between two objectives."""

    change: Literal["unlink"]
    cause: Code
    effect: Code

    def command(self, scorecard: ScorecardId) -> commands.UnlinkObjectives:
        return commands.UnlinkObjectives(scorecard, NodeId(self.cause), NodeId(self.effect))


class ParentBody(Strict):
    """Say which scorecard this one belongs to; null for none. Changes no score by itself."""

    change: Literal["set-parent"]
    parent: Code | None

    def command(self, scorecard: ScorecardId) -> commands.SetParent:
        return commands.SetParent(scorecard, None if self.parent is None else ScorecardId(self.parent))
