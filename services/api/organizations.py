"""Operations on the organization as such: founding, name, calendar, policy."""

from datetime import date
from typing import Literal

from msgspec import Struct

from domain.calendar import Calendar
from domain.policy import DEFAULT_POLICY, PolicyKnown
from services.api.bodies.organization import CalendarBody, OrganizationBody, PolicyBody, RenamingBody
from services.api.operation import OPERATOR_ONLY, Call, Operation, Reply
from services.api.reads import reading
from services.api.texts import day_text, number_text
from services.app import execute
from services.commands import WrittenView
from services.founding import found_organization
from tenants.access import Permission
from tenants.organization.commands import RenameOrganization, SetCalendar


class FoundedView(Struct, frozen=True):
    """A new organization and the key of its first owner, which is shown once."""

    organization: str
    code: str
    key_id: str
    principal: str
    token: str
    position: int


class CalendarView(Struct, frozen=True):
    """The fiscal calendar."""

    start_month: int
    year_named_by: Literal["start", "end"]
    time_zone: str


class BandView(Struct, frozen=True):
    """A status band from `lower` up to the next band's lower bound."""

    name: str
    lower: str


class ProfileShareView(Struct, frozen=True):
    """The share of weight a perspective is meant to have."""

    perspective: str
    share: str


class PolicyView(Struct, frozen=True):
    """A policy, from when it applies and the position that set it; the built-in one has position 0 and no date."""

    effective_from: str | None
    position: int
    restatement: bool
    missing_data: str
    minimum_coverage: str
    bands: list[BandView]
    carry_forward_max_periods: int
    reporting_lag_days: int
    grace_days: int
    lead_share: str
    balance_profile: list[ProfileShareView]


class OrganizationView(Struct, frozen=True):
    """The organization of the key; `policies` in order of position, the built-in one first."""

    organization: str
    code: str
    name: str
    calendar: CalendarView
    policies: list[PolicyView]
    position: int


def _found(call: Call) -> Reply:
    body = call.body_as(OrganizationBody)
    issued = found_organization(call.app, body.value(), call.key)
    view = FoundedView(
        str(issued.organization), body.code, issued.key_id, issued.principal, issued.token, issued.position
    )
    reply = Reply.of(view, issued.position)
    return Reply(reply.content, issued.position, None, issued.replayed, {"Location": "/v1/organization"})


def _show(call: Call) -> Reply:
    with reading(call) as read:
        organization = read.folded.organization
        view = OrganizationView(
            organization=str(call.actor.tenant),
            code=organization.code,
            name=organization.name,
            calendar=_calendar(organization.calendar),
            policies=[_policy(known) for known in (DEFAULT_POLICY, *organization.policies)],
            position=read.head.position,
        )
    return Reply.of(view, view.position)


def _calendar(calendar: Calendar) -> CalendarView:
    return CalendarView(calendar.start_month, calendar.year_named_by, calendar.time_zone)


def _policy(known: PolicyKnown) -> PolicyView:
    policy = known.policy
    return PolicyView(
        effective_from=None if known.effective_from == date.min else day_text(known.effective_from),
        position=known.position,
        restatement=known.restatement,
        missing_data=policy.missing_data.value,
        minimum_coverage=number_text(policy.minimum_coverage),
        bands=[BandView(band.name, number_text(band.lower)) for band in policy.bands],
        carry_forward_max_periods=policy.carry_forward_max_periods,
        reporting_lag_days=policy.reporting_lag_days,
        grace_days=policy.grace_days,
        lead_share=number_text(policy.lead_share),
        balance_profile=[
            ProfileShareView(each.perspective, number_text(each.share)) for each in policy.balance_profile
        ],
    )


def _rename(call: Call) -> Reply:
    command = RenameOrganization(call.body_as(RenamingBody).name)
    return Reply.written(execute(call.app, call.actor, [command], call.key))


def _set_calendar(call: Call) -> Reply:
    command = SetCalendar(call.body_as(CalendarBody).value())
    return Reply.written(execute(call.app, call.actor, [command], call.key))


def _set_policy(call: Call) -> Reply:
    command = call.body_as(PolicyBody).command()
    return Reply.written(execute(call.app, call.actor, [command], call.key))


OPERATIONS = (
    Operation(
        name="foundOrganization",
        method="POST",
        path="/v1/organizations",
        tag="organization",
        permission=OPERATOR_ONLY,
        summary="Found an organization",
        description="Makes an organization with an empty log and the key of its first owner, which is shown once. "
        "Needs the operator's key. Repeated with the same Idempotency-Key it shows the same key again.",
        handle=_found,
        answer=FoundedView,
        body=OrganizationBody,
        statuses=(201,),
        problems=(409,),
        example={"code": "acme", "name": "Acme Ltd", "calendar": {"start_month": 4, "time_zone": "Europe/London"}},
    ),
    Operation(
        name="getOrganization",
        method="GET",
        path="/v1/organization",
        tag="organization",
        permission=Permission.READ,
        summary="Show the organization",
        description="Name, calendar and every policy of the organization whose key is presented.",
        handle=_show,
        answer=OrganizationView,
    ),
    Operation(
        name="renameOrganization",
        method="PATCH",
        path="/v1/organization",
        tag="organization",
        permission=Permission.MANAGE_ORGANIZATION,
        summary="Rename the organization",
        description="Changes the name; the code stays for ever.",
        handle=_rename,
        answer=WrittenView,
        body=RenamingBody,
        example={"name": "Acme Group"},
    ),
    Operation(
        name="setCalendar",
        method="PUT",
        path="/v1/organization/calendar",
        tag="organization",
        permission=Permission.MANAGE_ORGANIZATION,
        summary="Set the fiscal calendar",
        description="Start month and naming of fiscal years are fixed once a value has been recorded or a quarter, "
        "half or year has a target.",
        handle=_set_calendar,
        answer=WrittenView,
        body=CalendarBody,
        problems=(409,),
        example={"start_month": 4, "year_named_by": "end", "time_zone": "Europe/London"},
    ),
    Operation(
        name="setPolicy",
        method="PUT",
        path="/v1/organization/policy",
        tag="organization",
        permission=Permission.MANAGE_ORGANIZATION,
        summary="Set the scoring policy from a date",
        description="Missing data, minimum coverage, bands, carrying, lags, balance profile. A policy that changes an "
        "ended period with values is a restatement: it must say so and give a reason.",
        handle=_set_policy,
        answer=WrittenView,
        body=PolicyBody,
        problems=(409,),
        example={
            "effective_from": "2026-01-01",
            "missing_data": "proportional",
            "minimum_coverage": "0.6",
            "bands": [
                {"name": "red", "lower": "0"},
                {"name": "amber", "lower": "50"},
                {"name": "green", "lower": "75"},
            ],
        },
    ),
)
