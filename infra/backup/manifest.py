"""What a backup says about itself: manifest.json, written last and read first."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import msgspec

from infra.backup.errors import Damaged

FORMAT = 1
"""Raised when an older program could no longer read what is written."""
NAME = "manifest.json"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Member:
    """One table: CSV as PostgreSQL writes it, first line the columns, compressed with gzip; `sha256` is of the CSV."""

    table: str
    columns: tuple[str, ...]
    rows: int
    sha256: str

    @property
    def name(self) -> str:
        """Its name in the file."""
        return f"tables/{self.table}.csv.gz"


@dataclass(frozen=True, slots=True)
class LiveProjection:
    """What is read of a projection: its generation, how far it had come, and the digest of its rows."""

    projection: str
    generation: int
    position: int
    digest: str


@dataclass(frozen=True, slots=True)
class Organization:
    """One log: its length, and the root over all of it."""

    organization: UUID
    code: str
    position: int
    root: str
    projections: tuple[LiveProjection, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """All of it is as of one moment, `taken_at`."""

    format: int
    product: str
    revision: str
    taken_at: datetime
    members: tuple[Member, ...]
    organizations: tuple[Organization, ...]

    @property
    def events(self) -> int:
        """Of all organizations."""
        return sum(each.position for each in self.organizations)

    @property
    def rows(self) -> int:
        """Of all tables."""
        return sum(member.rows for member in self.members)

    def member(self, table: str) -> Member:
        """That of a table. Raises Damaged."""
        found = next((each for each in self.members if each.table == table), None)
        if found is None:
            raise Damaged(NAME, f"it names no table {table}")
        return found


class _Version(msgspec.Struct):
    format: int


def encode(manifest: Manifest) -> bytes:
    """As people may read it."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1)


def format_of(data: bytes) -> int:
    """The format of any manifest, whatever else is in it. Raises Damaged."""
    return _decoded(data, _Version).format


def decode(data: bytes) -> Manifest:
    """Raises Damaged."""
    return _decoded(data, Manifest)


def _decoded(data: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise Damaged(NAME, "it is no manifest") from None
