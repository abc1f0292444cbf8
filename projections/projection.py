"""What a projection is: tables, and a function that brings a batch of events into them.

`apply` knows no clock, no randomness and no edge of a batch: one event at a time, 500 at a time or anew from the first
event give the same rows, byte for byte. What it wrote for earlier events of its batch it knows from memory.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, Table

from infra.database import Database
from infra.eventstore.log import Log, LogFactory, Recorded


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive events of one organization, and where to bring them.

    `sources` are the generations of the projections named in `after`; their rows reach at least to `last`, and may
    reach beyond it, so they are read as of `last`.
    """

    connection: Connection
    tenant: UUID
    generation: int
    events: tuple[Recorded, ...]
    log: Log
    sources: Mapping[str, int]

    @property
    def first(self) -> int:
        """Position of the first event."""
        return self.events[0].position

    @property
    def last(self) -> int:
        """Position of the last event."""
        return self.events[-1].position


@dataclass(frozen=True, slots=True)
class Projection:
    """`tables` are those it alone writes, each with tenant_id and generation first in its primary key.

    `apply` returns False to have its work kept and be called again for the same events, before the position moves: one
    event may reach more than fits into a transaction. Rows written early carry a position that no read asks for yet.
    An inline projection moves in the transaction of the command; the others are moved by the worker, never ahead of
    those named in `after`.
    """

    name: str
    tables: tuple[Table, ...]
    apply: Callable[[Batch], bool | None]
    after: tuple[str, ...] = ()
    inline: bool = False


@dataclass(frozen=True, slots=True)
class Store:
    """Where projections read and write: the database and the logs in it."""

    database: Database
    logs: LogFactory


def check_whole(events: Sequence[Recorded], position: int, count: int) -> None:
    """Positions have no gap, so a missing event shows here and not as a wrong number later."""
    found = [each.position for each in events]
    assert found == list(range(position + 1, position + 1 + count)), f"the log has a gap after position {position}"


class CatalogBehind(Exception):
    """An inline projection has not reached the command's first event yet: try again, the worker is filling it (503)."""

    code = "catalog-behind"

    def __init__(self, projection: str, position: int) -> None:
        super().__init__(f"{projection} has only reached position {position}; try again shortly")
        self.projection = projection
        self.position = position
