"""The transaction in which everything is changed, and what happens when the world gets in the way.

Claim the key, lock the head, let `work` decide, append, move the inline projections, settle the answer, commit, wake.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from domain.measurement.commands import MeasurementCommand
from infra.database import exchange
from infra.database_errors import CommitUnknown, Unavailable, classify, sqlstate
from infra.eventstore import idempotency
from infra.eventstore.errors import HeadMoved, KeyInProgress, VersionConflict
from infra.eventstore.idempotency import Answered
from infra.eventstore.log import Head, Log, Metadata, NewEvent, Recorded, locking_head
from infra.round_trip import RoundTrip
from projections import inline
from services.bundle import App
from services.commands import Answer, CommandKey
from services.known import Known
from services.values_in_force import ValuesInForce, expecting
from tenants.access import Actor

ATTEMPTS_MAX = 3
PAUSE_SECONDS = 0.05
ROLLED_BACK_STATES = ("40001", "40P01")
"""Serialization failure and deadlock: nothing happened, the same again may go well."""

Alongside = Callable[[Connection, tuple[Recorded, ...]], None]
Prepare = Callable[[Connection, Log], None]


@dataclass(frozen=True, slots=True)
class Decided:
    """What a work came to: events in order, and the answer once they are recorded (canonical JSON, its position)."""

    events: tuple[NewEvent, ...]
    answer: Callable[[tuple[Recorded, ...], Head], tuple[bytes, int]]


Work = Callable[[Known], Decided]


@dataclass(frozen=True, slots=True)
class Task:
    """A work, and what goes with it: see transact()."""

    work: Work
    meeting: Sequence[MeasurementCommand]
    prepare: Prepare | None
    alongside: Alongside | None


def transact(
    app: App,
    actor: Actor,
    key: CommandKey,
    work: Work,
    *,
    meeting: Sequence[MeasurementCommand] = (),
    prepare: Prepare | None = None,
    alongside: Alongside | None = None,
) -> Answer:
    """Do the work once, whatever happens to the connection; its answer, or that of the first request with this key.

    The values that the commands in `meeting` will meet are read in the round trip that locks the head.

    A lost reply to COMMIT is no outcome: the key is looked up by claiming it again, and the work done only if nothing
    was committed. Raises what `work` raises, KeyReused, KeyInProgress, CatalogBehind, Unavailable.
    """
    task = Task(work, meeting, prepare, alongside)
    uncertain = False
    for attempt in range(1, ATTEMPTS_MAX + 1):
        try:
            answer = _once(app, actor, key, task)
        except (VersionConflict, HeadMoved, CommitUnknown, KeyInProgress, DBAPIError) as error:
            uncertain = uncertain or isinstance(error, CommitUnknown)
            if not _worth_repeating(error, uncertain):
                raise
            failure = error
            time.sleep(PAUSE_SECONDS * attempt)
        else:
            if uncertain or not answer.replayed:
                app.wake(actor.tenant, answer.position)
            return Answer(answer.body, answer.position, answer.replayed and not uncertain)
    raise Unavailable(f"gave up after {ATTEMPTS_MAX} attempts") from failure


def _worth_repeating(error: Exception, uncertain: bool) -> bool:
    """After a lost COMMIT every failure to reach the database is: the caller wants to know what became of it.

    So is a key in progress, for then it is our own COMMIT that the server has not ended yet.
    """
    if isinstance(error, KeyInProgress):
        return uncertain
    if not isinstance(error, DBAPIError):
        return True
    return sqlstate(error) in ROLLED_BACK_STATES or (uncertain and isinstance(classify(error), Unavailable))


def _once(app: App, actor: Actor, key: CommandKey, task: Task) -> Answer:
    """Two round trips and the COMMIT: everything there is to know, then everything there is to write."""
    if task.prepare is None:
        _fold_definitions(app, actor.tenant)
    named = actor.tenant, actor.principal, key.key
    opening = RoundTrip()
    claiming = opening.ask(idempotency.claiming(*named, key.fingerprint))
    locking = opening.ask(locking_head(actor.tenant))
    standing = opening.ask(inline.standing(actor.tenant, app.projections))
    expected = expecting(opening, actor.tenant, task.meeting)
    with app.database.transaction(actor.tenant, opening=opening if task.prepare is None else None) as connection:
        log = app.logs.bind(connection, actor.tenant)
        if task.prepare is not None:
            task.prepare(connection, log)
            exchange(connection, opening)
        claimed = idempotency.claimed(connection, claiming, *named, key.fingerprint)
        if isinstance(claimed, Answered):
            return Answer(claimed.answer, claimed.last or 0, replayed=True)
        head = log.take_head(locking)
        values = ValuesInForce(connection, actor.tenant, expected)
        decided = task.work(Known(actor, log, head, app.definitions, values))
        writing = RoundTrip()
        recorded = log.append(decided.events, _metadata(actor, key), writing)
        inline.catch_up_inline(connection, writing, log, actor.tenant, app.projections, standing, recorded)
        body, position = decided.answer(recorded, head)
        first = recorded[0].position if recorded else None
        writing.ask(idempotency.settling(*named, body, first, position))
        exchange(connection, writing)
        if task.alongside is not None:
            task.alongside(connection, recorded)
    return Answer(body, position, replayed=False)


def _fold_definitions(app: App, tenant: UUID) -> None:
    """What must be read for it is read before the head is locked."""
    if not app.definitions.keeps(tenant):
        with app.database.transaction(tenant) as connection:
            app.definitions.prepare(app.logs.bind(connection, tenant))


def _metadata(actor: Actor, key: CommandKey) -> Metadata:
    return Metadata(
        actor=actor.principal,
        command_id=key.key,
        role=actor.role.value,
        key_id=actor.key_id,
        request_id=key.request_id,
    )
