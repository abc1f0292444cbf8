"""The directory: which organizations exist and which digests open them. What must be deletable, never in a log.

Not tenant tables: they hold no content, and every query asks by digest, id or an organization's own code.
A revoked key and a redeemed page token are gone; their history is in the organization's log.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, Connection, DateTime, ForeignKey, LargeBinary, Table, Text, Uuid, delete, insert, select
from sqlalchemy.dialects.postgresql import ARRAY

from domain.values import KpiId
from infra.database import metadata
from tenants.access import Actor, Role, Scope

organization = Table(
    "organization",
    metadata,
    Column("organization_id", Uuid, primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("founded_at", DateTime(timezone=True), nullable=False),
)

api_key = Table(
    "api_key",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("key_id", Uuid, nullable=False, unique=True),
    Column("organization_id", ForeignKey(organization.c.organization_id), nullable=False),
    Column("principal", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("kpis", ARRAY(Text), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True)),
)

page_token = Table(
    "page_token",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("organization_id", ForeignKey(organization.c.organization_id), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
)


@dataclass(frozen=True, slots=True)
class Credential:
    """What a key opens, until when."""

    actor: Actor
    expires_at: datetime | None


def add_organization(connection: Connection, organization_id: UUID, code: str, now: datetime) -> None:
    """Enter an organization; a unique violation means that the code is taken."""
    connection.execute(insert(organization).values(organization_id=organization_id, code=code, founded_at=now))


def organization_by_code(connection: Connection, code: str) -> UUID | None:
    """The organization of that code."""
    return connection.execute(
        select(organization.c.organization_id).where(organization.c.code == code)
    ).scalar_one_or_none()


def add_key(connection: Connection, digest: bytes, actor: Actor, expires_at: datetime | None, now: datetime) -> None:
    """Let a key act as `actor`, whose `key_id` is the key's."""
    assert actor.key_id is not None, "an actor of a key names the key"
    connection.execute(
        insert(api_key).values(
            digest=digest,
            key_id=UUID(actor.key_id),
            organization_id=actor.tenant,
            principal=actor.principal,
            role=actor.role.value,
            scopes=sorted(scope.value for scope in actor.scopes),
            kpis=sorted(actor.kpis),
            created_at=now,
            expires_at=expires_at,
        )
    )


def key_by_digest(connection: Connection, digest: bytes) -> Credential | None:
    """What the key with that digest opens; None when it is unknown or revoked. Whether it is over is for the caller."""
    row = connection.execute(select(api_key).where(api_key.c.digest == digest)).one_or_none()
    if row is None:
        return None
    actor = Actor(
        tenant=row.organization_id,
        principal=row.principal,
        role=Role(row.role),
        scopes=frozenset(Scope(scope) for scope in row.scopes),
        kpis=frozenset(KpiId(kpi) for kpi in row.kpis),
        key_id=str(row.key_id),
    )
    return Credential(actor, row.expires_at)


def remove_key(connection: Connection, organization_id: UUID, key_id: UUID) -> None:
    """The key opens nothing from the commit on."""
    connection.execute(delete(api_key).where(api_key.c.key_id == key_id, api_key.c.organization_id == organization_id))


def add_page_token(
    connection: Connection, digest: bytes, organization_id: UUID, expires_at: datetime, now: datetime
) -> None:
    """Let a token open the read-only pages of an organization once."""
    connection.execute(
        insert(page_token).values(digest=digest, organization_id=organization_id, created_at=now, expires_at=expires_at)
    )


def redeem_page_token(connection: Connection, digest: bytes, now: datetime) -> UUID | None:
    """The organization whose pages the token opens; it opens them this once. None when unknown, used or over."""
    row = connection.execute(
        delete(page_token)
        .where(page_token.c.digest == digest)
        .returning(page_token.c.organization_id, page_token.c.expires_at)
    ).one_or_none()
    return row.organization_id if row is not None and now < row.expires_at else None


def purge_page_tokens(connection: Connection, now: datetime) -> int:
    """Forget the tokens that were never used and no longer open anything; how many there were."""
    return connection.execute(delete(page_token).where(page_token.c.expires_at <= now)).rowcount
