"""Who may do what in an organization: the permission matrix as data (trust.md 3), narrowed by scopes and KPIs. Pure."""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from domain.values import KpiId


class Role(StrEnum):
    """Roles of members and keys."""

    OWNER = "owner"
    ADMIN = "admin"
    STRATEGIST = "strategist"
    CONTRIBUTOR = "contributor"
    VIEWER = "viewer"
    AUDITOR = "auditor"


class Scope(StrEnum):
    """What a key is for; it never gives more than its role."""

    READ = "read"
    INGEST = "ingest"
    WRITE = "write"
    AUDIT = "audit"
    ADMIN = "admin"


class Permission(StrEnum):
    """One row of the matrix; a door asks for exactly one."""

    READ = "read"
    """Scorecards, KPIs, scores as they are now."""
    READ_AS_OF = "read-as-of"
    """The same as known at an earlier position or instant."""
    MEASURE = "measure"
    CORRECT = "correct"
    """Correct, retract, or declare not applicable."""
    EDIT_SCORECARD = "edit-scorecard"
    """Structure, weights, links, versions."""
    DEFINE_KPI = "define-kpi"
    """New KPIs, owners, retirement."""
    EDIT_KPI = "edit-kpi"
    """Definition, scale, targets."""
    PROVE = "prove"
    """Roots and proofs."""
    READ_LOG = "read-log"
    """Every event of the organization."""
    READ_ACCESS = "read-access"
    """Members, roles and keys."""
    MANAGE_ACCESS = "manage-access"
    MANAGE_ORGANIZATION = "manage-organization"
    """Name, calendar, policies."""
    EXPORT = "export"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts for which organization; no scopes means all of the role, no KPIs all KPIs."""

    tenant: UUID
    principal: str
    role: Role
    scopes: frozenset[Scope] = field(default=frozenset())
    kpis: frozenset[KpiId] = field(default=frozenset())
    key_id: str | None = None
