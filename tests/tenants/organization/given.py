"""Given events, when a command comes: the words in which the rules of an organization are tested."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from domain.calendar import Period
from domain.decider import replay
from domain.errors import DomainError
from domain.values import FreeText, KpiId
from tenants.access import Actor, Role, Scope
from tenants.organization.commands import OrganizationCommand, OrganizationContext
from tenants.organization.decide import ORGANIZATION
from tenants.organization.events import ApiKeyIssued, OrganizationEvent, OrganizationFounded
from tenants.organization.state import Organization

TODAY = date(2026, 4, 1)
FOUNDED = OrganizationFounded("acme", "Acme")


def grantor(role: Role = Role.OWNER, *scopes: Scope, kpis: tuple[str, ...] = ()) -> Actor:
    return Actor(UUID(int=1), "ann", role, frozenset(scopes), frozenset(KpiId(each) for each in kpis))


def context(*measured: str, today: date = TODAY, by: Actor | None = None) -> OrganizationContext:
    as_of = datetime(today.year, today.month, today.day, tzinfo=UTC)
    return OrganizationContext(as_of, frozenset(Period.parse(each) for each in measured), by or grantor())


def key(key_id: str, role: Role = Role.OWNER, *scopes: Scope, expires_at: datetime | None = None) -> ApiKeyIssued:
    return ApiKeyIssued(key_id, FreeText("k"), "ann", role, scopes, (), expires_at)


def organization(*history: OrganizationEvent) -> Organization:
    events = [(event, position) for position, event in enumerate(history, 1)]
    return replay(ORGANIZATION.evolve, ORGANIZATION.initial(""), events)


def when(
    history: Sequence[OrganizationEvent], command: OrganizationCommand, known: OrganizationContext | None = None
) -> list[OrganizationEvent]:
    return list(ORGANIZATION.decide(command, organization(*history), known or context()))


def refusal(
    history: Sequence[OrganizationEvent], command: OrganizationCommand, known: OrganizationContext | None = None
) -> tuple[str, str]:
    """Code and pointer of the refusal; the test fails if there is none."""
    with pytest.raises(DomainError) as refused:
        when(history, command, known)
    assert refused.value.detail
    return refused.value.code, refused.value.field
