"""The rules of a KPI: defining, redefining, scale, targets, owner and end."""

from collections.abc import Sequence
from datetime import date
from typing import assert_never

from domain.calendar import checked_day
from domain.decider import Decider
from domain.errors import NotFound, Refused
from domain.in_force import in_force
from domain.kpi.commands import (
    AssignOwner,
    DefineKpi,
    KpiCommand,
    KpiContext,
    RedefineKpi,
    RetireKpi,
    SetScale,
    SetTargets,
)
from domain.kpi.definition_rules import checked_definition
from domain.kpi.events import Kind, KpiDefined, KpiEvent, KpiRedefined, KpiRetired, OwnerAssigned, ScaleSet
from domain.kpi.evolve import evolve, initial
from domain.kpi.fixed import refuse_change_of_fixed
from domain.kpi.scale import Scale
from domain.kpi.scale_rules import checked_scale
from domain.kpi.state import Kpi, ScaleKnown
from domain.kpi.targets import targets_set
from domain.restatement import checked_mark, last_ended, restated
from domain.values import FreeText, code, free_text

DEFINITIONS_MAX = 500
"""Of one KPI; the same for its scales."""


def decide(command: KpiCommand, kpi: Kpi, context: KpiContext) -> Sequence[KpiEvent]:
    """The events of the command, none if it changes nothing.

    Raises NotFound `kpi-unknown`, Refused `kpi-exists`, `kpi-retired`, `fixed-once-measured`, `definition-mixed`,
    `restatement-unmarked`, `last-day-too-early`, `too-many-definitions`, `too-many-scales`, `too-many-targets`, and
    Invalid for what the parts must fulfil by themselves.
    """
    if isinstance(command, DefineKpi):
        return _defined(command, kpi)
    if not kpi.definitions:
        raise NotFound("kpi-unknown", f"there is no KPI {command.kpi!r}", "/kpi")
    match command:
        case RedefineKpi():
            return _redefined(command, kpi, context)
        case SetScale():
            return _scale_set(command, kpi, context)
        case SetTargets():
            return targets_set(command, kpi, context)
        case AssignOwner():
            owner = code(command.owner, "/owner")
            return [] if owner == kpi.owner else [OwnerAssigned(kpi.id, owner)]
        case RetireKpi():
            return [_retired(command, kpi, context)]
        case _:
            assert_never(command)


def _defined(command: DefineKpi, kpi: Kpi) -> Sequence[KpiEvent]:
    if kpi.definitions:
        raise Refused("kpi-exists", f"there is a KPI {command.kpi!r} already", "/kpi")
    code(command.kpi, "/kpi")
    effective_from = checked_day(command.effective_from)
    definition = checked_definition(command.definition)
    events: list[KpiEvent] = [KpiDefined(kpi.id, definition, effective_from, _description(command.description))]
    if command.scale is not None:
        events.append(ScaleSet(kpi.id, checked_scale(command.scale, "/scale"), effective_from))
    return events


def _redefined(command: RedefineKpi, kpi: Kpi, context: KpiContext) -> Sequence[KpiEvent]:
    effective_from = _open_day(command.effective_from, kpi)
    definition = checked_definition(command.definition)
    description = _description(command.description)
    current = in_force(kpi.definitions, effective_from)
    same = current is not None and current.definition == definition
    if same and description in (None, kpi.description):
        return []
    if len(kpi.definitions) >= DEFINITIONS_MAX:
        raise Refused("too-many-definitions", f"a KPI may have at most {DEFINITIONS_MAX} definitions")
    refuse_change_of_fixed(kpi.definitions, definition, effective_from, measured=bool(context.measured))
    known = () if same else kpi.definitions
    rewritten = restated(known, effective_from, context.calendar, context.measured, context.as_of)
    restatement, reason = checked_mark(rewritten, command.restatement, command.reason)
    return [KpiRedefined(kpi.id, definition, effective_from, restatement, reason, description)]


def _scale_set(command: SetScale, kpi: Kpi, context: KpiContext) -> Sequence[KpiEvent]:
    effective_from = _open_day(command.effective_from, kpi)
    scale = checked_scale(command.scale)
    current = in_force(kpi.scales, effective_from)
    if current is not None and current.scale == scale:
        return []
    if len(kpi.scales) >= DEFINITIONS_MAX:
        raise Refused("too-many-scales", f"a KPI may have at most {DEFINITIONS_MAX} scales")
    rewritten = restated(
        kpi.scales or _built_in(kpi), effective_from, context.calendar, context.measured, context.as_of
    )
    restatement, reason = checked_mark(rewritten, command.restatement, command.reason)
    return [ScaleSet(kpi.id, scale, effective_from, restatement, reason)]


def _built_in(kpi: Kpi) -> tuple[ScaleKnown, ...]:
    """Options, surveys and yes or no have scores without a scale: the first scale set for them replaces that one."""
    if kpi.definitions[-1].definition.kind in (Kind.ORDINAL, Kind.SURVEY, Kind.BINARY):
        return (ScaleKnown(Scale("built-in", ()), date.min, 0),)
    return ()


def _retired(command: RetireKpi, kpi: Kpi, context: KpiContext) -> KpiRetired:
    """Ended periods with values keep their scores: the last day may not cut one off."""
    if kpi.retired_after is not None:
        raise Refused("kpi-retired", f"the KPI was retired after {kpi.retired_after}", "/kpi")
    last_day = checked_day(command.last_day, "/last_day")
    earliest = last_ended(context.calendar, context.measured, context.as_of)
    if last_day < earliest:
        detail = f"/last_day must be {earliest} or later: a period that ended then has values, and its score stays"
        raise Refused("last-day-too-early", detail, "/last_day")
    return KpiRetired(kpi.id, last_day, free_text(command.reason) if command.reason is not None else None)


def _open_day(effective_from: date, kpi: Kpi) -> date:
    day = checked_day(effective_from)
    if kpi.retired_after is not None and day > kpi.retired_after:
        raise Refused("kpi-retired", f"the KPI was retired after {kpi.retired_after}", "/effective_from")
    return day


def _description(text: str | None) -> FreeText | None:
    return None if text is None else free_text(text, "/description")


KPI = Decider(initial, decide, evolve)
"""The aggregate of one KPI stream."""
