"""The event sourcing library's recorder, bound to one organization: the only statements that touch the event table.

`scope` gives the connection: that of the transaction in hand, or a transaction of its own for each call.
Positions are gapless and in the order of commits, because the head row stays locked from the append to the commit.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from uuid import UUID

import psycopg
from eventsourcing.persistence import ApplicationRecorder, Notification, StoredEvent
from sqlalchemy import Connection

from infra import arrays
from infra.database import exchange
from infra.database_errors import UNIQUE_VIOLATION
from infra.eventstore.canonical import JsonValue, dumps
from infra.eventstore.codec import parse_topic, topic_of
from infra.eventstore.errors import HeadMoved, VersionConflict
from infra.eventstore.leaf import StoredRow
from infra.eventstore.subscription import HeadSubscription
from infra.round_trip import Question, Reply, RoundTrip

FACT_VERSION = -1
"""Instead of a version: the event is a fact, and its version is the position it gets."""

Scope = Callable[[], AbstractContextManager[Connection]]
Parameters = dict[str, object]

_APPEND = """
WITH head AS (
    UPDATE steelyard.tenant_head
    SET position = position + %(count)b, recorded_at = greatest(recorded_at, now()),
        definition_position = CASE WHEN %(defined)b > 0 THEN position + %(defined)b ELSE definition_position END
    WHERE tenant_id = %(tenant)b
    RETURNING position - %(count)b AS start, recorded_at
)
INSERT INTO steelyard.event
    (tenant_id, position, stream, version, name, schema, body, metadata, recorded_at, fact, leaf)
SELECT
    %(tenant)b,
    head.start + item.ordinal,
    item.stream,
    CASE WHEN item.version < 0 THEN head.start + item.ordinal ELSE item.version END,
    item.name,
    item.schema,
    item.body,
    (%(metadata)b::bytea[])[item.batch],
    head.recorded_at,
    item.version < 0,
    sha256(
        '\\x0001'::bytea
        || uuid_send(%(tenant)b)
        || int8send(head.start + item.ordinal)
        || int4send(octet_length(convert_to(item.stream, 'UTF8'))) || convert_to(item.stream, 'UTF8')
        || int8send(CASE WHEN item.version < 0 THEN head.start + item.ordinal ELSE item.version END)
        || CASE WHEN item.version < 0 THEN '\\x01'::bytea ELSE '\\x00'::bytea END
        || int4send(octet_length(convert_to(item.name, 'UTF8'))) || convert_to(item.name, 'UTF8')
        || int4send(item.schema)
        || int8send((extract(epoch FROM head.recorded_at) * 1000000)::bigint)
        || sha256(item.body)
        || sha256((%(metadata)b::bytea[])[item.batch])
    )
