"""append: events a second from threads of one process, beside raw psycopg and other stores."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from itertools import product
from uuid import UUID

from eventsourcing.postgres import PostgresApplicationRecorder

from bench.append import own, peers, raw
from bench.append.own import Supply, round_robin
from bench.append.peers import UmaModule
from bench.measure import Contestant, Opening, Sample, Step, in_threads, interleaved
from bench.organizations import Values, copies, define, found, heads, send
from bench.report import Case, Found
from bench.sizes import Sizes
from bench.world import House, World
from domain.calendar import PeriodKind
from domain.values import KpiId
from services.command_line.output import remark

NAME = "append"
NOTE = "events/s; raw = psycopg, head row + insert in one transaction"
KPIS_OF_ONE, KPIS_OF_MANY = 8, 2


@dataclass(frozen=True, slots=True)
class Uma:
    """UmaDB with its server."""

    module: UmaModule
    url: str


@dataclass(frozen=True, slots=True)
class Ground:
    """Everything that appends in the cases of one number of organizations."""

    world: World
    bare: Sequence[UUID]
    whole: Sequence[UUID]
    supply: Supply
    recorder: PostgresApplicationRecorder
    uma: Uma | None


def run(house: House, sizes: Sizes) -> Found:
    """Every combination of threads, batches and organizations."""
    cases: list[Case] = []
    missing = () if peers.umadb() else (peers.UMADB_MISSING,)
    for organizations in sizes.organizations:
        with house.world(NAME) as world, _ground(house, world, organizations, max(sizes.threads)) as ground:
            for threads, batch in product(sizes.threads, sizes.batches):
                remark(f"{NAME}: {organizations:,} organizations, {threads} threads, batches of {batch}")
                figures = interleaved(_contestants(ground, threads, batch, sizes.seconds), sizes.rounds)
                cases.append(Case({"organizations": organizations, "threads": threads, "batch": batch}, figures))
    return Found(NAME, NOTE, cases, missing)


@contextmanager
def _ground(house: House, world: World, organizations: int, threads: int) -> Iterator[Ground]:
    bare = heads(world.superuser_url, organizations)
    raw.prepare(world.superuser_url, bare)
    kpis = [KpiId(f"kpi{at}") for at in range(KPIS_OF_ONE if organizations == 1 else KPIS_OF_MANY)]
    template = found(world.app).organization
    send(world.app, template, [define(kpi, PeriodKind.DAY) for kpi in kpis])
    whole = [template, *copies(world.superuser_url, template, organizations - 1)]
    supply = {tenant: Values(kpis, PeriodKind.DAY) for tenant in whole}
    with ExitStack() as stack:
        recorder = stack.enter_context(peers.stock_recorder(world.superuser_url, threads))
        module = peers.umadb()
        uma = Uma(module, stack.enter_context(peers.umadb_server(house.folder / peers.UMADB))) if module else None
        yield Ground(world, bare, whole, supply, recorder, uma)


def _contestants(ground: Ground, threads: int, batch: int, seconds: float) -> Sequence[Contestant]:
    url, app = ground.world.superuser_url, ground.world.app
    bare, whole = round_robin(ground.bare), round_robin(ground.whole)
    values = Values([KpiId("kpi0")], PeriodKind.DAY)
    openings: dict[str, Opening] = {
        "raw": lambda at: raw.two_statements(url, bare(at, threads), batch),
        "raw, one statement": lambda at: raw.one_statement(url, bare(at, threads), batch),
        "eventsourcing stock": lambda at: peers.stock(ground.recorder, batch),
        "log": lambda at: own.log(app, bare(at, threads), batch, values),
        "command": lambda at: own.command(app, whole(at, threads), batch, ground.supply),
    }
    if ground.uma is not None:
        openings["UmaDB"] = _of_uma(ground.uma, batch)
    return [Contestant(name, _turn(opening, threads, seconds)) for name, opening in openings.items()]


def _of_uma(uma: Uma, batch: int) -> Opening:
    def opening(at: int) -> AbstractContextManager[Step]:
        return peers.uma(uma.module, uma.url, batch, at)

    return opening


def _turn(opening: Opening, threads: int, seconds: float) -> Callable[[], Sample]:
    return lambda: {"events/s": in_threads(opening, threads, seconds).per_second}
