"""What can be asked of a scorecard, and what its rules must know beyond its own stream."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from domain.calendar import Calendar, Period
from domain.policy import MissingData
from domain.scorecard.events import ChildWeight, NewPerspective, Rollup
from domain.values import KpiId, NodeId, ScorecardId


@dataclass(frozen=True, slots=True)
class CreateScorecard:
    """Without perspectives it gets the four default ones, with equal weights."""

    scorecard: ScorecardId
    name: str
    perspectives: tuple[NewPerspective, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class RenameScorecard:
    scorecard: ScorecardId
    name: str


@dataclass(frozen=True, slots=True)
class StateVision:
    scorecard: ScorecardId
    vision: str


@dataclass(frozen=True, slots=True)
class AddPerspective:
    """`index` is the place among the perspectives, 0 for the top; None for the end."""

    scorecard: ScorecardId
    perspective: NodeId
    name: str
    weight: Decimal = Decimal(1)
    index: int | None = None


@dataclass(frozen=True, slots=True)
class RenamePerspective:
    scorecard: ScorecardId
    perspective: NodeId
    name: str


@dataclass(frozen=True, slots=True)
class MovePerspective:
    scorecard: ScorecardId
    perspective: NodeId
    index: int


@dataclass(frozen=True, slots=True)
class RemovePerspective:
    scorecard: ScorecardId
    perspective: NodeId


@dataclass(frozen=True, slots=True)
class AddObjective:
    """`index` is the place among the objectives of the perspective, 0 for the first; None for the end."""

    scorecard: ScorecardId
    objective: NodeId
    perspective: NodeId
    name: str
    weight: Decimal = Decimal(1)
    index: int | None = None


@dataclass(frozen=True, slots=True)
class RewordObjective:
    scorecard: ScorecardId
    objective: NodeId
    name: str


@dataclass(frozen=True, slots=True)
class MoveObjective:
    """Within its perspective or into another; `index` counts without the objective itself, None for the end."""

    scorecard: ScorecardId
    objective: NodeId
    perspective: NodeId
    index: int | None = None


@dataclass(frozen=True, slots=True)
class RemoveObjective:
    scorecard: ScorecardId
    objective: NodeId


@dataclass(frozen=True, slots=True)
class PlaceKpi:
    """`node` is an objective, a perspective, or "" for the scorecard itself."""

    scorecard: ScorecardId
    node: NodeId
    kpi: KpiId
    weight: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class UnplaceKpi:
    scorecard: ScorecardId
    node: NodeId
    kpi: KpiId


@dataclass(frozen=True, slots=True)
class PlaceChildScorecard:
    """`node` is an objective, a perspective, or "" for the scorecard itself."""

    scorecard: ScorecardId
    node: NodeId
    child: ScorecardId
    weight: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class UnplaceChildScorecard:
    scorecard: ScorecardId
    node: NodeId
    child: ScorecardId


@dataclass(frozen=True, slots=True)
class SetWeights:
    """New weights of some children of one node; the children not named keep theirs."""

    scorecard: ScorecardId
    node: NodeId
    weights: tuple[ChildWeight, ...]


@dataclass(frozen=True, slots=True)
class SetRollup:
    scorecard: ScorecardId
    node: NodeId
    rollup: Rollup


@dataclass(frozen=True, slots=True)
class SetMissingData:
    """The scorecard's own missing-data rule; None returns to the organization's."""

    scorecard: ScorecardId
    missing_data: MissingData | None


@dataclass(frozen=True, slots=True)
class LinkObjectives:
    scorecard: ScorecardId
    cause: NodeId
    effect: NodeId


@dataclass(frozen=True, slots=True)
class UnlinkObjectives:
    scorecard: ScorecardId
    cause: NodeId
    effect: NodeId


@dataclass(frozen=True, slots=True)
class SetParent:
    scorecard: ScorecardId
    parent: ScorecardId | None


@dataclass(frozen=True, slots=True)
class PublishVersion:
    """The draft becomes the next version; `restatement` and `reason` are needed when ended periods change."""

    scorecard: ScorecardId
    effective_from: date
    restatement: bool = False
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ArchiveScorecard:
    scorecard: ScorecardId
    last_day: date
    reason: str | None = None


ScorecardCommand = (
    CreateScorecard
    | RenameScorecard
    | StateVision
    | AddPerspective
    | RenamePerspective
    | MovePerspective
    | RemovePerspective
    | AddObjective
    | RewordObjective
    | MoveObjective
    | RemoveObjective
    | PlaceKpi
    | UnplaceKpi
    | PlaceChildScorecard
    | UnplaceChildScorecard
    | SetWeights
    | SetRollup
    | SetMissingData
    | LinkObjectives
    | UnlinkObjectives
    | SetParent
    | PublishVersion
    | ArchiveScorecard
)


@dataclass(frozen=True, slots=True)
class CascadeEdge:
    """One scorecard stands above another, by placement or as its parent."""

    parent: ScorecardId
    child: ScorecardId


@dataclass(frozen=True, slots=True)
class ScorecardContext:
    """What the organization knows at the decision.

    `as_of` is its instant (UTC). `measured` are the periods in which any KPI placed in the draft or in a version of
    this scorecard, or in a version of one below it, has a value in force. `known_kpis` are defined, `known_scorecards`
    created and not archived. `bands` are the band names of the organization's policy. `cascade` holds the edges of all
    *other* scorecards, from their drafts and from every published version, and their parents.
    """

    as_of: datetime
    calendar: Calendar
    measured: frozenset[Period]
    known_kpis: frozenset[KpiId]
    known_scorecards: frozenset[ScorecardId]
    bands: frozenset[str]
    cascade: frozenset[CascadeEdge]
