"""One effect per command: a row in steelyard.command, written in the transaction of the command itself.

claim first, settle before the commit. A duplicate in flight waits for the first one at the key of the table, for as
long as the lock time-out; then it reads the first answer, or, if the first rolled back, becomes the first.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import psycopg
from sqlalchemy import Connection

from infra.database import exchange
from infra.database_errors import LOCK_TIMEOUT
from infra.eventstore.errors import KeyInProgress, KeyReused
from infra.round_trip import Question, Reply, RoundTrip

RETENTION = timedelta(days=7)
PURGE_ROWS_MAX = 5_000

_CLAIM = (
    "INSERT INTO steelyard.command (tenant_id, principal, key, fingerprint)"
    " VALUES (%(tenant)s, %(principal)s, %(key)s, %(fingerprint)s) ON CONFLICT DO NOTHING RETURNING key"
)
_LOOK_UP = (
    "SELECT fingerprint, answer, first_position, last_position FROM steelyard.command"
    " WHERE tenant_id = %(tenant)s AND principal = %(principal)s AND key = %(key)s"
)
_SETTLE = (
    "UPDATE steelyard.command SET answer = %(answer)s, first_position = %(first)s, last_position = %(last)s"
    " WHERE tenant_id = %(tenant)s AND principal = %(principal)s AND key = %(key)s"
)
_PURGE = (
    "DELETE FROM steelyard.command WHERE tenant_id = %(tenant)s AND (principal, key) IN"
    " (SELECT principal, key FROM steelyard.command WHERE tenant_id = %(tenant)s AND created_at < %(before)s"
    " ORDER BY created_at LIMIT %(limit)s)"
)


@dataclass(frozen=True, slots=True)
class Claimed:
    """The command is ours to carry out."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The command was carried out before: what was answered, and the positions it wrote (None for none)."""

    answer: bytes
    first: int | None
    last: int | None


def claiming(tenant: UUID, principal: str, key: str, fingerprint: bytes) -> Question:
    """The question that makes the key this transaction's; `claimed` reads its reply.

    Raises KeyInProgress after the lock time-out.
    """

    def refused(error: psycopg.Error) -> KeyInProgress | None:
        return KeyInProgress(key) if error.sqlstate == LOCK_TIMEOUT else None

    return Question(_CLAIM, _parameters(tenant, principal, key) | {"fingerprint": fingerprint}, refused)


def claimed(
    connection: Connection, reply: Reply, tenant: UUID, principal: str, key: str, fingerprint: bytes
) -> Claimed | Answered:
    """Whether the key is ours, or the answer given to it. Raises KeyReused for another request, KeyInProgress."""
    if reply.rows:
        return Claimed()
    answered = lookup(connection, tenant, principal, key, fingerprint)
    if answered is None:
        # Purged between the two statements, or settled without an answer, which nobody does.
        raise KeyInProgress(key)
    return answered


def claim(connection: Connection, tenant: UUID, principal: str, key: str, fingerprint: bytes) -> Claimed | Answered:
    """Make the key this transaction's, or find the answer given to it.

    Raises KeyReused for another request under the key, KeyInProgress after the lock time-out: the transaction is then
    of no more use.
    """
    trip = RoundTrip()
    reply = trip.ask(claiming(tenant, principal, key, fingerprint))
    exchange(connection, trip)
    return claimed(connection, reply, tenant, principal, key, fingerprint)


def settling(
    tenant: UUID, principal: str, key: str, answer: bytes, first: int | None = None, last: int | None = None
) -> Question:
    """Keeps the answer under the claimed key; it counts once the transaction is committed."""
    parameters = _parameters(tenant, principal, key) | {"answer": answer, "first": first, "last": last}
    return Question(_SETTLE, parameters, checked=_check_settled)


def _check_settled(reply: Reply) -> None:
    assert reply.count == 1, "a key is claimed before it is settled"


def settle(
    connection: Connection,
    tenant: UUID,
    principal: str,
    key: str,
    answer: bytes,
    first: int | None = None,
    last: int | None = None,
) -> None:
    """The same at once."""
    exchange(connection, RoundTrip([Reply(settling(tenant, principal, key, answer, first, last))]))


def lookup(
    connection: Connection, tenant: UUID, principal: str, key: str, fingerprint: bytes | None = None
) -> Answered | None:
    """What was answered, after a lost reply to COMMIT: None if nothing was, and then the same command is sent again.

    A COMMIT may still be on its way in the server; the second command then waits for it in `claim`. Raises KeyReused.
    """
    found = connection.exec_driver_sql(_LOOK_UP, _parameters(tenant, principal, key)).one_or_none()
    if found is None or found.answer is None:
        return None
    if fingerprint is not None and found.fingerprint != fingerprint:
        raise KeyReused(key)
    return Answered(found.answer, found.first_position, found.last_position)


def purge(connection: Connection, tenant: UUID, now: datetime) -> int:
    """Forget the oldest keys past their retention, at most PURGE_ROWS_MAX; how many went."""
    parameters = {"tenant": tenant, "before": now - RETENTION, "limit": PURGE_ROWS_MAX}
    return connection.exec_driver_sql(_PURGE, parameters).rowcount


def _parameters(tenant: UUID, principal: str, key: str) -> dict[str, object]:
    return {"tenant": tenant, "principal": principal, "key": key}
