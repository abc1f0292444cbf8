"""Rows of a backup as values: heads, events and data keys, out of the CSV that PostgreSQL wrote."""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from infra.eventstore.leaf import StoredRow
from infra.eventstore.log import Head

LINE_CHARACTERS_MAX = 2**31 - 1
"""The csv module's own limit is below what a body may have."""

T = TypeVar("T")


class UnreadableRow(ValueError):
    """A row that PostgreSQL did not write, or a column that is not there."""


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event and whose it is."""

    organization: UUID
    row: StoredRow


@dataclass(frozen=True, slots=True)
class DataKeyRow:
    """A wrapped key of sealed texts."""

    organization: UUID
    key_id: UUID
    principal: str
    wrapped: bytes


def heads(pieces: Iterable[bytes]) -> dict[UUID, Head]:
    """The end of each log. Raises UnreadableRow."""
    columns = ("tenant_id", "position", "recorded_at", "definition_position")
    return dict(_read(pieces, columns, lambda row: (UUID(row[0]), Head(int(row[1]), _time(row[2]), int(row[3])))))


def codes(pieces: Iterable[bytes]) -> dict[UUID, str]:
    """The code of each organization. Raises UnreadableRow."""
    return dict(_read(pieces, ("organization_id", "code"), lambda row: (UUID(row[0]), row[1])))


def data_keys(pieces: Iterable[bytes]) -> Iterator[DataKeyRow]:
    """Raises UnreadableRow."""
    columns = ("tenant_id", "key_id", "principal", "wrapped")
    return _read(pieces, columns, lambda row: DataKeyRow(UUID(row[0]), UUID(row[1]), row[2], _bytes(row[3])))


def events(pieces: Iterable[bytes]) -> Iterator[EventRow]:
    """In the order they stand in. Raises UnreadableRow."""
    return _read(pieces, _EVENT_COLUMNS, _event)


_EVENT_COLUMNS = (
    "tenant_id",
    "position",
    "stream",
    "version",
    "name",
    "schema",
    "body",
    "metadata",
    "recorded_at",
    "fact",
    "leaf",
)


def _event(row: Sequence[str]) -> EventRow:
    tenant, position, stream, version, name, schema, body, metadata, recorded_at, fact, leaf = row
    stored = StoredRow(
        int(position),
        stream,
        int(version),
        name,
        int(schema),
        _bytes(body),
        _bytes(metadata),
        _time(recorded_at),
        {"t": True, "f": False}[fact],
        _bytes(leaf),
    )
    return EventRow(UUID(tenant), stored)


def _read(pieces: Iterable[bytes], columns: Sequence[str], row_of: Callable[[Sequence[str]], T]) -> Iterator[T]:
    """What `row_of` makes of these columns of each row."""
    csv.field_size_limit(LINE_CHARACTERS_MAX)
    try:
        rows = csv.reader(_lines(pieces), strict=True)
        places = _places(next(rows, []), columns)
        for row in rows:
            yield row_of([row[place] for place in places])
    except (ValueError, IndexError, KeyError, csv.Error) as error:
        raise UnreadableRow(type(error).__name__) from None


def _places(header: Sequence[str], columns: Sequence[str]) -> list[int]:
    return [header.index(column) for column in columns]


def _lines(pieces: Iterable[bytes]) -> Iterator[str]:
    """With their ends: a line within quotes goes on in the next one."""
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield line.decode() + "\n"
    if rest:
        yield rest.decode()


def _bytes(text: str) -> bytes:
    if not text.startswith("\\x"):
        raise ValueError("no bytea")
    return bytes.fromhex(text[2:])


def _time(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("no time zone")
    return found
