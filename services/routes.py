"""The table of contents of the write side: which rules decide a command, on which stream, for whom."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from domain import streams
from domain.decider import Decider
from domain.kpi import commands as kpi
from domain.kpi.decide import KPI
from domain.measurement import commands as measurement
from domain.measurement.decide import decide as decide_measurement
from domain.measurement.remarks import remarks
from domain.scorecard import commands as scorecard
from domain.scorecard.decide import SCORECARD
from domain.values import KpiId
from services import contexts
from services.commands import Command, Forbidden
from services.known import Known
from tenants.access import Actor, Permission, may
from tenants.organization import commands as organization
from tenants.organization.decide import ORGANIZATION

AnyCommand = TypeVar("AnyCommand")
State = TypeVar("State")
Context = TypeVar("Context")
Event = TypeVar("Event")

Decide = Callable[[Known, Command], int | None]
"""Decides a command and takes its events into account; the position of the same content if it is there already."""


@dataclass(frozen=True, slots=True)
class Aggregate(Generic[AnyCommand, State, Context, Event]):
    """How the commands of one noun are decided: load, decide, take."""

    decider: Decider[AnyCommand, State, Context, Event]
    stream: Callable[[AnyCommand], str]
    context: Callable[[Known, AnyCommand], Context]

    def __call__(self, known: Known, command: Command) -> int | None:
        asked = cast("AnyCommand", command)  # ROUTES pairs the class of each command with its own noun
        stream = self.stream(asked)
        state = known.state(self.decider, stream)
        known.take(self.decider, stream, self.decider.decide(asked, state, self.context(known, asked)))
        return None


def _measure(known: Known, command: Command) -> int | None:
    asked = cast("measurement.MeasurementCommand", command)  # as above
    context = contexts.of_measurement(known, asked)
    decided = decide_measurement(asked, context)
    if isinstance(decided, measurement.Duplicate):
        return decided.position
    if isinstance(asked, measurement.Entering):
        known.remarks.extend(remarks(asked, context))
    known.values.take(decided, known.take_fact(streams.measurement_stream(asked.kpi), decided))
    return None


@dataclass(frozen=True, slots=True)
class Route:
    """`permission` is asked for the KPI that the command names, where it is a KPI's own."""

    permission: Permission
    decide: Decide


_on_kpi: Decide = Aggregate(KPI, lambda command: streams.kpi_stream(command.kpi), contexts.of_kpi)
_on_scorecard: Decide = Aggregate(
    SCORECARD, lambda command: streams.scorecard_stream(command.scorecard), contexts.of_scorecard
)
_on_organization: Decide = Aggregate(ORGANIZATION, lambda _: streams.ORGANIZATION, contexts.of_organization)

_STRUCTURE: Sequence[type] = (
    scorecard.CreateScorecard,
    scorecard.RenameScorecard,
    scorecard.StateVision,
    scorecard.AddPerspective,
    scorecard.RenamePerspective,
    scorecard.MovePerspective,
    scorecard.RemovePerspective,
    scorecard.AddObjective,
    scorecard.RewordObjective,
    scorecard.MoveObjective,
    scorecard.RemoveObjective,
    scorecard.PlaceKpi,
    scorecard.UnplaceKpi,
    scorecard.PlaceChildScorecard,
    scorecard.UnplaceChildScorecard,
    scorecard.SetWeights,
    scorecard.SetRollup,
    scorecard.SetMissingData,
    scorecard.LinkObjectives,
    scorecard.UnlinkObjectives,
    scorecard.SetParent,
    scorecard.PublishVersion,
    scorecard.ArchiveScorecard,
)

ROUTES: Mapping[type, Route] = {
    organization.FoundOrganization: Route(Permission.MANAGE_ORGANIZATION, _on_organization),
    organization.RenameOrganization: Route(Permission.MANAGE_ORGANIZATION, _on_organization),
    organization.SetCalendar: Route(Permission.MANAGE_ORGANIZATION, _on_organization),
    organization.SetPolicy: Route(Permission.MANAGE_ORGANIZATION, _on_organization),
    organization.IssueApiKey: Route(Permission.MANAGE_ACCESS, _on_organization),
    organization.RevokeApiKey: Route(Permission.MANAGE_ACCESS, _on_organization),
    kpi.DefineKpi: Route(Permission.DEFINE_KPI, _on_kpi),
    kpi.RedefineKpi: Route(Permission.EDIT_KPI, _on_kpi),
    kpi.SetScale: Route(Permission.EDIT_KPI, _on_kpi),
    kpi.SetTargets: Route(Permission.EDIT_KPI, _on_kpi),
    kpi.AssignOwner: Route(Permission.DEFINE_KPI, _on_kpi),
    kpi.RetireKpi: Route(Permission.DEFINE_KPI, _on_kpi),
    measurement.RecordMeasurement: Route(Permission.MEASURE, _measure),
    measurement.CorrectMeasurement: Route(Permission.CORRECT, _measure),
    measurement.RetractMeasurement: Route(Permission.CORRECT, _measure),
    measurement.DeclareNotApplicable: Route(Permission.CORRECT, _measure),
    **{command: Route(Permission.EDIT_SCORECARD, _on_scorecard) for command in _STRUCTURE},
}


def decide(known: Known, command: Command) -> int | None:
    """Decide one command on what is known, which moves on; the position of the same content if it is there already.

    Raises Forbidden, DomainError.
    """
    route = ROUTES[type(command)]
    kpi_code = _kpi_of(command)
    if kpi_code is not None:
        defined = known.kpi(kpi_code)
        owner = None if defined is None else defined.owner
        if not may(known.actor, route.permission, kpi_code, owner):
            raise Forbidden(route.permission)
    return route.decide(known, command)


def check_permission(actor: Actor, command: Command) -> None:
    """Whether the actor may send such commands at all; `decide` asks again for the KPI. Raises Forbidden."""
    permission = ROUTES[type(command)].permission
    if not may(actor, permission):
        raise Forbidden(permission)


def _kpi_of(command: Command) -> KpiId | None:
    if isinstance(command, measurement.MeasurementCommand | kpi.KpiCommand):
        return command.kpi
    return None
