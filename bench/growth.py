"""growth: the same work among more organizations, and over more events; each figure as a ratio to the smallest.

Every size has a database of its own, filled and vacuumed beforehand; they take turns. `bench.populations` says how they
are filled: by one statement for all copies of an organization, with leaves and heads that verify.
The scorecard is asked for without HTTP, whose own time would hide what is looked for.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from bench import history
from bench.append import own
from bench.append.own import Supply, round_robin
from bench.measure import Contestant, Opening, Sample, Step, in_threads, interleaved, timed
from bench.organizations import Values, kpis_of, month
from bench.populations import BARE_LOGS, populate
from bench.report import Case, Found
from bench.sizes import Sizes
from bench.world import House, World
from domain.calendar import PeriodKind
from domain.values import KpiId, ScorecardId
from infra import clock
from projections import readings, scores
from projections.behind import NOBODY, behind
from projections.definitions_cache import DefinitionsCache
from projections.kept_answers import Asked, KeptAnswers
from projections.runner import catch_up
from projections.score_answers import ScoreAnswers
from services.bundle import App
from services.command_line.output import remark
from services.interpreter import settle_memory
from services.worker.sweep import PAGE_MAX

NAME = "growth"
NOTE = "the same work at every size, per second; ratio to the smallest"
REMARKS = (
    "log: 8 threads over all organizations; command: 8 threads over ten of them, like the scorecard",
    "scorecard, first: over all organizations, and nothing of them is kept in the process",
    "sweep: the question who is behind; it looks at every organization, so it grows with them",
)
THREADS = 8
ACTIVE = 10
CATCH_UP_MONTHS = 5
FREE_MONTH = 12
"""The organizations are filled with earlier values."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A size: its name, how many organizations of each kind, and how many events at least."""

    name: str
    whole: int
    bare: int
    events: int


@dataclass(frozen=True, slots=True)
class Ground:
    """The database of a size and who lives there; `fresh` are used up, each to catch up once."""

    name: str
    world: World
    sizes: Sizes
    whole: Sequence[UUID]
    bare: Sequence[UUID]
    fresh: Iterator[UUID]
    supply: Supply

    @property
    def kpis(self) -> Sequence[KpiId]:
        return kpis_of(0, self.sizes.kpis)


def run(house: House, sizes: Sizes) -> Found:
    """By organizations, each with a log of one size; then by events, among the organizations of the middle size."""
    middle = sizes.populations[len(sizes.populations) // 2]
    logs = min(BARE_LOGS, middle)
    series = (
        [Plan(f"{number:,} organizations", number, number, 0) for number in sizes.populations],
        [Plan(f"{number:,} events", middle, logs, number) for number in sizes.event_totals],
    )
    cases = []
    for plans in series:
        with ExitStack() as stack:
            grounds = [stack.enter_context(_ground(house, sizes, plan)) for plan in plans]
            settle_memory()  # as a worker does: a full collection would look through every population in some turns
            for figure, turn_on in FIGURES.items():
                remark(f"{NAME}: {figure}: {', '.join(plan.name for plan in plans)}")
                contestants = [Contestant(ground.name, turn_on(ground)) for ground in grounds]
                cases.append(Case({"figure": figure}, interleaved(contestants, sizes.rounds)))
    return Found(NAME, NOTE, cases, REMARKS, "smallest")


@contextmanager
def _ground(house: House, sizes: Sizes, plan: Plan) -> Iterator[Ground]:
    with house.world(f"{NAME}_{plan.name.replace(',', '').replace(' ', '_')}") as world:
        remark(f"{NAME}: filling {plan.name}")
        made = populate(world, plan.whole + sizes.rounds, plan.bare, sizes.kpis, plan.events)
        remark(f"{NAME}: {plan.name}: {made.events:,} events, {made.size_bytes / 2**20:,.0f} MB")
        whole, fresh = made.whole[: plan.whole], made.whole[plan.whole :]
        kpis = kpis_of(0, sizes.kpis)
        supply = {tenant: Values(kpis, PeriodKind.MONTH, FREE_MONTH) for tenant in whole[:ACTIVE]}
        yield Ground(plan.name, world, sizes, whole, made.bare, iter(fresh), supply)


def _log(ground: Ground) -> Callable[[], Sample]:
    picks, values = round_robin(ground.bare), Values([KpiId("kpi0")], PeriodKind.DAY)
    return _steps(ground, THREADS, lambda at: own.log(ground.world.app, picks(at, THREADS), 1, values))


def _command(ground: Ground) -> Callable[[], Sample]:
    picks = round_robin(tuple(ground.supply))
    return _steps(ground, THREADS, lambda at: own.command(ground.world.app, picks(at, THREADS), 1, ground.supply))


def _catch_up(ground: Ground) -> Callable[[], Sample]:
    """A fixed number of new values of an organization that nothing has touched."""
    app = ground.world.app
    projections = {each.name: each for each in app.projections}

    def turn() -> Sample:
        tenant = next(ground.fresh)
        events = history.more(app, tenant, ground.sizes.kpis, FREE_MONTH, CATCH_UP_MONTHS)
        return {
            f"{name}/s": events / timed(partial(catch_up, app.store, tenant, projections[name]))
            for name in (readings.NAME, scores.NAME)
        }

    return turn


def _scorecard(ground: Ground) -> Callable[[], Sample]:
    return _steps(ground, 1, lambda _: _reading(tuple(ground.supply), lambda: ground.world.app.scores))


def _first_scorecard(ground: Ground) -> Callable[[], Sample]:
    app = ground.world.app
    return _steps(ground, 1, lambda _: _reading(ground.whole, lambda: _forgetful(app)))


def _forgetful(app: App) -> ScoreAnswers:
    """As in a process that has just started."""
    return ScoreAnswers(app.database, app.logs, DefinitionsCache(), KeptAnswers())


@contextmanager
def _reading(tenants: Sequence[UUID], answers: Callable[[], ScoreAnswers]) -> Iterator[Step]:
    pick = round_robin(tenants)(0, 1)

    def step() -> int:
        now = clock.now()
        answers().answer(Asked(pick(), ScorecardId("card0"), month(0), "in_force"), now).content(now)
        return 1

    yield step


def _sweep(ground: Ground) -> Callable[[], Sample]:
    app = ground.world.app
    reads = {projection.name: projection.after for projection in app.projections}

    @contextmanager
    def looking(_: int) -> Iterator[Step]:
        def look() -> int:
            with app.database.scheduler() as connection:
                behind(connection, NOBODY, PAGE_MAX, reads)
            return 1

        yield look

    return _steps(ground, 1, looking)


def _steps(ground: Ground, threads: int, opening: Opening) -> Callable[[], Sample]:
    return lambda: {"/s": in_threads(opening, threads, ground.sizes.seconds).per_second}


FIGURES: Mapping[str, Callable[[Ground], Callable[[], Sample]]] = {
    "log": _log,
    "command": _command,
    "catch-up": _catch_up,
    "scorecard": _scorecard,
    "scorecard, first": _first_scorecard,
    "sweep": _sweep,
}
