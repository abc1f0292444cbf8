"""What can be asked of an organization, and what its rules must know beyond its own stream."""

from dataclasses import dataclass, field
from datetime import date, datetime

from domain.calendar import Calendar, Period
from domain.policy import Policy
from domain.values import KpiId
from tenants.access import Actor, Role, Scope


@dataclass(frozen=True, slots=True)
class FoundOrganization:
    """The first command of a log; without a calendar the year is the civil one, in UTC."""

    code: str
    name: str
    calendar: Calendar | None = None


@dataclass(frozen=True, slots=True)
class RenameOrganization:
    name: str


@dataclass(frozen=True, slots=True)
class SetCalendar:
    calendar: Calendar


@dataclass(frozen=True, slots=True)
class SetPolicy:
    """The whole policy anew from a date; `restatement` and `reason` are needed when ended periods change."""

    policy: Policy
    effective_from: date
    restatement: bool = False
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class IssueApiKey:
    """`key_id` and `principal` are made by the caller; no scopes means all of the role, no KPIs all KPIs."""

    key_id: str
    name: str
    principal: str
    role: Role
    scopes: frozenset[Scope] = field(default=frozenset())
    kpis: frozenset[KpiId] = field(default=frozenset())
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RevokeApiKey:
    key_id: str
    reason: str | None = None


OrganizationCommand = FoundOrganization | RenameOrganization | SetCalendar | SetPolicy | IssueApiKey | RevokeApiKey


@dataclass(frozen=True, slots=True)
class OrganizationContext:
    """`measured` are the periods of any KPI with a value in force, `aimed` those with a target.

    `grantor` is who issues a key: nobody grants more than they have. None is the operator, who founds.
    """

    as_of: datetime
    measured: frozenset[Period]
    grantor: Actor | None
    aimed: frozenset[Period] = field(default=frozenset())
