"""One organization floods the service with batches: the quiet ones beside it keep most of their throughput.

The quiet ones pause between two writes, as people and small interfaces do; flat out, the cores would be measured.
"""

import threading
import time
from statistics import median

import pytest
from sqlalchemy.exc import DBAPIError

from infra.database_errors import Unavailable
from infra.embedded.process import wait_until
from services import transaction
from services.app import execute
from services.commands import CommandKey
from tests.support.app import owner
from tests.support.faults.company import Company
from tests.support.faults.drill import Drill
from tests.support.faults.flood import GATE, TABLE_LOCK, LockedByTable
from tests.support.faults.scene import Scene

QUIET = 20
PAUSE_SECONDS = 0.2
MEASURED_SECONDS = 8.0
WARM_SECONDS = 2.0
FLOODED_EVENTS = 1_000
START_SECONDS_MAX = 60.0
ROUNDS = 3
KEPT_MIN = 0.8


def test_quiet_organizations_keep_their_throughput_beside_a_flood(
    scene: Scene, drill: Drill, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not drill.full:
        pytest.skip("takes two quiet minutes: python3 dev.py drill flood")
    scene.database.superuser(f"CREATE TABLE {GATE} ()")
    scene.database.superuser(f"GRANT UPDATE ON {GATE} TO steelyard_app")
    companies = [Company.founded(scene.app, 1) for _ in range(QUIET)]
    kept: list[float] = []
    kept_by_control: list[float] = []
    for _ in range(ROUNDS):
        kept.append(_kept(scene, companies, drill))
        with monkeypatch.context() as patch:
            patch.setattr(transaction, "RoundTrip", LockedByTable)
            kept_by_control.append(_kept(scene, companies, drill, TABLE_LOCK))
    scene.database.superuser(f"DROP TABLE {GATE}")
    drill.note("kept, median", round(median(kept), 2))
    drill.note("kept with a table lock, median", round(median(kept_by_control), 2))
    assert median(kept) >= KEPT_MIN
    assert median(kept_by_control) < KEPT_MIN


def _kept(scene: Scene, companies: list[Company], drill: Drill, *variant: str) -> float:
    """The share of their writes that the quiet ones still get through beside the flood."""
    alone = _written(scene, companies, drill)
    with scene.flood(*variant):
        _until_flooded(scene)
        beside = _written(scene, companies, drill)
        drill.note("writes of the quiet ones alone and beside it", (alone, beside, *variant))
    return beside / alone


def _until_flooded(scene: Scene) -> None:
    before = _events(scene)
    assert wait_until(lambda: _events(scene) > before + FLOODED_EVENTS, START_SECONDS_MAX)


def _events(scene: Scene) -> int:
    with scene.app.database.scheduler() as connection:
        return int(connection.exec_driver_sql("SELECT sum(position) FROM steelyard.tenant_head").scalar_one())


def _written(scene: Scene, companies: list[Company], drill: Drill) -> int:
    """How many single writes all of them got through in the measured time."""
    count = [0] * len(companies)
    stop, measured = threading.Event(), threading.Event()

    def write(number: int, company: Company) -> None:
        diary = company.diaries[0]
        while not stop.wait(PAUSE_SECONDS):
            step = diary.next(drill.random)
            try:
                answer = execute(scene.app, owner(company.organization), [step.command()], CommandKey.made())
            except (DBAPIError, Unavailable):
                continue
            diary.keep(step, answer.position)
            count[number] += measured.is_set()

    threads = [threading.Thread(target=write, args=each) for each in enumerate(companies)]
    for thread in threads:
        thread.start()
    time.sleep(WARM_SECONDS)
    measured.set()
    time.sleep(MEASURED_SECONDS)
    measured.clear()
    stop.set()
    for thread in threads:
        thread.join()
    return sum(count)
