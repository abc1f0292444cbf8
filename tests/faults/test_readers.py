"""Positions are gapless and in the order of commits: whoever reads on from the last one it saw misses nothing."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from random import Random
from uuid import UUID

import pytest
from eventsourcing.persistence import StoredEvent
from sqlalchemy import Connection

from infra.database import Database
from infra.eventstore import recorder
from infra.eventstore.codec import topic_of
from infra.eventstore.log import NewEvent
from infra.eventstore.recorder import FACT_VERSION, TenantRecorder
from tests.projections.world import LOGS, WHO, recorded, stream_of
from tests.support.database import TestDatabase, founded
from tests.support.faults.drill import Drill

WRITERS = 16
READERS = 3
ROLLBACK_SHARE = 0.05
HELD_SECONDS_MAX = 0.004
"""Between the append and the commit."""

Append = Callable[[Connection, UUID, Random], None]


class Rollback(Exception):
    """One in twenty changes its mind."""


@dataclass
class Tail:
    """What one reader saw, in its order."""

    seen: list[int]
    gaps: int = 0
    reordered: int = 0


@dataclass(frozen=True)
class Result:
    """What the log came to, and what its readers saw."""

    log: list[int]
    tails: list[Tail]

    @property
    def missed(self) -> int:
        return sum(len(set(self.log) - set(tail.seen)) for tail in self.tails)

    @property
    def gaps(self) -> int:
        return sum(tail.gaps for tail in self.tails)

    @property
    def reordered(self) -> int:
        return sum(tail.reordered for tail in self.tails)


@pytest.fixture
def wide(spare_database: TestDatabase) -> Iterator[Database]:
    """A connection for everybody."""
    made = Database.connect(spare_database.app_url, spare_database.scheduler_url, WRITERS + READERS + 1)
    yield made
    made.close()


def append(connection: Connection, tenant: UUID, random: Random) -> None:
    """One to three values, as every command appends."""
    events = [recorded("a", "2026-01", random.randrange(100)) for _ in range(random.randint(1, 3))]
    LOGS.bind(connection, tenant).append([NewEvent(stream_of(event), event, None) for event in events], WHO)


def append_without_a_lock(connection: Connection, tenant: UUID, random: Random) -> None:
    """The same statement, but the position comes from a sequence, as in most event stores."""
    event = StoredEvent("box/1", FACT_VERSION, topic_of("noted", 1), b"{}")
    TenantRecorder(lambda: nullcontext(connection), tenant).insert_events([event], actor="nobody")


def tried(database: Database, append: Append, drill: Drill, commands: int) -> Result:
    """Writers and readers at once, to the end."""
    tenant, ended = founded(database), threading.Event()
    tails = [Tail([]) for _ in range(READERS)]
    failures: list[BaseException] = []

    def write(random: Random) -> None:
        for _ in range(commands):
            try:
                with database.transaction(tenant) as connection:
                    append(connection, tenant, random)
                    time.sleep(random.random() * HELD_SECONDS_MAX)
                    if random.random() < ROLLBACK_SHARE:
                        raise Rollback
            except Rollback:
                continue
            except BaseException as error:
                failures.append(error)
                raise

    writers = [threading.Thread(target=write, args=(Random(drill.random.random()),)) for _ in range(WRITERS)]
    readers = [threading.Thread(target=_follow, args=(database, tenant, tail, ended)) for tail in tails]
    for thread in (*readers, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    ended.set()
    for thread in readers:
        thread.join()
    assert not failures, failures[0]
    return Result(_page(database, tenant, 0, 1_000_000), tails)


def _follow(database: Database, tenant: UUID, tail: Tail, ended: threading.Event) -> None:
    """On from the last position seen, for as long as there are writers, and once more."""
    last = 0
    while True:
        over = ended.is_set()
        page = _page(database, tenant, last, 500)
        tail.gaps += sum(there != before + 1 for before, there in zip([last, *page], page, strict=False))
        tail.reordered += sum(there <= before for before, there in zip([last, *page], page, strict=False))
        tail.seen += page
        last = page[-1] if page else last
        if over and not page:
            return


def _page(database: Database, tenant: UUID, after: int, limit: int) -> list[int]:
    with database.transaction(tenant) as connection:
        return [row.position for row in LOGS.bind(connection, tenant).stored(after, limit)]


def test_no_reader_misses_what_sixteen_writers_commit(wide: Database, drill: Drill) -> None:
    result = tried(wide, append, drill, drill.size(25, 600))
    for name in ("missed", "gaps", "reordered"):
        drill.note(name, getattr(result, name))
    drill.note("events", len(result.log))
    assert (result.missed, result.gaps, result.reordered) == (0, 0, 0)
    assert result.log == list(range(1, len(result.log) + 1))


def test_control_without_the_lock_of_the_head_readers_miss_events(
    wide: Database, spare_database: TestDatabase, drill: Drill, monkeypatch: pytest.MonkeyPatch
) -> None:
    spare_database.superuser("CREATE SEQUENCE steelyard.loose")
    spare_database.superuser("GRANT USAGE ON SEQUENCE steelyard.loose TO steelyard_app")
    start, end = recorder._APPEND.index("UPDATE"), recorder._APPEND.index(")\nINSERT")
    loose = "SELECT nextval('steelyard.loose') - %(count)b AS start, now() AS recorded_at\n"
    monkeypatch.setattr(recorder, "_APPEND", recorder._APPEND[:start] + loose + recorder._APPEND[end:])
    result = tried(wide, append_without_a_lock, drill, drill.size(25, 600))
    drill.note("missed", result.missed)
    assert result.missed > 0
