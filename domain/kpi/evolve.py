"""What each event makes of a KPI."""

from collections.abc import Iterable
from dataclasses import replace
from typing import assert_never

from domain.kpi.events import (
    KpiDefined,
    KpiEvent,
    KpiRedefined,
    KpiRetired,
    OwnerAssigned,
    ScaleSet,
    TargetRevised,
    TargetSet,
)
from domain.kpi.state import DefinitionKnown, Kpi, ScaleKnown, TargetKnown
from domain.values import FreeText, KpiId


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


def _defined(kpi: Kpi, known: DefinitionKnown, description: FreeText | None) -> Kpi:
    """A description stays until another one is given."""
    return replace(
        kpi, definitions=(*kpi.definitions, known), description=kpi.description if description is None else description
    )


def _merged(known: tuple[TargetKnown, ...], new: Iterable[TargetKnown]) -> tuple[TargetKnown, ...]:
    by_period = {each.period: each for each in (*known, *new)}
    return tuple(sorted(by_period.values(), key=lambda each: each.period.text))
