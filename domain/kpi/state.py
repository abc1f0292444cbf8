"""What is known of a KPI: effective-dated definitions and scales, targets by period, owner, end."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import assert_never

from domain.calendar import Period
from domain.in_force import in_force
from domain.kpi.events import (
    Definition,
    KpiDefined,
    KpiEvent,
    KpiRedefined,
    KpiRetired,
    OwnerAssigned,
    ScaleSet,
    Target,
    TargetRevised,
    TargetSet,
)
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


def initial(code: str) -> Kpi:
    """The KPI of that code before its first event."""
    return Kpi(KpiId(code))


def evolve(kpi: Kpi, event: KpiEvent, position: int) -> Kpi:
    """The KPI after one more event; never refuses, for history is true."""
    match event:
        case KpiDefined():
            return _defined(kpi, DefinitionKnown(event.definition, event.effective_from, position), event.description)
        case KpiRedefined():
            known = DefinitionKnown(event.definition, event.effective_from, position, event.restatement)
            return _defined(kpi, known, event.description)
        case ScaleSet():
            known_scale = ScaleKnown(event.scale, event.effective_from, position, event.restatement)
            return replace(kpi, scales=(*kpi.scales, known_scale))
        case TargetSet():
            new = [TargetKnown(each.period, each.target, position, each.late) for each in event.targets]
            return replace(kpi, targets=_merged(kpi.targets, new))
        case TargetRevised():
            revised = TargetKnown(event.period, event.new, position, event.late, revised=True)
            return replace(kpi, targets=_merged(kpi.targets, [revised]))
        case OwnerAssigned():
            return replace(kpi, owner=event.owner)
        case KpiRetired():
            return replace(kpi, retired_after=event.last_day)
        case _:
            assert_never(event)


def definition_for(kpi: Kpi, day: date) -> DefinitionKnown | None:
    """The definition in force on the day; before the first one's date that one, for values may be older than it."""
    found = in_force(kpi.definitions, day)
    if found is None and kpi.definitions:
        return in_force(kpi.definitions, min(each.effective_from for each in kpi.definitions))
    return found


def _defined(kpi: Kpi, known: DefinitionKnown, description: FreeText | None) -> Kpi:
    """A description stays until another one is given."""
    return replace(
        kpi, definitions=(*kpi.definitions, known), description=kpi.description if description is None else description
    )


def _merged(known: tuple[TargetKnown, ...], new: Iterable[TargetKnown]) -> tuple[TargetKnown, ...]:
    by_period = {each.period: each for each in (*known, *new)}
    return tuple(sorted(by_period.values(), key=lambda each: each.period.text))
