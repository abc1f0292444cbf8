"""What is known of an organization as such: name, calendar, policies, keys."""

from dataclasses import dataclass, field
from datetime import datetime

from domain.calendar import Calendar
from domain.policy import PolicyKnown
from domain.values import KpiId
from tenants.access import Role, Scope


@dataclass(frozen=True, slots=True)
class KeyKnown:
    """A key that was issued; it is live until it is revoked or expires."""

    key_id: str
    principal: str
    role: Role
    scopes: frozenset[Scope] = field(default=frozenset())
    kpis: frozenset[KpiId] = field(default=frozenset())
    expires_at: datetime | None = None
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class Organization:
    """Not founded while `code` is empty. `policies` in order of position, without the built-in one."""

    code: str = ""
    name: str = ""
    calendar: Calendar = field(default=Calendar())
    policies: tuple[PolicyKnown, ...] = field(default=())
    keys: tuple[KeyKnown, ...] = field(default=())


def live(key: KeyKnown, as_of: datetime) -> bool:
    """Whether the key opens doors at that instant."""
    return not key.revoked and (key.expires_at is None or as_of < key.expires_at)


def key_of(organization: Organization, key_id: str) -> KeyKnown | None:
    """The key of that id, live or not."""
    return next((key for key in organization.keys if key.key_id == key_id), None)
