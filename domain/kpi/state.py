"""What is known of a KPI: effective-dated definitions and scales, targets by period, owner, end."""

from dataclasses import dataclass, field
from datetime import date

from domain.calendar import Period
from domain.in_force import in_force
from domain.kpi.events import Definition, Target
from domain.kpi.scale import Scale
from domain.values import FreeText, KpiId


@dataclass(frozen=True, slots=True)
class DefinitionKnown:
    definition: Definition
    effective_from: date
    position: int
    restatement: bool = False


@dataclass(frozen=True, slots=True)
class ScaleKnown:
    scale: Scale
    effective_from: date
    position: int
    restatement: bool = False


@dataclass(frozen=True, slots=True)
class TargetKnown:
    """The last target known for a period; `late` flags one set or revised after the period's end."""

    period: Period
    target: Target
    position: int
    late: bool = False
    revised: bool = False


@dataclass(frozen=True, slots=True)
class Kpi:
    """`definitions` and `scales` in order of position; `targets` in order of period text; not defined while empty."""

    id: KpiId
    definitions: tuple[DefinitionKnown, ...] = field(default=())
    scales: tuple[ScaleKnown, ...] = field(default=())
    targets: tuple[TargetKnown, ...] = field(default=())
    owner: str | None = None
    description: FreeText | None = None
    retired_after: date | None = None


def definition_for(kpi: Kpi, day: date) -> DefinitionKnown | None:
    """The definition in force on the day; before the first one's date that one, for values may be older than it."""
    found = in_force(kpi.definitions, day)
    if found is None and kpi.definitions:
        return in_force(kpi.definitions, min(each.effective_from for each in kpi.definitions))
    return found