FROM head, unnest(
    %(streams)b::text[], %(versions)b::bigint[], %(names)b::text[], %(schemas)b::integer[], %(bodies)b::bytea[],
    %(batches)b::integer[]
) WITH ORDINALITY AS item (stream, version, name, schema, body, batch, ordinal)
RETURNING position
"""

_COLUMNS = "position, stream, version, name, schema, body, metadata, recorded_at, fact, leaf"
_OF_STREAM = (
    f"SELECT {_COLUMNS} FROM steelyard.event"  # noqa: S608 - constants
    " WHERE tenant_id = %(tenant)s AND stream = %(stream)s AND version > %(after)s AND version <= %(until)s"
    " AND position <= %(position)s"
)
_OF_LOG = (
    f"SELECT {_COLUMNS} FROM steelyard.event"  # noqa: S608 - constants
    " WHERE tenant_id = %(tenant)s AND position > %(after)s AND position <= %(until)s"
)
_HEAD = "SELECT position FROM steelyard.tenant_head WHERE tenant_id = %(tenant)s"
_OF_TOPICS = " AND (name, schema) IN (SELECT * FROM unnest(%(names)s::text[], %(schemas)s::integer[]))"

LAST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Batch:
    """Events of one command, with the metadata they share. Several can be appended by one statement."""

    events: Sequence[StoredEvent]
    metadata: bytes


class TenantRecorder(ApplicationRecorder):
    """Inserts and selects the events of one organization."""

    def __init__(self, scope: Scope, tenant: UUID) -> None:
        self._scope = scope
        self._tenant = tenant

    def insert_events(self, stored_events: Sequence[StoredEvent], **metadata: JsonValue) -> Sequence[int]:
        """Append; the positions, in the order given. Raises VersionConflict, HeadMoved."""
        return self.insert([Batch(stored_events, dumps(metadata))])

    def insert(self, batches: Sequence[Batch]) -> Sequence[int]:
        """Append several commands' events at once: all of them or none."""
        if not any(batch.events for batch in batches):
            return []
        trip = RoundTrip()
        reply = trip.ask(inserting(self._tenant, batches))
        with self._scope() as connection:
            exchange(connection, trip)
        return _positions(reply)

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """The events of a stream in order of version."""
        rows = self.stream(str(originator_id), after=gt, until=lte, descending=desc, limit=limit)
        return [StoredEvent(row.stream, row.version, topic_of(row.name, row.schema), row.body) for row in rows]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """The events of the log in order of position."""
        after = (start or 0) - (1 if inclusive_of_start and start is not None else 0)
        rows = self.log(after=after, until=stop, limit=limit, topics=topics)
        return [
            Notification(row.stream, row.version, topic_of(row.name, row.schema), row.body, row.position)
            for row in rows
        ]

    def max_notification_id(self) -> int | None:
        """The position of the head; None for an empty log."""
        with self._scope() as connection:
            return connection.exec_driver_sql(_HEAD, {"tenant": self._tenant}).scalar() or None

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> HeadSubscription:
        """Everything after `gt`, then whatever comes."""
        return HeadSubscription(self, gt=gt, topics=topics)

    def stream(
        self,
        stream: str,
        *,
        after: int | None = None,
        until: int | None = None,
        position: int | None = None,
        descending: bool = False,
        limit: int | None = None,
    ) -> tuple[StoredRow, ...]:
        """Rows of a stream with after < version <= until that were in the log at `position`."""
        order = f" ORDER BY version {'DESC' if descending else 'ASC'}" + (" LIMIT %(limit)s" if limit else "")
        parameters = {
            "stream": stream,
            "after": -1 if after is None else after,
            "until": LAST if until is None else until,
            "position": LAST if position is None else position,
            "limit": limit,
        }
        return self._rows(_OF_STREAM + order, parameters)

    def log(
        self,
        *,
        after: int,
        limit: int,
        until: int | None = None,
        topics: Sequence[str] = (),
        facts: bool | None = None,
    ) -> tuple[StoredRow, ...]:
        """Rows with after < position <= until; of facts or of definitions only, if asked."""
        parameters: Parameters = {"after": after, "until": LAST if until is None else until, "limit": limit}
        statement = _OF_LOG
        if topics:
            names, schemas = zip(*map(parse_topic, topics), strict=True)
            statement += _OF_TOPICS
            parameters |= {"names": list(names), "schemas": list(schemas)}
        if facts is not None:
            statement += " AND fact" if facts else " AND NOT fact"  # as the partial index has it
        return self._rows(statement + " ORDER BY position LIMIT %(limit)s", parameters)

    def _rows(self, statement: str, parameters: Mapping[str, object]) -> tuple[StoredRow, ...]:
        with self._scope() as connection:
            found = connection.exec_driver_sql(statement, {**parameters, "tenant": self._tenant})
            return tuple(StoredRow(*row) for row in found)


class TravellingRecorder(TenantRecorder):
    """Its events travel with whatever else is sent in a round trip; their positions are those behind a locked head."""

    def __init__(self, scope: Scope, tenant: UUID, trip: RoundTrip, after: int) -> None:
        super().__init__(scope, tenant)
        self._trip = trip
        self._after = after

    def insert_events(self, stored_events: Sequence[StoredEvent], **metadata: JsonValue) -> Sequence[int]:
        """Append once the round trip is made, which raises VersionConflict, HeadMoved; no positions are told here."""
        self._trip.ask(inserting(self._tenant, [Batch(stored_events, dumps(metadata))], self._after))
        return []


def inserting(tenant: UUID, batches: Sequence[Batch], after: int | None = None) -> Question:
    """The one statement that appends; `after` is the position of the head, if it is locked."""
    events = [(event, number) for number, batch in enumerate(batches, 1) for event in batch.events]

    def checked(reply: Reply) -> None:
        positions = _positions(reply)
        if len(positions) != len(events):
            # On Citus, while a shard moves, a head can be missing for a moment; taking this for success loses events.
            raise HeadMoved("the head did not move")
        if after is not None and positions[0] != after + 1:
            raise HeadMoved("somebody else appended under the lock")

    parameters = _arrays(events) | {
        "tenant": tenant,
        "count": len(events),
        "metadata": arrays.Binaries([batch.metadata for batch in batches]),
    }
    return Question(_APPEND, parameters, _version_conflict, checked)


def _version_conflict(error: psycopg.Error) -> VersionConflict | None:
    return VersionConflict("a stream has grown since it was loaded") if error.sqlstate == UNIQUE_VIOLATION else None


def _positions(reply: Reply) -> Sequence[int]:
    return sorted(position for (position,) in reply.rows)


def _arrays(events: Sequence[tuple[StoredEvent, int]]) -> Parameters:
    """One binary array per column: many times faster than rows of parameters."""
    named = [parse_topic(event.topic) for event, _ in events]
    return {
        "defined": max((place for place, (event, _) in enumerate(events, 1) if _defines(event)), default=0),
        "streams": arrays.Texts([str(event.originator_id) for event, _ in events]),
        "versions": arrays.Bigints([event.originator_version for event, _ in events]),
        "names": arrays.Texts([name for name, _ in named]),
        "schemas": arrays.Integers([schema for _, schema in named]),
        "bodies": arrays.Binaries([event.state for event, _ in events]),
        "batches": arrays.Integers([number for _, number in events]),
    }


def _defines(event: StoredEvent) -> bool:
    return event.originator_version != FACT_VERSION
