"""API keys: issued and revoked in the log and in the directory at once. The key itself is shown and never stored.

What is stored of the answer is a nonce; with the token key of the settings it gives the same key again to a repetition.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from secrets import token_bytes
from uuid import UUID

from msgspec import Struct, json
from sqlalchemy import Connection

from domain.values import KpiId
from infra import clock
from infra.eventstore.log import Head, Recorded
from services import routes
from services.app import execute
from services.bundle import App
from services.commands import Answer, CommandKey
from services.known import Known
from services.transaction import Decided, transact
from tenants import credentials
from tenants.access import Actor, Role, Scope
from tenants.organization.commands import IssueApiKey, RevokeApiKey
from tenants.tokens import TokenKind, derived_secret, digest, token_of

NONCE_SIZE_BYTES = 16


@dataclass(frozen=True, slots=True)
class WantedKey:
    """No scopes means all of the role, no KPIs all KPIs; without a principal the key acts for a new one."""

    name: str
    role: Role
    scopes: frozenset[Scope] = field(default=frozenset())
    kpis: frozenset[KpiId] = field(default=frozenset())
    expires_at: datetime | None = None
    principal: str | None = None


class KeyRecord(Struct, frozen=True):
    """What is stored of an issued key."""

    organization: UUID
    key_id: str
    principal: str
    nonce: bytes
    position: int


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A key as it is shown once, and again to a repetition of the same request."""

    organization: UUID
    key_id: str
    principal: str
    token: str
    position: int
    replayed: bool


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key about to be issued: the command for the log, the row for the directory, the record for the answer."""

    command: IssueApiKey
    actor: Actor
    nonce: bytes
    token: str

    def enter(self, connection: Connection) -> None:
        """Let the key open the organization."""
        credentials.add_key(connection, digest(self.token), self.actor, self.command.expires_at, clock.now())

    def answer(self, recorded: tuple[Recorded, ...], head: Head) -> tuple[bytes, int]:
        """What is stored for a repetition."""
        position = recorded[-1].position
        record = KeyRecord(self.actor.tenant, self.command.key_id, self.command.principal, self.nonce, position)
        return json.encode(record), position


def issue_key(app: App, actor: Actor, wanted: WantedKey, key: CommandKey) -> IssuedKey:
    """Issue a key. Raises Forbidden, and Refused when it would have more rights than who issues it."""
    new = new_key(app, actor.tenant, wanted)
    routes.check_permission(actor, new.command)
    answer = transact(app, actor, key, issuing(new), alongside=lambda connection, _: new.enter(connection))
    return issued(app, answer)


def revoke_key(app: App, actor: Actor, key_id: UUID, reason: str | None, key: CommandKey) -> Answer:
    """Revoke a key: it opens nothing within a second. Raises Forbidden, NotFound."""

    def forget(connection: Connection, _: tuple[Recorded, ...]) -> None:
        credentials.remove_key(connection, actor.tenant, key_id)

    return execute(app, actor, [RevokeApiKey(str(key_id), reason)], key, alongside=forget)


def new_key(app: App, organization: UUID, wanted: WantedKey) -> NewKey:
    """A fresh key for an organization; nothing has happened yet."""
    key_id, nonce = str(clock.new_id()), token_bytes(NONCE_SIZE_BYTES)
    principal = wanted.principal or str(clock.new_id())
    command = IssueApiKey(key_id, wanted.name, principal, wanted.role, wanted.scopes, wanted.kpis, wanted.expires_at)
    actor = Actor(organization, principal, wanted.role, wanted.scopes, wanted.kpis, key_id)
    return NewKey(command, actor, nonce, _token(app, nonce))


def issuing(new: NewKey) -> Callable[[Known], Decided]:
    """The work of issuing one key."""

    def work(known: Known) -> Decided:
        routes.decide(known, new.command)
        return Decided(tuple(known.events), new.answer)

    return work


def issued(app: App, answer: Answer) -> IssuedKey:
    """The key of a stored answer, made again from its nonce."""
    record = json.decode(answer.body, type=KeyRecord)
    return IssuedKey(
        organization=record.organization,
        key_id=record.key_id,
        principal=record.principal,
        token=_token(app, record.nonce),
        position=record.position,
        replayed=answer.replayed,
    )


def _token(app: App, nonce: bytes) -> str:
    return token_of(TokenKind.API_KEY, derived_secret(app.settings.token_key_bytes, nonce))
