"""The log of one organization as everybody uses it: typed events in, typed events out, within one transaction.

append -> the library's EventStore -> our Mapper (codec and sealing) -> the recorder's one statement.
"""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, fields
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from eventsourcing.persistence import EventStore
from sqlalchemy import Connection

from infra.database import exchange
from infra.eventstore.canonical import JsonValue, loads_object
from infra.eventstore.codec import Codec, EventType, body_of
from infra.eventstore.errors import OrganizationHeld, UnknownOrganization
from infra.eventstore.leaf import StoredRow
from infra.eventstore.mapper import Envelope, EventMapper
from infra.eventstore.recorder import FACT_VERSION, Scope, TenantRecorder, TravellingRecorder
from infra.eventstore.sealing import MARKER, Pen, Sealer, Seals
from infra.round_trip import Question, Reply, RoundTrip

METADATA_CACHED_MAX = 256

_LOCK_HEAD = (
    "SELECT position, greatest(recorded_at, now()) AS recorded_at, status, definition_position"
    " FROM steelyard.tenant_head"
    " WHERE tenant_id = %(tenant)s FOR UPDATE"
)
_HEAD = "SELECT position, recorded_at, definition_position FROM steelyard.tenant_head WHERE tenant_id = %(tenant)s"
_FOUND = "INSERT INTO steelyard.tenant_head (tenant_id, position, recorded_at) VALUES (%(tenant)s, 0, now())"
_LEAVES = (
    "SELECT leaf FROM steelyard.event WHERE tenant_id = %(tenant)s AND position > %(after)s AND position <= %(until)s"
    " ORDER BY position"
)
_KINDS = (
    "SELECT name, schema, count(*) FROM steelyard.event"
    " WHERE tenant_id = %(tenant)s AND position > %(after)s AND position <= %(until)s GROUP BY name, schema"
)


@dataclass(frozen=True, slots=True)
class Metadata:
    """Who did it and how, beside the event. `more` holds keys this program does not know or that few events have."""

    actor: str
    command_id: str
    role: str | None = None
    key_id: str | None = None
    request_id: str | None = None
    on_behalf_of: str | None = None
    more: Mapping[str, JsonValue] | None = None


@dataclass(frozen=True, slots=True)
class NewEvent:
    """To be appended. A version one above the stream's, or None for a fact, whose version is its position."""

    stream: str
    event: object
    version: int | None


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event of the log."""

    position: int
    stream: str
    version: int
    recorded_at: datetime
    name: str
    schema: int
    event: object
    metadata: Metadata


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a log. Of a locked head, `recorded_at` is what every event of this transaction will carry.

    `definition_position` is the last event that is no fact: what was folded up to there is how things are defined now.
    """

    position: int
    recorded_at: datetime
    definition_position: int


