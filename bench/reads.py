"""reads: the current scorecard over HTTP with a key, from one process, beside its query run bare.

Some organizations with large scorecards are read; there are many more, with small ones.
"""

import importlib.util
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from itertools import cycle
from statistics import median
from uuid import UUID

import psycopg

from bench import children, history
from bench.http_load import Page, load
from bench.measure import Contestant, Sample, Step, in_threads, interleaved, percentile
from bench.organizations import READ_TABLES, copies, found, keys, kpis_of, month
from bench.report import Case, Found
from bench.sizes import Sizes
from bench.world import House, World
from bench.writing import Writing, values_after
from infra.settings import Settings
from services.command_line.output import remark

NAME = "reads"
NOTE = "requests/s of one process; raw = the query of the stored scores, bare, on as many connections as it has threads"
MONTHS = 12
SMALL_KPIS, SMALL_MONTHS = 2, 2
READ_MAX = 50
"""Organizations that are read in turn where more than one is."""
SHOWN = month(MONTHS - 2)
PERIODS = [SHOWN.text, month(MONTHS - 3).text]
"""The month before is read for the trends."""
ITS_WRITES_PER_SECOND, OTHER_WRITES_PER_SECOND = 1, 20
QUERY = """
SELECT s.period, s.lengthy, s.tree FROM steelyard.score s
WHERE s.tenant_id = %s AND s.generation = 1 AND s.scorecard = 'card0' AND s.period = ANY(%s)
    AND s.changed_at <= 1000000000
"""
GRANIAN, FORGETFUL = "granian", "granian, nothing kept"
SERVERS = {GRANIAN: children.server, FORGETFUL: children.forgetful_server, children.UVICORN: children.uvicorn_server}
UVICORN_MISSING = (
    "uvicorn is not installed and was left out: `.venv/bin/python -m pip install uvicorn httptools` brings it"
)


@dataclass(frozen=True, slots=True)
class Server:
    """A process that serves."""

    address: str
    process_id: int


@dataclass(frozen=True, slots=True)
class Ground:
    """The organizations that are read, their keys, those beside them, and where each server listens."""

    world: World
    read: Sequence[UUID]
    tokens: Sequence[str]
    others: Sequence[UUID]
    servers: Mapping[str, Server]

    def pages(self, server: str, count: int = 1) -> Sequence[Page]:
        """The scorecard of each of so many organizations."""
        url = f"{self.servers[server].address}/v1/scorecards/card0/scores?period={SHOWN.text}"
        return [Page(url, token) for token in self.tokens[:count]]

    def liveness(self, server: str) -> Sequence[Page]:
        """What costs nothing but the way there and back."""
        return [Page(f"{self.servers[server].address}/livez", "")]


def run(house: House, sizes: Sizes) -> Found:
    """A month of scorecards with a year of values, among few and many organizations."""
    cases, size = [], 0
    for others in sizes.read_organizations:
        with house.world(NAME) as world, _ground(world, sizes, others) as ground:
            remark(f"{NAME}: {others:,} organizations, {sizes.kpis} KPIs, {sizes.connections} connections")
            for server in ground.servers:  # and a warm-up
                size = load(ground.pages(server, READ_MAX), sizes.connections, sizes.seconds).size_bytes
            figures = interleaved(_contestants(ground, sizes), sizes.rounds)
        parameters = {"organizations": others, "KPIs": sizes.kpis, "connections": sizes.connections}
        cases.append(Case(parameters, figures))
    remarks = (
        f"one answer is {size:,} bytes of JSON; liveness is the same server with nothing to do",
        "client, server, worker and PostgreSQL share the processors",
    )
    return Found(NAME, NOTE, cases, remarks if _uvicorn() else (*remarks, UVICORN_MISSING))


