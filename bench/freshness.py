"""freshness: from the answer of a write until its scores can be read, with the worker in a process of its own.

A watcher looks at the positions of the scores all the time; how long its own look takes is the raw line: a row that is
visible as soon as it is committed.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from statistics import median
from uuid import UUID

import psycopg

from bench import children, history
from bench.measure import Contestant, Sample, interleaved, percentile
from bench.organizations import Values, copies, found, kpis_of, owner, scorecard, send
from bench.report import Case, Found, Parameters
from bench.sizes import Sizes
from bench.world import House, World
from domain.calendar import PeriodKind
from services.app import execute
from services.bundle import App
from services.command_line.output import remark
from services.commands import CommandKey

NAME = "freshness"
NOTE = "ms from the answer to a write until its scores are visible; raw = a committed row seen by the same watcher"
LOOK_SECONDS = 0.001
VISIBLE_SECONDS_MAX = 30.0
WRITERS = 8
BUSY_SECONDS_FACTOR = 4
IDLE_PER_SECOND = 1
RAW_TABLE = "DROP TABLE IF EXISTS public.seen; CREATE TABLE public.seen (tenant_id uuid PRIMARY KEY, position bigint)"
RAW_LOOK = "SELECT tenant_id, position FROM public.seen"
SCORES_LOOK = "SELECT tenant_id, position FROM steelyard.progress WHERE projection = 'scores'"

Write = Callable[[UUID], int]
"""Write once into the organization; the position that must become visible."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How many writes, and how many of them a second."""

    name: str
    writes: int
    per_second: int


def run(house: House, sizes: Sizes) -> Found:
    """From idle, and under a load of writes."""
    busy = max(1, round(sizes.seconds * BUSY_SECONDS_FACTOR * sizes.busy_writes_per_second))
    paces = (
        Pace("idle, 1 a second", sizes.idle_writes, IDLE_PER_SECOND),
        Pace(f"{sizes.busy_writes_per_second} a second", busy, sizes.busy_writes_per_second),
    )
    cases = []
    with house.world(NAME) as world:
        made = _organizations(world, sizes)
        supply = {tenant: Values(kpis_of(0, sizes.kpis), PeriodKind.MONTH) for tenant in made}
        with children.worker(world.settings) as worker:
            _measured(world, SCORES_LOOK, made, _command(world.app, supply), Pace("warm-up", len(made), 50))
            for pace in paces:
                remark(f"{NAME}: {pace.name}, {len(made)} organizations of {sizes.kpis} KPIs")
                ours = _turn(world, SCORES_LOOK, made, _command(world.app, supply), pace)
                contestants = [
                    Contestant("raw", _turn(world, RAW_LOOK, made, _raw_write(world), pace)),
                    Contestant("scores", _worked(worker, ours, pace.writes)),
                ]
                parameters: Parameters = {"organizations": len(made), "KPIs": sizes.kpis, "writes": pace.name}
                cases.append(Case(parameters, interleaved(contestants, sizes.rounds)))
    return Found(NAME, NOTE, cases)


def _organizations(world: World, sizes: Sizes) -> Sequence[UUID]:
    template = found(world.app).organization
    send(world.app, template, list(scorecard(0, sizes.kpis)))
    made = [template, *copies(world.superuser_url, template, sizes.fresh_organizations - 1)]
    for tenant in made:
        history.bring_up(world.app, tenant)
    with psycopg.connect(world.superuser_url) as connection:
        connection.execute(RAW_TABLE)
        connection.execute("INSERT INTO public.seen SELECT made, 0 FROM unnest(%s::uuid[]) AS made", (made,))
    return made


def _command(app: App, supply: Mapping[UUID, Values]) -> Write:
    return lambda tenant: execute(app, owner(tenant), [supply[tenant].take()], CommandKey.made()).position


