"""What a projection is: tables, and a function that brings a batch of events into them.

`apply` knows no clock, no randomness and no edge of a batch: one event at a time, 500 at a time or anew from the first
event give the same rows, byte for byte. What it wrote for earlier events of its batch it knows from memory. It asks its
batch for the events or for their kinds, either of which notices a gap in the log.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from sqlalchemy import Connection, Table

from infra.database import Database
from infra.eventstore.log import Log, LogFactory, Recorded
from infra.round_trip import Question

EVENTS_MAX = 5_000


@dataclass(frozen=True)
class Batch:
    """The events of one organization from position `first` to `last`, and where to bring them.

    `sources` are the generations of the projections named in `after`; their rows reach at least to `last`, and may
    reach beyond it, so they are read as of `last`. `given` are the events, where somebody has them already. The
    transaction should end by `ends_at` of time.monotonic().
    """

    connection: Connection
    tenant: UUID
    generation: int
    first: int
    last: int
    log: Log
    sources: Mapping[str, int]
    given: tuple[Recorded, ...] | None = None
    ends_at: float = math.inf

    @cached_property
    def events(self) -> tuple[Recorded, ...]:
        """Read and decoded when first asked for; none is missing."""
        events = self.log.read(self.first - 1, self.size, until=self.last) if self.given is None else self.given
        check_whole(events, self.first - 1, self.size)
        return events

    @cached_property
    def kinds(self) -> Mapping[tuple[str, int], int]:
        """How many there are of each name and schema, without reading them; none is missing."""
        found = self.log.kinds(self.first - 1, self.last)
        assert sum(found.values()) == self.size, f"the log has a gap after position {self.first - 1}"
        return found

    @property
    def late(self) -> bool:
        """Whether it is time to stop and be called again. This decides when rows are committed, never what they are."""
        return time.monotonic() > self.ends_at

    @property
    def size(self) -> int:
        """How many events."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Projection:
    """`tables` are those it alone writes, each with tenant_id and generation first in its primary key.

    `apply` returns False to have its work kept and be called again for the same events, before the position moves: one
    event may reach more than fits into a transaction, and a machine may be slow (Batch.late). Rows written early carry
    a position that no read asks for yet.
    A projection with `inline` moves in the transaction of the command, whose statements its own travel with: `inline`
    is what `apply` does, as questions. The others are moved by the worker, never ahead of those named in `after`.
    `events_max` is the most events it takes in one transaction, which has to end well before its deadline.
    """

    name: str
    tables: tuple[Table, ...]
    apply: Callable[[Batch], bool | None]
    after: tuple[str, ...] = ()
    inline: Callable[[Batch], Sequence[Question]] | None = None
    events_max: int = EVENTS_MAX


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
