"""What can be asked of a KPI, and what its rules must know beyond its own stream."""

from dataclasses import dataclass
from datetime import date, datetime

from domain.calendar import Calendar, Period
from domain.kpi.events import Definition, Target
from domain.kpi.scale import Scale
from domain.values import KpiId


@dataclass(frozen=True, slots=True)
class DefineKpi:
    """The first definition; with a scale, the scale applies from the same date."""

    kpi: KpiId
    definition: Definition
    effective_from: date
    description: str | None = None
    scale: Scale | None = None


@dataclass(frozen=True, slots=True)
class RedefineKpi:
    """The whole definition anew from a date; `restatement` and `reason` are needed when ended periods change."""

    kpi: KpiId
    definition: Definition
    effective_from: date
    restatement: bool = False
    reason: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class SetScale:
    kpi: KpiId
    scale: Scale
    effective_from: date
    restatement: bool = False
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class WantedTarget:
    """The target wanted for one period."""

    period: Period
    target: Target


@dataclass(frozen=True, slots=True)
class SetTargets:
    """A series of targets; a period that has another target is revised, which needs a reason, an equal one is left."""

    kpi: KpiId
    targets: tuple[WantedTarget, ...]
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class AssignOwner:
    """`owner` is the id of a principal, never a name."""

    kpi: KpiId
    owner: str


@dataclass(frozen=True, slots=True)
class RetireKpi:
    kpi: KpiId
    last_day: date
    reason: str | None = None


KpiCommand = DefineKpi | RedefineKpi | SetScale | SetTargets | AssignOwner | RetireKpi


@dataclass(frozen=True, slots=True)
class KpiContext:
    """`as_of` is the instant of the decision (UTC); `measured` are the periods of this KPI that have a value in force.

    A period declared not applicable counts as measured; a retracted one does not.
    """

    as_of: datetime
    calendar: Calendar
    measured: frozenset[Period]
