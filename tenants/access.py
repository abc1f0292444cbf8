"""Who may do what in an organization: the permission matrix as data, narrowed by scopes and KPIs. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from uuid import UUID

from domain.values import KpiId

OPERATOR = "operator"
"""The principal of whoever runs the service and may found organizations."""
LOCAL = "local"
"""The principal of whoever types commands on the machine itself."""
PAGE = "page"
"""The principal of whoever reads pages: a browser, not yet a person."""
KEYLESS = frozenset({OPERATOR, LOCAL, PAGE})
"""Principals that act without a key of the organization: no key may speak in their name."""


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


SCOPE_SETS_CACHED_MAX = 64
"""More than there are sets of scopes."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts for which organization; no scopes means all of the role, no KPIs all KPIs."""

    tenant: UUID
    principal: str
    role: Role
    scopes: frozenset[Scope] = field(default=frozenset())
    kpis: frozenset[KpiId] = field(default=frozenset())
    key_id: str | None = None


class Extent(StrEnum):
    """How far a cell of the matrix reaches."""

    ALL = "all"
    OWN = "own"
    """The KPIs of which the principal is the owner, or which the key lists by name."""


Cells = Mapping[Permission, Extent]

_EVERYTHING: Cells = dict.fromkeys(Permission, Extent.ALL)

MATRIX: Mapping[Role, Cells] = {
    Role.OWNER: _EVERYTHING,
    Role.ADMIN: _EVERYTHING,
    Role.STRATEGIST: {
        Permission.READ: Extent.ALL,
        Permission.READ_AS_OF: Extent.ALL,
        Permission.MEASURE: Extent.ALL,
        Permission.CORRECT: Extent.ALL,
        Permission.EDIT_SCORECARD: Extent.ALL,
        Permission.DEFINE_KPI: Extent.ALL,
        Permission.EDIT_KPI: Extent.ALL,
        Permission.PROVE: Extent.ALL,
    },
    Role.CONTRIBUTOR: {
        Permission.READ: Extent.ALL,
        Permission.READ_AS_OF: Extent.OWN,
        Permission.MEASURE: Extent.OWN,
        Permission.CORRECT: Extent.OWN,
        Permission.EDIT_KPI: Extent.OWN,
    },
    Role.VIEWER: {Permission.READ: Extent.ALL, Permission.READ_AS_OF: Extent.ALL},
    Role.AUDITOR: {
        Permission.READ: Extent.ALL,
        Permission.READ_AS_OF: Extent.ALL,
        Permission.PROVE: Extent.ALL,
        Permission.READ_LOG: Extent.ALL,
        Permission.READ_ACCESS: Extent.ALL,
        Permission.EXPORT: Extent.ALL,
    },
}
"""Role and permission to extent; a permission that is not there is not given."""

SCOPES: Mapping[Scope, frozenset[Permission]] = {
    Scope.READ: frozenset({Permission.READ, Permission.READ_AS_OF}),
    Scope.INGEST: frozenset({Permission.MEASURE, Permission.CORRECT}),
    Scope.WRITE: frozenset({Permission.EDIT_SCORECARD, Permission.DEFINE_KPI, Permission.EDIT_KPI}),
    Scope.AUDIT: frozenset({Permission.PROVE, Permission.READ_LOG, Permission.READ_ACCESS, Permission.EXPORT}),
    Scope.ADMIN: frozenset({Permission.READ_ACCESS, Permission.MANAGE_ACCESS, Permission.MANAGE_ORGANIZATION}),
}
"""What is left of a role under a scope; several scopes add up."""

PER_KPI = frozenset({Permission.MEASURE, Permission.CORRECT, Permission.DEFINE_KPI, Permission.EDIT_KPI})
"""Permissions that a key's list of KPIs narrows."""


def may(actor: Actor, permission: Permission, kpi: KpiId | None = None, kpi_owner: str | None = None) -> bool:
    """Whether the actor may do that, to that KPI whose owner is `kpi_owner`.

    Without a KPI it asks whether there may be one: a door that touches a KPI must ask again with it.
    """
    extent = MATRIX[actor.role].get(permission)
    if extent is None or permission not in within(actor.scopes):
        return False
    if kpi is None:
        return True
    listed = kpi in actor.kpis
    if extent is Extent.OWN:
        owned = kpi_owner == actor.principal and not actor.kpis
        return listed or owned
    return listed or not actor.kpis or permission not in PER_KPI


@lru_cache(maxsize=SCOPE_SETS_CACHED_MAX)
def within(scopes: frozenset[Scope]) -> frozenset[Permission]:
    """The permissions under these scopes; no scopes are no limit."""
    if not scopes:
        return frozenset(Permission)
    return frozenset().union(*(SCOPES[scope] for scope in scopes))
