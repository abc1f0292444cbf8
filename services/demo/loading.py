"""Load the demonstrations through the same calls as any user's; what is there already stays as it is.

An organization's content is one transaction, so its log either ends with the founding or holds everything of a step.
A step is recognised by what it leaves in the log: keys of requests are forgotten after a week, the log is not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from domain import streams
from domain.calendar import Calendar
from domain.measurement.commands import CorrectMeasurement, Entry
from domain.measurement.events import MeasurementCorrected, MeasurementRecorded
from domain.scorecard.events import VersionPublished
from domain.values import KpiId
from infra.eventstore.log import Recorded
from services.app import App, execute
from services.batch import batch_view, record_batch
from services.commands import Command, CommandKey, OrganizationExists
from services.demo import commands, company
from services.demo.hospitals import Hospital
from services.founding import Founding, found_organization
from services.local import local_owner
from tenants.access import Actor
from tenants.credentials import organization_by_code


class DemonstrationBroken(Exception):
    """An organization of that code exists, and its content is not the demonstration's."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """An organization of a demonstration; `changed` says whether this call added anything to its log."""

    organization: UUID
    changed: bool


def load_hospital(app: App, hospital: Hospital) -> Loaded:
    """Found a hospital and give it its scorecard and scores, unless that has happened: two transactions."""
    organization, _ = _founded(app, hospital.code, hospital.name, commands.HOSPITAL_CALENDAR)
    if _stream(app, organization, streams.scorecard_stream(commands.HOSPITAL_SCORECARD)):
        return Loaded(organization, changed=False)
    content = (*commands.hospital_structure(), *commands.hospital_values(hospital))
    _do(app, local_owner(organization), "content", content)
    return Loaded(organization, changed=True)


def load_company(app: App) -> Loaded:
    """The company's five years in the order in which they were learnt: structure, values, correction, restatement."""
    organization, changed = _founded(app, company.CODE, company.NAME, None)
    actor = local_owner(organization)
    if not _stream(app, organization, streams.scorecard_stream(commands.COMPANY_SCORECARD)):
        _do(app, actor, "structure", commands.company_structure())
        changed = True
    changed = _record_values(app, actor) or changed
    changed = _correct(app, actor) or changed
    if len(_versions(app, organization)) < 2:
        _do(app, actor, "restatement", commands.company_restatement())
        changed = True
    return Loaded(organization, changed)


def corrected_at(app: App, organization: UUID) -> int:
    """The position of the company's correction. Raises DemonstrationBroken when there is none."""
    for recorded in _stream(app, organization, streams.measurement_stream(KpiId(company.TYPING_ERROR.measure))):
        if isinstance(recorded.event, MeasurementCorrected):
            return recorded.position
    raise DemonstrationBroken(f"organization {company.CODE!r} has no correction of {company.TYPING_ERROR.measure}")


def _founded(app: App, code: str, name: str, calendar: Calendar | None) -> tuple[UUID, bool]:
    """The organization, and whether it is new. Its owner's key is of no use here and is not shown."""
    with app.database.directory() as connection:
        found = organization_by_code(connection, code)
    if found is not None:
        return found, False
    try:
        return found_organization(app, Founding(code, name, calendar), _key("founding", code)).organization, True
    except OrganizationExists:  # somebody else loads the same at the same time
        return _founded(app, code, name, calendar)


def _record_values(app: App, actor: Actor) -> bool:
    """Every row has an external id, so a repetition is a duplicate, even of a value that was corrected since."""
    answer = record_batch(app, actor, commands.company_values(), _key("values", company.CODE))
    if answer.replayed:
        return False
    view = batch_view(answer)
    if view.refused:
        first = next(row for row in view.rows if row.outcome == "refused")
        raise DemonstrationBroken(f"organization {company.CODE!r}: {first.code}: {first.detail}")
    return view.recorded > 0


def _correct(app: App, actor: Actor) -> bool:
    error = company.TYPING_ERROR
    period = commands.year(error.year)
    history = _stream(app, actor.tenant, streams.measurement_stream(KpiId(error.measure)))
    if any(isinstance(each.event, MeasurementCorrected) for each in history):
        return False
    (wrong,) = (
        each.position for each in history if isinstance(each.event, MeasurementRecorded) and each.event.period == period
    )
    right = next(measure for measure in company.MEASURES if measure.code == error.measure)
    value = Entry(value=Decimal(right.values[company.YEARS.index(error.year)]))
    _do(
        app,
        actor,
        "correction",
        [CorrectMeasurement(KpiId(error.measure), period, value, replaces=wrong, reason=error.reason)],
    )
    return True


def _do(app: App, actor: Actor, step: str, wanted: Sequence[Command]) -> None:
    execute(app, actor, wanted, _key(step, str(actor.tenant)))


def _key(step: str, of: str) -> CommandKey:
    """The same step of the same organization is the same request, whoever repeats it."""
    return CommandKey.of(f"demo-{step}", step.encode(), of.encode())


def _stream(app: App, organization: UUID, stream: str) -> tuple[Recorded, ...]:
    with app.database.transaction(organization) as connection:
        return app.logs.bind(connection, organization).load(stream)


def _versions(app: App, organization: UUID) -> list[VersionPublished]:
    history = _stream(app, organization, streams.scorecard_stream(commands.COMPANY_SCORECARD))
    return [each.event for each in history if isinstance(each.event, VersionPublished)]
