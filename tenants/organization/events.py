"""What happens to an organization as such: founding, calendar, policies, keys. Stream `organization`."""

from dataclasses import dataclass
from datetime import date, datetime

from domain.calendar import Calendar
from domain.policy import Policy
from domain.values import FreeText, KpiId
from tenants.access import Role, Scope


@dataclass(frozen=True, slots=True)
class OrganizationFounded:
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class OrganizationRenamed:
    name: str


@dataclass(frozen=True, slots=True)
class CalendarSet:
    """One calendar per log once a value exists."""

    calendar: Calendar


@dataclass(frozen=True, slots=True)
class PolicySet:
    policy: Policy
    effective_from: date
    restatement: bool = False
    reason: FreeText | None = None


@dataclass(frozen=True, slots=True)
class ApiKeyIssued:
    """`principal` is whom the key acts for and stays when a key is replaced; the key itself is never in the log."""

    key_id: str
    name: FreeText
    principal: str
    role: Role
    scopes: tuple[Scope, ...]
    kpis: tuple[KpiId, ...]
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ApiKeyRevoked:
    key_id: str
    reason: FreeText | None = None


OrganizationEvent = OrganizationFounded | OrganizationRenamed | CalendarSet | PolicySet | ApiKeyIssued | ApiKeyRevoked
