"""What happens to a KPI: its definition, scale, targets, owner and end. Stream `kpi/<code>`."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from domain.calendar import Period, PeriodKind
from domain.kpi.scale import Scale
from domain.values import MANUAL, FreeText, KpiId, Source


class Kind(StrEnum):
    """What a value is: an amount per period, a level, a quotient, a survey mean, an ordered option, yes or no."""

    FLOW = "flow"
    STOCK = "stock"
    RATIO = "ratio"
    SURVEY = "survey"
    ORDINAL = "ordinal"
    BINARY = "binary"


class Direction(StrEnum):
    """Which values are better."""

    HIGHER = "higher"
    LOWER = "lower"
    IN_RANGE = "in_range"


class Aggregation(StrEnum):
    """How collection periods become a longer period; weighted_mean weighs by the denominator."""

    SUM = "sum"
    MEAN = "mean"
    WEIGHTED_MEAN = "weighted_mean"
    LAST = "last"
    FIRST = "first"
    MIN = "min"
    MAX = "max"
    COUNT = "count"
    DISTINCT_COUNT = "distinct_count"
    MEDIAN = "median"
    RATIO = "ratio"
    NONE = "none"


class AcrossSources(StrEnum):
    """How several sources of one collection period become one value."""

    SUM = "sum"
    MEAN = "mean"
    PRIORITY = "priority"


class Indicator(StrEnum):
    """Leading KPIs drive, lagging KPIs confirm."""

    LEAD = "lead"
    LAG = "lag"


class Prorate(StrEnum):
    """How a target set directly on a longer period is compared with a part of it."""

    NONE = "none"
    LINEAR = "linear"
    STEP = "step"


@dataclass(frozen=True, slots=True)
class Option:
    """One option of an ordinal KPI; its recorded value is its rank, 1 for the first."""

    label: str
    score: Decimal


@dataclass(frozen=True, slots=True)
class Definition:
    """What a KPI measures.

    kind, unit and frequency are fixed once a measurement exists. `ratio_per` multiplies a quotient (100 for percent).
    `survey_low` and `survey_high` are the ends of a survey scale; `respondents_min` makes a smaller survey missing.
    `grace_days` (None: the organization's) runs from the period's last day to the due date. `decimals` is for display.
    """

    name: str
    unit: str
    kind: Kind
    direction: Direction
    frequency: PeriodKind
    aggregation: Aggregation
    indicator: Indicator | None = None
    scored: bool = True
    sources: tuple[Source, ...] = (MANUAL,)
    across_sources: AcrossSources | None = None
    ratio_per: Decimal = Decimal(1)
    survey_low: Decimal = Decimal(1)
    survey_high: Decimal = Decimal(5)
    respondents_min: int = 0
    options: tuple[Option, ...] = field(default=())
    prorate: Prorate = Prorate.NONE
    grace_days: int | None = None
    decimals: int = 2


@dataclass(frozen=True, slots=True)
class Milestone:
    """From that period on, the step target of a longer period is `value`."""

    period: Period
    value: Decimal


@dataclass(frozen=True, slots=True)
class Target:
    """The value aimed at in a period, with the baseline and stretch its scale may use."""

    target: Decimal
    baseline: Decimal | None = None
    stretch: Decimal | None = None
    milestones: tuple[Milestone, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class PeriodTarget:
    """A target for one period; `late` says it was first set after the period's last day with a value known."""

    period: Period
    target: Target
    late: bool = False


@dataclass(frozen=True, slots=True)
class KpiDefined:
    kpi: KpiId
    definition: Definition
    effective_from: date
    description: FreeText | None = None


@dataclass(frozen=True, slots=True)
class KpiRedefined:
    kpi: KpiId
    definition: Definition
    effective_from: date
    restatement: bool = False
    reason: FreeText | None = None
    description: FreeText | None = None


@dataclass(frozen=True, slots=True)
class ScaleSet:
    kpi: KpiId
    scale: Scale
    effective_from: date
    restatement: bool = False
    reason: FreeText | None = None


@dataclass(frozen=True, slots=True)
class TargetSet:
    """Targets of periods that had none."""

    kpi: KpiId
    targets: tuple[PeriodTarget, ...]
    reason: FreeText | None = None


@dataclass(frozen=True, slots=True)
class TargetRevised:
    """`late` says the revision came after the last day of its period."""

    kpi: KpiId
    period: Period
    old: Target
    new: Target
    late: bool
    reason: FreeText


@dataclass(frozen=True, slots=True)
class OwnerAssigned:
    """`owner` is the id of a principal, never a name."""

    kpi: KpiId
    owner: str


@dataclass(frozen=True, slots=True)
class KpiRetired:
    """In no score for periods that end after `last_day`."""

    kpi: KpiId
    last_day: date
    reason: FreeText | None = None


KpiEvent = KpiDefined | KpiRedefined | ScaleSet | TargetSet | TargetRevised | OwnerAssigned | KpiRetired
