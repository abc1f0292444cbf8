"""What happens to a scorecard: the draft grows, publishing makes it a version. Stream `scorecard/<code>`."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from domain.policy import MissingData
from domain.values import FreeText, KpiId, NodeId, ScorecardId


class ChildKind(StrEnum):
    """What a weight belongs to: a perspective or objective, a placed KPI, a placed child scorecard."""

    NODE = "node"
    KPI = "kpi"
    SCORECARD = "scorecard"


class RollupRule(StrEnum):
    """How children make their parent; the last two change only the band."""

    MEAN = "mean"
    MIN = "min"
    MAX = "max"
    SELF = "self"
    MOST_FREQUENT = "most_frequent"
    ALL_AT_LEAST = "all_at_least"


class Tie(StrEnum):
    """Which band wins when `most_frequent` finds several."""

    WORST = "worst"
    BEST = "best"


@dataclass(frozen=True, slots=True)
class Limiter:
    """If at least `at_least` children are in band `in_band`, the band of the node is at most `at_most`."""

    at_least: int
    in_band: str
    at_most: str


@dataclass(frozen=True, slots=True)
class Rollup:
    """`kpi` names the KPI of `self`, `level` the band of `all_at_least`; both None otherwise."""

    rule: RollupRule = RollupRule.MEAN
    kpi: KpiId | None = None
    level: str | None = None
    tie: Tie = Tie.WORST
    limiters: tuple[Limiter, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class ChildWeight:
    """The relative weight of one child of a node; `child` is the code of a node, KPI or scorecard."""

    kind: ChildKind
    child: str
    weight: Decimal


@dataclass(frozen=True, slots=True)
class NewPerspective:
    perspective: NodeId
    name: str
    weight: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class ScorecardCreated:
    scorecard: ScorecardId
    name: str
    perspectives: tuple[NewPerspective, ...]


@dataclass(frozen=True, slots=True)
class ScorecardRenamed:
    scorecard: ScorecardId
    name: str


@dataclass(frozen=True, slots=True)
class VisionStated:
    scorecard: ScorecardId
    vision: str


@dataclass(frozen=True, slots=True)
class PerspectiveAdded:
    """`index` is the place among the perspectives, 0 for the top of the strategy map."""

    scorecard: ScorecardId
    perspective: NodeId
    name: str
    weight: Decimal
    index: int


@dataclass(frozen=True, slots=True)
class PerspectiveRenamed:
    scorecard: ScorecardId
    perspective: NodeId
    name: str


@dataclass(frozen=True, slots=True)
class PerspectiveMoved:
    scorecard: ScorecardId
    perspective: NodeId
    index: int


@dataclass(frozen=True, slots=True)
class PerspectiveRemoved:
    """Takes its objectives, placements and their links with it."""

    scorecard: ScorecardId
    perspective: NodeId


@dataclass(frozen=True, slots=True)
class ObjectiveAdded:
    scorecard: ScorecardId
    objective: NodeId
    perspective: NodeId
    name: str
    weight: Decimal
    index: int


@dataclass(frozen=True, slots=True)
class ObjectiveReworded:
    scorecard: ScorecardId
    objective: NodeId
    name: str


@dataclass(frozen=True, slots=True)
class ObjectiveMoved:
    scorecard: ScorecardId
    objective: NodeId
    perspective: NodeId
    index: int


@dataclass(frozen=True, slots=True)
class ObjectiveRemoved:
    scorecard: ScorecardId
    objective: NodeId


@dataclass(frozen=True, slots=True)
class KpiPlaced:
    """`node` is an objective, a perspective, or "" for the scorecard itself."""

    scorecard: ScorecardId
    node: NodeId
    kpi: KpiId
    weight: Decimal


@dataclass(frozen=True, slots=True)
class KpiUnplaced:
    scorecard: ScorecardId
    node: NodeId
    kpi: KpiId


@dataclass(frozen=True, slots=True)
class ChildScorecardPlaced:
    scorecard: ScorecardId
    node: NodeId
    child: ScorecardId
    weight: Decimal


@dataclass(frozen=True, slots=True)
class ChildScorecardUnplaced:
    scorecard: ScorecardId
    node: NodeId
    child: ScorecardId


@dataclass(frozen=True, slots=True)
class WeightsSet:
    """New weights of some children of one node; the children not named keep theirs."""

    scorecard: ScorecardId
    node: NodeId
    weights: tuple[ChildWeight, ...]


@dataclass(frozen=True, slots=True)
class RollupSet:
    scorecard: ScorecardId
    node: NodeId
    rollup: Rollup


@dataclass(frozen=True, slots=True)
class MissingDataSet:
    """The scorecard's own missing-data rule; None returns to the organization's. Part of the draft."""

    scorecard: ScorecardId
    missing_data: MissingData | None


@dataclass(frozen=True, slots=True)
class ObjectivesLinked:
    scorecard: ScorecardId
    cause: NodeId
    effect: NodeId


@dataclass(frozen=True, slots=True)
class ObjectivesUnlinked:
    scorecard: ScorecardId
    cause: NodeId
    effect: NodeId


@dataclass(frozen=True, slots=True)
class ParentSet:
    """The scorecard this one belongs to; changes no score by itself."""

    scorecard: ScorecardId
    parent: ScorecardId | None


@dataclass(frozen=True, slots=True)
class VersionPublished:
    """The draft as it stands becomes version `number`, in force from `effective_from`."""

    scorecard: ScorecardId
    number: int
    effective_from: date
    restatement: bool = False
    reason: FreeText | None = None


@dataclass(frozen=True, slots=True)
class ScorecardArchived:
    scorecard: ScorecardId
    last_day: date
    reason: FreeText | None = None


ScorecardEvent = (
    ScorecardCreated
    | ScorecardRenamed
    | VisionStated
    | PerspectiveAdded
    | PerspectiveRenamed
    | PerspectiveMoved
    | PerspectiveRemoved
    | ObjectiveAdded
    | ObjectiveReworded
    | ObjectiveMoved
    | ObjectiveRemoved
    | KpiPlaced
    | KpiUnplaced
    | ChildScorecardPlaced
    | ChildScorecardUnplaced
    | WeightsSet
    | RollupSet
    | MissingDataSet
    | ObjectivesLinked
    | ObjectivesUnlinked
    | ParentSet
    | VersionPublished
    | ScorecardArchived
)
