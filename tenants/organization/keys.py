"""Rules of keys: nobody grants more than they have, and somebody can always let others in."""

from datetime import UTC

from domain.errors import Invalid, NotFound, Refused
from domain.values import FreeText, KpiId, code, free_text, name
from tenants.access import KEYLESS, Actor, Permission, Role, within
from tenants.organization.commands import IssueApiKey, OrganizationContext, RevokeApiKey
from tenants.organization.events import ApiKeyIssued, ApiKeyRevoked
from tenants.organization.state import KeyKnown, Organization, key_of, live

LIVE_KEYS_MAX = 500
KEYS_MAX = 20_000
"""Ever issued in one organization."""
KPIS_PER_KEY_MAX = 500

_RANK = {Role.OWNER: 4, Role.ADMIN: 3, Role.STRATEGIST: 2, Role.AUDITOR: 2, Role.CONTRIBUTOR: 1, Role.VIEWER: 0}


def issued(command: IssueApiKey, organization: Organization, context: OrganizationContext) -> ApiKeyIssued:
    """Raises Refused `key-exists`, `too-many-keys`, `grant-exceeds-own`, Invalid `expiry-not-ahead`,
    `expiry-missing` (an auditor's key ends some day), `kpis-invalid`, `principal-reserved`, and what codes and names
    refuse."""
    if key_of(organization, code(command.key_id, "/key_id")) is not None:
        raise Refused("key-exists", f"there is a key {command.key_id!r} already", "/key_id")
    used = sum(live(key, context.as_of) for key in organization.keys)
    if used >= LIVE_KEYS_MAX or len(organization.keys) >= KEYS_MAX:
        raise Refused("too-many-keys", f"an organization may have at most {LIVE_KEYS_MAX} live keys: revoke some")
    _check_expiry(command, context)
    if context.grantor is not None:
        _refuse_more_than_own(command, context.grantor)
    return ApiKeyIssued(
        key_id=command.key_id,
        name=FreeText(name(command.name)),
        principal=_checked_principal(command.principal),
        role=command.role,
        scopes=tuple(sorted(command.scopes)),
        kpis=_checked_kpis(command.kpis),
        expires_at=None if command.expires_at is None else command.expires_at.astimezone(UTC),
    )


def revoked(command: RevokeApiKey, organization: Organization, context: OrganizationContext) -> ApiKeyRevoked:
    """Raises NotFound `key-unknown`, Refused `key-revoked` and `last-owner`."""
    key = key_of(organization, command.key_id)
    if key is None:
        raise NotFound("key-unknown", f"there is no key {command.key_id!r}", "/key_id")
    if key.revoked:
        raise Refused("key-revoked", f"the key {command.key_id!r} is revoked already", "/key_id")
    others = [each for each in organization.keys if each.key_id != key.key_id]
    if _is_owner(key, context) and not any(_is_owner(each, context) for each in others):
        detail = "this is the last owner's key that can manage access: issue another owner's key first"
        raise Refused("last-owner", detail, "/key_id")
    return ApiKeyRevoked(key.key_id, free_text(command.reason) if command.reason is not None else None)


def _is_owner(key: KeyKnown, context: OrganizationContext) -> bool:
    """An owner's key that can let others in; a narrower one does not keep an organization open."""
    manages = key.role is Role.OWNER and Permission.MANAGE_ACCESS in within(key.scopes) and not key.kpis
    return manages and live(key, context.as_of)


def _check_expiry(command: IssueApiKey, context: OrganizationContext) -> None:
    if command.expires_at is None:
        if command.role is Role.AUDITOR:
            raise Invalid("expiry-missing", "/expires_at must be given: the role of an auditor ends", "/expires_at")
        return
    if command.expires_at.tzinfo is None or command.expires_at <= context.as_of:
        raise Invalid("expiry-not-ahead", "/expires_at must lie in the future, with its offset", "/expires_at")


def _refuse_more_than_own(command: IssueApiKey, grantor: Actor) -> None:
    """Role, scopes and KPIs of the key each lie within the grantor's; no scopes and no KPIs mean all of them."""
    checks = (
        ("role", _RANK[command.role] <= _RANK[grantor.role]),
        ("scopes", not grantor.scopes or (bool(command.scopes) and command.scopes <= grantor.scopes)),
        ("kpis", not grantor.kpis or (bool(command.kpis) and command.kpis <= grantor.kpis)),
    )
    for field, allowed in checks:
        if not allowed:
            raise Refused("grant-exceeds-own", f"/{field} would give more than the grantor has", f"/{field}")


def _checked_principal(principal: str) -> str:
    """Whoever founds or sits at the machine is asked for nothing: a key in their name would not be either."""
    if code(principal, "/principal").lower() in KEYLESS:
        detail = f"/principal may not be {principal!r}: the service acts under that name itself"
        raise Invalid("principal-reserved", detail, "/principal")
    return principal


def _checked_kpis(kpis: frozenset[KpiId]) -> tuple[KpiId, ...]:
    if len(kpis) > KPIS_PER_KEY_MAX:
        raise Invalid("kpis-invalid", f"/kpis may hold at most {KPIS_PER_KEY_MAX}", "/kpis")
    return tuple(KpiId(code(each, f"/kpis/{index}")) for index, each in enumerate(sorted(kpis)))
