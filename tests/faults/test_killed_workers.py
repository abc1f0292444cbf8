"""Workers are killed in the middle of their work: nothing is lost, nothing doubled, and all equals a rebuild."""

import time
from threading import Thread

from infra.embedded.process import wait_until
from tests.support.faults.company import Company
from tests.support.faults.drill import Drill
from tests.support.faults.load import write_batch
from tests.support.faults.oracle import position_of, settled, wrongs
from tests.support.faults.program import Program
from tests.support.faults.scene import Scene

KPIS = 5
BATCH = 250
START_SECONDS_MAX = 60.0
LIFE_SECONDS_MAX = 0.6
SETTLE_SECONDS_MAX = 900.0
LIFE_OF_CONTROL_SECONDS_MAX = 0.3
TWICE = r"duplicate key value violates unique constraint \"reading_pkey\""
"""What the worker then says of each attempt, as JSON."""


def test_killed_workers_lose_and_double_nothing(scene: Scene, drill: Drill) -> None:
    kills, events = drill.size(2, 50), drill.size(1_000, 100_000)
    companies = [Company.founded(scene.app, KPIS) for _ in range(drill.size(2, 10))]
    with scene.worker() as worker:
        _killed_while_written(scene, drill, worker, companies, kills, events)
        assert settled(scene.app, companies, SETTLE_SECONDS_MAX)
    drill.note("kills", kills)
    drill.note("events written meanwhile", sum(len(company.told) for company in companies))
    assert wrongs(scene.app, companies) == []


def test_control_with_the_position_moved_first_a_kill_loses_events(scene: Scene, drill: Drill) -> None:
    with scene.worker("progress-first") as worker:
        company = _killed_in_the_gap(scene, drill, worker)
        assert settled(scene.app, [company], SETTLE_SECONDS_MAX)
    assert any("acknowledged values are not there" in each for each in wrongs(scene.app, [company]))


def test_control_with_the_position_moved_last_a_kill_doubles_events(scene: Scene, drill: Drill) -> None:
    with scene.worker("progress-last") as worker:
        _killed_in_the_gap(scene, drill, worker)
        assert wait_until(lambda: TWICE in worker.said(), START_SECONDS_MAX), worker.said()


def _killed_in_the_gap(scene: Scene, drill: Drill, worker: Program) -> Company:
    """The broken worker pauses between its two transactions; this kill comes within the pause."""
    company = Company.founded(scene.app, KPIS)
    _killed_while_written(scene, drill, worker, [company], 1, BATCH * 2, LIFE_OF_CONTROL_SECONDS_MAX)
    return company


def _killed_while_written(
    scene: Scene,
    drill: Drill,
    worker: Program,
    companies: list[Company],
    kills: int,
    events: int,
    life_seconds_max: float = LIFE_SECONDS_MAX,
) -> None:
    """Each worker gets a share of the events, and is killed some time after it has begun to work."""
    for _ in range(kills):
        before = _reached(scene, companies)
        writer = Thread(target=_write, args=(scene, drill, companies, events // kills))
        writer.start()
        _wait_for_work(scene, companies, before)
        time.sleep(drill.random.random() * life_seconds_max)
        worker.kill()
        writer.join()
        worker.start()


def _wait_for_work(scene: Scene, companies: list[Company], before: tuple[int, int]) -> None:
    assert wait_until(lambda: _reached(scene, companies) != before, START_SECONDS_MAX), "the worker does nothing"


def _write(scene: Scene, drill: Drill, companies: list[Company], events: int) -> None:
    for number in range(0, events, BATCH):
        company = companies[(number // BATCH) % len(companies)]
        write_batch(scene.app, company, min(BATCH, events - number), drill.random)


def _reached(scene: Scene, companies: list[Company]) -> tuple[int, int]:
    """The sum of the positions of their readings, and the rows."""
    positions = [position_of(scene.app, company.organization).position for company in companies]
    organizations = [company.organization for company in companies]
    rows = scene.database.superuser(
        "SELECT count(*) FROM steelyard.reading WHERE tenant_id = ANY(%s)", (organizations,)
    )
    return sum(positions), int(str(rows[0][0]))
