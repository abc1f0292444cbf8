"""reads: the current scorecard over HTTP with a key, from one process under granian, beside its query run bare."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from uuid import UUID

import psycopg

from bench import children, history
from bench.http_load import load
from bench.measure import Contestant, Sample, Step, in_threads, interleaved, percentile
from bench.organizations import found, month
from bench.report import Case, Found
from bench.sizes import Sizes
from bench.world import House
from services.command_line.output import remark

NAME = "reads"
NOTE = "requests/s of one process; raw = the query of the stored scores, bare, on as many connections as it has threads"
MONTHS = 12
SHOWN = month(MONTHS - 2)
PERIODS = [SHOWN.text, month(MONTHS - 3).text]
"""The month before is read for the trends."""
QUERY = """
SELECT s.period, s.lengthy, s.tree FROM steelyard.score s
WHERE s.tenant_id = %s AND s.generation = 1 AND s.scorecard = 'card0' AND s.period = ANY(%s)
    AND s.changed_at <= 1000000000
"""


def run(house: House, sizes: Sizes) -> Found:
    """A month of a scorecard with a year of values."""
    with house.world(NAME) as world:
        remark(f"{NAME}: {sizes.kpis} KPIs, {sizes.connections} connections")
        key = found(world.app)
        history.fill(world.app, key.organization, sizes.kpis * MONTHS, sizes.kpis)
        history.bring_up(world.app, key.organization)
        settings = world.settings.model_copy(update={"port": free_port()})
        with children.server(settings):
            base = f"http://127.0.0.1:{settings.port}"
            card = f"{base}/v1/scorecards/card0/scores?period={SHOWN.text}"
            size = load(card, key.token, sizes.connections, sizes.seconds).size_bytes  # and a warm-up
            contestants = [
                Contestant("raw", _bare(world.superuser_url, key.organization, settings.threads, sizes.seconds)),
                Contestant("scorecard", _asked(card, key.token, sizes)),
                Contestant("liveness", _asked(f"{base}/livez", key.token, sizes)),
            ]
            figures = interleaved(contestants, sizes.rounds)
    case = Case({"KPIs": sizes.kpis, "connections": sizes.connections}, figures)
    remarks = (
        f"one answer is {size:,} bytes of JSON; liveness is the same server with nothing to do",
        "client, server and PostgreSQL share the processors",
    )
    return Found(NAME, NOTE, [case], remarks)


def _asked(url: str, token: str, sizes: Sizes) -> Callable[[], Sample]:
    def turn() -> Sample:
        done = load(url, token, sizes.connections, sizes.seconds)
        return _sample(len(done.latencies) / done.seconds, done.latencies)

    return turn


def _bare(url: str, organization: UUID, connections: int, seconds: float) -> Callable[[], Sample]:
    @contextmanager
    def opening(_: int) -> Iterator[Step]:
        with psycopg.connect(url, autocommit=True) as connection:

            def step() -> int:
                rows = connection.execute(QUERY, (organization, PERIODS)).fetchall()
                assert len(rows) == len(PERIODS)
                return 1

            yield step

    def turn() -> Sample:
        done = in_threads(opening, connections, seconds)
        return _sample(done.per_second, done.latencies)

    return turn


def _sample(per_second: float, latencies: tuple[float, ...]) -> Sample:
    p50, p99 = median(latencies), percentile(latencies, 0.99)
    return {"requests/s": per_second, "p50 ms": p50 * 1000, "p99 ms": p99 * 1000}


def free_port() -> int:
    """A port nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