def _raw_write(world: World) -> Write:
    ours = threading.local()

    def write(tenant: UUID) -> int:
        if not hasattr(ours, "connection"):
            ours.connection = psycopg.connect(world.superuser_url, autocommit=True)
        statement = "UPDATE public.seen SET position = position + 1 WHERE tenant_id = %s RETURNING position"
        return int(ours.connection.execute(statement, (tenant,)).fetchone()[0])

    return write


def _turn(world: World, look: str, tenants: Sequence[UUID], write: Write, pace: Pace) -> Callable[[], Sample]:
    def turn() -> Sample:
        lags, per_second = _measured(world, look, tenants, write, pace)
        return {
            "p50 ms": median(lags) * 1000,
            "p99 ms": percentile(lags, 0.99) * 1000,
            "writes/s": per_second,
        }

    return turn


def _worked(worker: int, turn: Callable[[], Sample], writes: int) -> Callable[[], Sample]:
    """The same turn, and what the worker used in it; of a raw turn it would be what it does when there is nothing."""

    def watched() -> Sample:
        before = children.processor_seconds(worker)
        sample = turn()
        used = children.processor_seconds(worker) - before
        return {**sample, "worker ms/write": used / writes * 1000}

    return watched


def _measured(
    world: World, look: str, tenants: Sequence[UUID], write: Write, pace: Pace
) -> tuple[Sequence[float], float]:
    """How long each write was not visible, at least one look of the watcher, and the writes a second reached."""
    with _Watcher.watching(world.superuser_url, look) as watcher:
        began = time.perf_counter()
        written = _write_at_pace(tenants, write, pace)
        elapsed = time.perf_counter() - began
        lags = [watcher.seen_at(each) - each.at for each in written]
    return [max(LOOK_SECONDS, lag) for lag in lags], len(written) / max(elapsed, len(written) / pace.per_second)


@dataclass(frozen=True, slots=True)
class _Written:
    tenant: UUID
    position: int
    at: float


def _write_at_pace(tenants: Sequence[UUID], write: Write, pace: Pace) -> Sequence[_Written]:
    """Each write at its time, or as soon after it as a thread is free."""
    numbers, written, began = count(), list[_Written](), time.perf_counter()

    def work() -> None:
        while (number := next(numbers)) < pace.writes:
            time.sleep(max(0.0, began + number / pace.per_second - time.perf_counter()))
            tenant = tenants[number % len(tenants)]
            position = write(tenant)
            written.append(_Written(tenant, position, time.perf_counter()))

    threads = [threading.Thread(target=work, daemon=True) for _ in range(min(WRITERS, pace.per_second))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(written) == pace.writes, "a writer failed"
    return written


class _Watcher(threading.Thread):
    """Notes when each position of each organization was first seen."""

    def __init__(self, url: str, look: str) -> None:
        super().__init__(daemon=True)
        self._url = url
        self._look = look
        self._end = threading.Event()
        self._seen: dict[UUID, list[tuple[int, float]]] = {}

    @classmethod
    @contextmanager
    def watching(cls, url: str, look: str) -> Iterator["_Watcher"]:
        """It watches while the block runs."""
        watcher = cls(url, look)
        watcher.start()
        try:
            yield watcher
        finally:
            watcher._end.set()
            watcher.join()

    def run(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            while not self._end.wait(LOOK_SECONDS):
                rows = connection.execute(self._look.encode()).fetchall()
                now = time.perf_counter()
                for tenant, position in rows:
                    seen = self._seen.setdefault(tenant, [])
                    if not seen or seen[-1][0] < position:
                        seen.append((position, now))

    def seen_at(self, written: _Written) -> float:
        """When that position or a later one was first seen; waits for it."""
        deadline = time.perf_counter() + VISIBLE_SECONDS_MAX
        while time.perf_counter() < deadline:
            for position, at in tuple(self._seen.get(written.tenant, ())):
                if position >= written.position:
                    return at
            time.sleep(LOOK_SECONDS)
        raise AssertionError(f"position {written.position} was not visible within {VISIBLE_SECONDS_MAX:g} s")