def _contestants(ground: Ground, sizes: Sizes) -> Sequence[Contestant]:
    app, own, others = ground.world.app, ground.read[:1], ground.others[:OTHER_WRITES_PER_SECOND]
    to_it = Writing(app, values_after(MONTHS, own, kpis_of(0, sizes.kpis)), ITS_WRITES_PER_SECOND)
    elsewhere = Writing(app, values_after(SMALL_MONTHS, others, kpis_of(0, SMALL_KPIS)), OTHER_WRITES_PER_SECOND)

    def asked(server: str, pages: Sequence[Page]) -> Callable[[], Sample]:
        return _asked(ground.servers[server], pages, sizes)

    plain = asked(GRANIAN, ground.pages(GRANIAN))
    found = [
        Contestant("raw", _bare(ground, sizes)),
        Contestant("scorecard", plain),
        Contestant(f"of {len(ground.read)} in turn", asked(GRANIAN, ground.pages(GRANIAN, READ_MAX))),
        Contestant("nothing kept", asked(FORGETFUL, ground.pages(FORGETFUL))),
        Contestant(f"{ITS_WRITES_PER_SECOND} write/s to it", to_it.during(plain)),
        Contestant(f"{OTHER_WRITES_PER_SECOND} writes/s elsewhere", elsewhere.during(plain)),
        Contestant("liveness", asked(GRANIAN, ground.liveness(GRANIAN))),
    ]
    if children.UVICORN in ground.servers:
        found += [
            Contestant("uvicorn: scorecard", asked(children.UVICORN, ground.pages(children.UVICORN))),
            Contestant("uvicorn: liveness", asked(children.UVICORN, ground.liveness(children.UVICORN))),
        ]
    return found


@contextmanager
def _ground(world: World, sizes: Sizes, others: int) -> Iterator[Ground]:
    key = found(world.app)
    history.fill(world.app, key.organization, sizes.kpis * MONTHS, sizes.kpis)
    history.bring_up(world.app, key.organization)
    alike = copies(world.superuser_url, key.organization, min(READ_MAX, others) - 1, READ_TABLES)
    small = found(world.app, "small").organization
    history.fill(world.app, small, SMALL_KPIS * SMALL_MONTHS, SMALL_KPIS)
    history.bring_up(world.app, small)
    beside = [small, *copies(world.superuser_url, small, others - 1, READ_TABLES)]
    with psycopg.connect(world.superuser_url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")  # as the server does by itself, some minutes after so many rows
    with ExitStack() as running:
        running.enter_context(children.worker(world.settings))
        servers = {
            name: _started(running, serving, world.settings)
            for name, serving in SERVERS.items()
            if name != children.UVICORN or _uvicorn()
        }
        tokens = [key.token, *keys(world.app, alike)]
        yield Ground(world, [key.organization, *alike], tokens, beside, servers)


def _started(
    running: ExitStack, serving: Callable[[Settings], AbstractContextManager[int]], settings: Settings
) -> Server:
    settings = settings.model_copy(update={"port": free_port()})
    return Server(f"http://{settings.host}:{settings.port}", running.enter_context(serving(settings)))


def _uvicorn() -> bool:
    return importlib.util.find_spec(children.UVICORN) is not None


def _asked(server: Server, pages: Sequence[Page], sizes: Sizes) -> Callable[[], Sample]:
    def turn() -> Sample:
        before = children.processor_seconds(server.process_id)
        done = load(pages, sizes.connections, sizes.seconds)
        used = children.processor_seconds(server.process_id) - before
        return _sample(len(done.latencies) / done.seconds, done.latencies, used)

    return turn


def _bare(ground: Ground, sizes: Sizes) -> Callable[[], Sample]:
    @contextmanager
    def opening(_: int) -> Iterator[Step]:
        organizations = cycle(ground.read)
        with psycopg.connect(ground.world.superuser_url, autocommit=True) as connection:

            def step() -> int:
                rows = connection.execute(QUERY, (next(organizations), PERIODS), binary=True).fetchall()
                assert len(rows) == len(PERIODS)
                return 1

            yield step

    def turn() -> Sample:
        before = time.process_time()
        done = in_threads(opening, ground.world.settings.threads, sizes.seconds)
        return _sample(done.per_second, done.latencies, time.process_time() - before)

    return turn


def _sample(per_second: float, latencies: tuple[float, ...], processor_seconds: float) -> Sample:
    """`processor ms` is what the asking or serving process used for one answer: the figure that a busy machine spoils
    least."""
    return {
        "requests/s": per_second,
        "processor ms": processor_seconds / len(latencies) * 1000,
        "p50 ms": median(latencies) * 1000,
        "p99 ms": percentile(latencies, 0.99) * 1000,
    }


def free_port() -> int:
    """A port nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
