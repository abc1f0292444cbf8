"""The rules of an organization as such: founding, name, calendar, policies, keys."""

from collections.abc import Sequence
from typing import assert_never

from domain import calendar as calendars
from domain import policy as policies
from domain.calendar import FISCAL, Calendar, checked_day
from domain.decider import Decider
from domain.errors import NotFound, Refused
from domain.in_force import in_force
from domain.policy import DEFAULT_POLICY
from domain.restatement import checked_mark, restated
from domain.values import code, name
from tenants.organization.commands import (
    FoundOrganization,
    IssueApiKey,
    OrganizationCommand,
    OrganizationContext,
    RenameOrganization,
    RevokeApiKey,
    SetCalendar,
    SetPolicy,
)
from tenants.organization.events import (
    CalendarSet,
    OrganizationEvent,
    OrganizationFounded,
    OrganizationRenamed,
    PolicySet,
)
from tenants.organization.evolve import evolve, initial
from tenants.organization.keys import issued, revoked
from tenants.organization.state import Organization

POLICIES_MAX = 500


def decide(
    command: OrganizationCommand, organization: Organization, context: OrganizationContext
) -> Sequence[OrganizationEvent]:
    """The events of the command, none if it changes nothing.

    Raises NotFound `organization-unknown`, `key-unknown`, Refused `organization-exists`, `calendar-fixed`,
    `restatement-unmarked`, `too-many-policies`, what keys refuse, and Invalid for what the parts must fulfil.
    """
    if isinstance(command, FoundOrganization):
        return _founded(command, organization)
    if not organization.code:
        raise NotFound("organization-unknown", "the organization has not been founded")
    match command:
        case RenameOrganization():
            new_name = name(command.name)
            return [] if new_name == organization.name else [OrganizationRenamed(new_name)]
        case SetCalendar():
            return _calendar_set(calendars.checked(command.calendar), organization, context)
        case SetPolicy():
            return _policy_set(command, organization, context)
        case IssueApiKey():
            return [issued(command, organization, context)]
        case RevokeApiKey():
            return [revoked(command, organization, context)]
        case _:
            assert_never(command)


def _founded(command: FoundOrganization, organization: Organization) -> Sequence[OrganizationEvent]:
    if organization.code:
        raise Refused("organization-exists", f"the organization {organization.code!r} is founded already", "/code")
    events: list[OrganizationEvent] = [OrganizationFounded(code(command.code), name(command.name))]
    if command.calendar is not None:
        events.append(CalendarSet(calendars.checked(command.calendar)))
    return events


def _calendar_set(
    wanted: Calendar, organization: Organization, context: OrganizationContext
) -> Sequence[OrganizationEvent]:
    """One calendar per log once a value exists: names of periods never get a second meaning.

    A target for a quarter, half or year fixes it as well, for those are parts of the fiscal year.
    """
    old = organization.calendar
    if wanted == old:
        return []
    fixing = "a value has been recorded" if context.measured else _fiscal_target(context)
    for field, before, after in (
        ("start_month", old.start_month, wanted.start_month),
        ("year_named_by", old.year_named_by, wanted.year_named_by),
    ):
        if fixing is not None and before != after:
            raise Refused("calendar-fixed", f"/{field} is fixed, for {fixing}", f"/{field}")
    return [CalendarSet(wanted)]


def _fiscal_target(context: OrganizationContext) -> str | None:
    fiscal = sorted(period.text for period in context.aimed if period.kind in FISCAL)
    return f"there is a target for {fiscal[0]}" if fiscal else None


def _policy_set(
    command: SetPolicy, organization: Organization, context: OrganizationContext
) -> Sequence[OrganizationEvent]:
    """The built-in policy is in force before the first, so the first may restate like any other."""
    policy = policies.checked(command.policy)
    effective_from = checked_day(command.effective_from)
    known = (DEFAULT_POLICY, *organization.policies)
    current = in_force(known, effective_from)
    if current is not None and current.policy == policy:
        return []
    if len(organization.policies) >= POLICIES_MAX:
        raise Refused("too-many-policies", f"an organization may have at most {POLICIES_MAX} policies")
    rewritten = restated(known, effective_from, organization.calendar, context.measured, context.as_of)
    restatement, reason = checked_mark(rewritten, command.restatement, command.reason)
    return [PolicySet(policy, effective_from, restatement, reason)]


ORGANIZATION = Decider(initial, decide, evolve)
"""The aggregate of the organization stream."""