class Log:
    """The log of one organization within one open transaction; made by LogFactory."""

    def __init__(self, connection: Connection, tenant: UUID, codec: Codec, seals: Seals) -> None:
        self.tenant = tenant
        self._connection = connection
        self._seals = seals
        self._codec = codec
        self._mapper = EventMapper(codec, seals)
        self._scope: Scope = lambda: nullcontext(connection)
        self._recorder = TenantRecorder(self._scope, tenant)
        self._locked: Head | None = None

    def found(self) -> None:
        """Begin the log of a new organization."""
        self._connection.exec_driver_sql(_FOUND, self._parameters())

    def lock_head(self) -> Head:
        """Lock the head to the end of the transaction; appends of this organization wait, of others do not.

        Raises UnknownOrganization, OrganizationHeld.
        """
        trip = RoundTrip()
        reply = trip.ask(locking_head(self.tenant))
        exchange(self._connection, trip)
        return self.take_head(reply)

    def take_head(self, reply: Reply) -> Head:
        """The same of a head that was locked by `locking_head` in this transaction."""
        if reply.row is None:
            raise UnknownOrganization(str(self.tenant))
        position, recorded_at, status, definition_position = reply.row
        if status != "active":
            raise OrganizationHeld(str(self.tenant))
        self._locked = Head(position, recorded_at, definition_position)
        return self._locked

    def head(self) -> Head:
        """The end of the log as committed, without a lock. Raises UnknownOrganization."""
        row = self._connection.exec_driver_sql(_HEAD, self._parameters()).one_or_none()
        if row is None:
            raise UnknownOrganization(str(self.tenant))
        return Head(row.position, row.recorded_at, row.definition_position)

    def append(
        self, events: Sequence[NewEvent], metadata: Metadata, trip: RoundTrip | None = None
    ) -> tuple[Recorded, ...]:
        """Append all or nothing; locks the head first unless it is locked. With a trip, once that is made.

        Raises VersionConflict if a stream has grown, HeadMoved if the head did. The transaction is then of no more use.
        """
        if not events:
            return ()
        head = self._locked or self.lock_head()
        pen = Pen(metadata.actor)
        placed = tuple(enumerate(events, head.position + 1))
        travelling = trip or RoundTrip()
        recorder = TravellingRecorder(self._scope, self.tenant, travelling, head.position)
        envelopes = [_envelope(new, position, pen) for position, new in placed]
        EventStore(self._mapper, recorder).put(envelopes, **_written(metadata))
        if trip is None:
            exchange(self._connection, travelling)
        defined = [position for position, new in placed if new.version is not None]
        self._locked = Head(placed[-1][0], head.recorded_at, defined[-1] if defined else head.definition_position)
        return tuple(self._recorded(new, position, head.recorded_at, metadata) for position, new in placed)

    _NAMED = tuple(each.name for each in fields(Metadata) if each.name != "more")

    def _recorded(self, new: NewEvent, position: int, recorded_at: datetime, metadata: Metadata) -> Recorded:
        kind = self._codec.type_for(new.event)
        version = position if new.version is None else new.version
        return Recorded(position, new.stream, version, recorded_at, kind.name, kind.schema, new.event, metadata)

    def load(self, stream: str, until: int | None = None) -> tuple[Recorded, ...]:
        """The events of a stream in order, as known at position `until`."""
        return self._typed(self._recorder.stream(stream, position=until))

    def read(
        self, after: int, limit: int, *, until: int | None = None, facts: bool | None = None
    ) -> tuple[Recorded, ...]:
        """At most `limit` events with after < position <= until; only facts or only definitions, if asked."""
        return self._typed(self._recorder.log(after=after, until=until, limit=limit, facts=facts))

    def stored(self, after: int, limit: int) -> tuple[StoredRow, ...]:
        """The same as bytes, for whoever checks the log."""
        return self._recorder.log(after=after, limit=limit)

    def kinds(self, after: int, until: int) -> dict[tuple[str, int], int]:
        """How many events of each name and schema there are with after < position <= until."""
        rows = self._connection.exec_driver_sql(_KINDS, self._parameters() | {"after": after, "until": until})
        return {(name, schema): count for name, schema, count in rows}

    def type_of(self, name: str) -> EventType | None:
        """What this program knows under the name."""
        return self._codec.type_of(name)

    def leaves(self, until: int) -> tuple[bytes, ...]:
        """The leaf hashes of positions 1 to `until`."""
        parameters = self._parameters() | {"after": 0, "until": until}
        return tuple(self._connection.exec_driver_sql(_LEAVES, parameters).scalars())

    def _typed(self, rows: Sequence[StoredRow]) -> tuple[Recorded, ...]:
        read = [(row, body_of(row.body), MARKER in row.body) for row in rows]
        # One query for the keys of all texts of the page.
        self._seals.prepare(body for _, body, sealed in read if sealed)
        event = self._mapper.event
        return tuple(
            Recorded(
                row.position,
                row.stream,
                row.version,
                row.recorded_at,
                row.name,
                row.schema,
                event(row.name, row.schema, row.stream, row.version, body, sealed=sealed),
                _read(row.metadata),
            )
            for row, body, sealed in read
        )

    def _parameters(self) -> dict[str, object]:
        return {"tenant": self.tenant}


@dataclass(frozen=True, slots=True)
class LogFactory:
    """Makes the log of an organization for one transaction."""

    codec: Codec
    sealer: Sealer

    def bind(self, connection: Connection, tenant: UUID) -> Log:
        """`connection` must be in a transaction of this tenant."""
        return Log(connection, tenant, self.codec, self.sealer.bind(connection, tenant))


def locking_head(tenant: UUID) -> Question:
    """Locks the head of an organization; `Log.take_head` reads the reply."""
    return Question(_LOCK_HEAD, {"tenant": tenant})


def _envelope(new: NewEvent, position: int, pen: Pen) -> Envelope:
    if new.version is None:
        return Envelope(new.stream, FACT_VERSION, new.event, sealed_as=position, pen=pen)
    return Envelope(new.stream, new.version, new.event, sealed_as=new.version, pen=pen)


_NAMED = tuple(each.name for each in fields(Metadata) if each.name != "more")


def _written(metadata: Metadata) -> dict[str, JsonValue]:
    """Keyword arguments for the recorder: what is None is left out."""
    named = {name: getattr(metadata, name) for name in _NAMED}
    return {**(metadata.more or {}), **{name: value for name, value in named.items() if value is not None}}


@lru_cache(maxsize=METADATA_CACHED_MAX)
def _read(data: bytes) -> Metadata:
    """The events of a batch share their metadata, so the last few are kept."""
    found = loads_object(data)
    named = {name: _text(found.pop(name, None)) for name in _NAMED}
    actor, command_id = named.pop("actor") or "", named.pop("command_id") or ""
    return Metadata(actor, command_id, **named, more=found or None)


def _text(value: JsonValue) -> str | None:
    return None if value is None else str(value)
