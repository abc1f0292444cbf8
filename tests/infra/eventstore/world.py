"""A small business for the tests of the log: boxes are opened and filled, and people note things."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NewType
from uuid import UUID

from infra.database import Database
from infra.eventstore.codec import Codec, EventType
from infra.eventstore.log import LogFactory, Metadata, NewEvent, Recorded
from infra.eventstore.sealing import Sealer

Secret = NewType("Secret", str)

SEALING_KEY = bytes(range(32))
ANN = Metadata("ann", "command-1")
BEN = Metadata("ben", "command-2")


@dataclass(frozen=True, slots=True)
class BoxOpened:
    box: str


@dataclass(frozen=True, slots=True)
class BoxFilled:
    count: int


@dataclass(frozen=True, slots=True)
class Remark:
    text: Secret
    about: str = ""


@dataclass(frozen=True, slots=True)
class Noted:
    note: Secret | None = None
    remarks: tuple[Remark, ...] = ()


CODEC = Codec(
    (EventType("box-opened", 1, BoxOpened), EventType("box-filled", 1, BoxFilled), EventType("noted", 1, Noted)),
    {},
    (Secret,),
)
LOGS = LogFactory(CODEC, Sealer(SEALING_KEY))


def opened(box: str = "box/1", version: int = 1) -> NewEvent:
    return NewEvent(box, BoxOpened(box), version)


def filled(count: int, box: str = "box/1") -> NewEvent:
    """A fact."""
    return NewEvent(f"{box}/fillings", BoxFilled(count), None)


def noted(note: str, stream: str = "notes") -> NewEvent:
    """A fact with sealed text."""
    return NewEvent(stream, Noted(Secret(note)), None)


def append(
    database: Database, tenant: UUID, events: Sequence[NewEvent], metadata: Metadata = ANN
) -> tuple[Recorded, ...]:
    """In a transaction of its own."""
    with database.transaction(tenant) as connection:
        return LOGS.bind(connection, tenant).append(events, metadata)


def read_all(database: Database, tenant: UUID, logs: LogFactory = LOGS) -> tuple[Recorded, ...]:
    with database.transaction(tenant) as connection:
        return logs.bind(connection, tenant).read(0, 10_000)
