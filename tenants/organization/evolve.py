"""What each event makes of an organization."""

from dataclasses import replace
from typing import assert_never

from domain.policy import PolicyKnown
from tenants.organization.events import (
    ApiKeyIssued,
    ApiKeyRevoked,
    CalendarSet,
    OrganizationEvent,
    OrganizationFounded,
    OrganizationRenamed,
    PolicySet,
)
from tenants.organization.state import KeyKnown, Organization


def initial(_code: str) -> Organization:
    """Before the first event; the stream of an organization has no code of its own."""
    return Organization()


def evolve(organization: Organization, event: OrganizationEvent, position: int) -> Organization:
    """The organization after one more event; never refuses, for history is true."""
    match event:
        case OrganizationFounded():
            return replace(organization, code=event.code, name=event.name)
        case OrganizationRenamed():
            return replace(organization, name=event.name)
        case CalendarSet():
            return replace(organization, calendar=event.calendar)
        case PolicySet():
            known = PolicyKnown(event.policy, event.effective_from, position, event.restatement)
            return replace(organization, policies=(*organization.policies, known))
        case ApiKeyIssued():
            return replace(organization, keys=(*organization.keys, _issued(event)))
        case ApiKeyRevoked():
            keys = (replace(key, revoked=True) if key.key_id == event.key_id else key for key in organization.keys)
            return replace(organization, keys=tuple(keys))
        case _:
            assert_never(event)


def _issued(event: ApiKeyIssued) -> KeyKnown:
    return KeyKnown(
        event.key_id, event.principal, event.role, frozenset(event.scopes), frozenset(event.kpis), event.expires_at
    )
