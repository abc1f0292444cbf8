"""catch_up: what moves the progress of a projection, one bounded batch per transaction.

The worker, a rebuild and tests all come through here; the transaction of a command has projections.inline.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from uuid import UUID

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from infra.eventstore.log import Log
from projections import progress
from projections.progress import Progress
from projections.projection import Batch, Projection, Store
from projections.unfinished import Key, end_of, go_on

EVENTS_PER_TURN_MAX = 5_000
"""Of a call that others wait for: far behind, larger batches cost less per event, but a turn has to end."""
BATCHES_PER_CALL_MAX = 1_000_000
SECONDS_PER_BATCH = 3.0
"""After which a projection that can stop does so; past the deadline of the transaction nothing of it would stay."""

POISONOUS_SQLSTATES = ("21", "22", "23")
"""Classes of errors that a value causes; everything else of a database passes or concerns everybody."""


class Outcome(StrEnum):
    """How a call of catch_up ended."""

    CURRENT = "current"
    BEHIND = "behind"
    """The number of batches asked for is done and there is more."""
    BUSY = "busy"
    """Somebody else has the lease."""
    PARKED = "parked"


class Applied(Enum):
    """Whether all the work that events make is done."""

    WHOLE = "whole"
    PART = "part"


@dataclass(frozen=True, slots=True)
class _Bounds:
    """How far a batch may go, and the generations it reads from."""

    until: int
    sources: Mapping[str, int]


def catch_up(
    store: Store,
    tenant: UUID,
    projection: Projection,
    generation: int | None = None,
    *,
    events_max: int = EVENTS_PER_TURN_MAX,
    batches_max: int = BATCHES_PER_CALL_MAX,
) -> Outcome:
    """Bring the projection forward to the head in at most `batches_max` transactions; by default its live generation.

    A transaction takes at most `events_max` events, and never more than the projection does.
    A generation's first call begins it. Errors of the world (a lost connection, a full disk) are raised and leave the
    position of the last whole batch; an event that cannot be applied parks this generation just before it.
    """
    if generation is None:
        generation = _live_or_begun(store, tenant, projection)
    for _ in range(batches_max):
        outcome = _one_batch(store, tenant, projection, generation, events_max)
        if outcome in (Outcome.BUSY, Outcome.PARKED):
            return outcome
        # Whoever was sent away from the lease meanwhile relies on us: look at the head again, without the lease.
        if outcome is Outcome.CURRENT and not _behind(store, tenant, projection, generation):
            return outcome
    return Outcome.BEHIND


def step(store: Store, tenant: UUID, projection: Projection, generation: int) -> Outcome:
    """One batch, after which the caller looks at the head again: whoever was sent away from the lease relies on it."""
    return _one_batch(store, tenant, projection, generation, EVENTS_PER_TURN_MAX)


def _live_or_begun(store: Store, tenant: UUID, projection: Projection) -> int:
    with store.database.transaction(tenant) as connection:
        live = progress.live(connection, tenant, [projection.name])
        if not live:
            # Nothing begins for an organization that is not there: UnknownOrganization.
            store.logs.bind(connection, tenant).head()
            progress.begin(connection, tenant, [projection.name])
            live = progress.live(connection, tenant, [projection.name])
        return live[projection.name].generation


def _one_batch(store: Store, tenant: UUID, projection: Projection, generation: int, events_max: int) -> Outcome:
    ends_at = time.monotonic() + SECONDS_PER_BATCH
    with store.database.derived(tenant) as connection:
        leased = progress.lease(connection, tenant, projection.name, generation)
        if leased is None:
            return Outcome.BUSY
        if leased.status in (progress.PARKED, progress.RETIRED):
            return Outcome.PARKED
        log = store.logs.bind(connection, tenant)
        bounds = _bounds(connection, tenant, log, projection)
        if bounds.until <= leased.position:
            return Outcome.CURRENT
        return _Turn(connection, tenant, projection, leased, log, bounds, ends_at).take(
            min(events_max, projection.events_max)
        )


def _behind(store: Store, tenant: UUID, projection: Projection, generation: int) -> bool:
    with store.database.transaction(tenant) as connection:
        now = progress.one(connection, tenant, projection.name, generation)
        bounds = _bounds(connection, tenant, store.logs.bind(connection, tenant), projection)
        return now is not None and now.position < bounds.until


def _bounds(connection: Connection, tenant: UUID, log: Log, projection: Projection) -> _Bounds:
    """Never beyond the head, nor beyond a projection whose rows are read."""
    head = log.head().position
    if not projection.after:
        return _Bounds(head, {})
    read = progress.live(connection, tenant, projection.after)
    reached = [read[name].position if name in read else 0 for name in projection.after]
    return _Bounds(min(head, *reached), {name: each.generation for name, each in read.items()})


@dataclass(slots=True)
class _Turn:
    """One transaction with the lease."""

    connection: Connection
    tenant: UUID
    projection: Projection
    leased: Progress
    log: Log
    bounds: _Bounds
    ends_at: float

    def take(self, events_max: int) -> Outcome:
        """Up to `events_max` events; on a poisonous one everything before it, and then park."""
        start = self.leased.position
        wanted = end_of(self._key, start, min(start + events_max, self.bounds.until)) - start
        applied = self._attempt(start, wanted)
        if applied is Applied.PART:
            go_on(self._key, start + wanted)
            return Outcome.BEHIND
        if applied is Applied.WHOLE:
            self._move(start, start + wanted)
            return Outcome.CURRENT if start + wanted == self.bounds.until else Outcome.BEHIND
        reached, error = self._good_prefix(start, wanted, applied)
        if reached > start:
            self._move(start, reached)
        if error is None:
            return Outcome.BEHIND
        self._park(_described(error, reached + 1))
        return Outcome.PARKED

    def _park(self, error: str) -> None:
        name, generation = self.projection.name, self.leased.generation
        progress.set_status(self.connection, self.tenant, name, generation, progress.PARKED, error)

    def _good_prefix(self, start: int, bad: int, error: Exception | None) -> tuple[int, Exception | None]:
        """By halving, the events before the first poisonous one applied, and what that one raises.

        `error` is what the `bad` events after the start raised. None instead of an error: in smaller steps all went
        well, or one of them takes more transactions.
        """
        reached = start
        while bad and (bad > 1 or error is None):
            count = max(1, bad // 2)
            applied = self._attempt(reached, count)
            if applied is Applied.PART:
                go_on(self._key, reached + count)
                return reached, None
            if applied is Applied.WHOLE:
                reached, bad, error = reached + count, bad - count, None
            else:
                bad, error = count, applied
        return reached, error

    @property
    def _key(self) -> Key:
        return self.tenant, self.projection.name, self.leased.generation

    def _attempt(self, position: int, count: int) -> Applied | Exception:
        """Apply exactly `count` events after the position, or nothing; the error, if it is one of the events'."""
        try:
            with self.connection.begin_nested():
                batch = Batch(
                    self.connection,
                    self.tenant,
                    self.leased.generation,
                    position + 1,
                    position + count,
                    self.log,
                    self.bounds.sources,
                    ends_at=self.ends_at,
                )
                return Applied.PART if self.projection.apply(batch) is False else Applied.WHOLE
        except Exception as error:
            if not _poisonous(error):
                raise
            return error

    def _move(self, start: int, reached: int) -> None:
        name, generation = self.projection.name, self.leased.generation
        progress.move(self.connection, self.tenant, name, generation, start, reached)


def _poisonous(error: Exception) -> bool:
    """Whether the event is to blame, rather than the world around it."""
    if isinstance(error, DBAPIError):
        return (getattr(error.orig, "sqlstate", None) or "").startswith(POISONOUS_SQLSTATES)
    return not isinstance(error, OSError | MemoryError)


def _described(error: Exception, position: int) -> str:
    """Where and what, without the values a database error would repeat."""
    what = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    first_line = str(what).partition("\n")[0]
    return f"position {position}: {type(what).__name__}: {first_line}"
