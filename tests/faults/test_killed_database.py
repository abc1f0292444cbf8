"""PostgreSQL is killed under load: what was acknowledged is there, and callers meanwhile are told 503 or nothing."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from threading import Event, Thread

from sqlalchemy.exc import DBAPIError

from infra.database_errors import Unavailable
from services.app import execute
from services.commands import CommandKey
from tests.support.app import owner
from tests.support.faults.caller import SILENCE
from tests.support.faults.company import Company
from tests.support.faults.drill import Drill
from tests.support.faults.load import writing
from tests.support.faults.oracle import settled, wrongs
from tests.support.faults.scene import Scene

WRITERS = 4
LIFE_SECONDS = (0.5, 1.5)
"""Between a start and the next kill."""
SETTLE_SECONDS_MAX = 120.0
CONTROL_KILLS_MAX = 10


def test_a_killed_database_loses_nothing_that_was_acknowledged(scene: Scene, drill: Drill) -> None:
    kills, companies = drill.size(2, 10), [Company.founded(scene.app, WRITERS // 2) for _ in range(2)]
    with scene.api() as api, scene.worker():
        with writing(companies, api.port, drill.random, WRITERS) as load:
            for _ in range(kills):
                time.sleep(drill.random.uniform(*LIFE_SECONDS))
                scene.kill_postgres()
                scene.revive()
                assert api.ready()
        assert settled(scene.app, companies, SETTLE_SECONDS_MAX)
    drill.note("kills", kills)
    drill.note("acknowledged", sum(len(company.told) for company in companies))
    drill.note("statuses seen", dict(load.seen))
    assert set(load.seen) <= {200, 201, 503, 409, SILENCE}
    assert load.seen[SILENCE] == 0, "the API itself lives on, so every request has an answer"
    assert wrongs(scene.app, companies) == []


def test_control_with_synchronous_commit_off_a_kill_loses_acknowledged_events(scene: Scene, drill: Drill) -> None:
    lost, kills = 0, 0
    with _asynchronous(scene):
        while not lost and kills < CONTROL_KILLS_MAX:
            kills += 1
            company, stop = Company.founded(scene.app, 1), Event()
            writer = Thread(target=_write, args=(scene, company, drill.random, stop))
            writer.start()
            time.sleep(drill.random.uniform(*LIFE_SECONDS))
            scene.kill_postgres()
            stop.set()
            scene.revive()
            writer.join()
            lost = len(company.told) - _kept(scene, company)
    drill.note("acknowledged and lost", lost)
    drill.note("kills", kills)
    assert lost > 0


def _write(scene: Scene, company: Company, random: Random, stop: Event) -> None:
    """Straight through the program, until the database is gone."""
    diary = company.diaries[0]
    while not stop.is_set():
        step = diary.next(random)
        try:
            answer = execute(scene.app, owner(company.organization), [step.command()], CommandKey.made())
        except (DBAPIError, Unavailable):
            return
        diary.keep(step, answer.position)


def _kept(scene: Scene, company: Company) -> int:
    """Of the acknowledged ones, those that are in the log; the whole organization may be gone."""
    last = max(company.told)
    rows = scene.database.superuser(
        "SELECT count(*) FROM steelyard.event WHERE tenant_id = %s AND fact AND position <= %s",
        (company.organization, last),
    )
    return int(str(rows[0][0]))


@contextmanager
def _asynchronous(scene: Scene) -> Iterator[None]:
    """For connections opened from now on; the start-up checks would refuse such a database."""
    scene.database.superuser("ALTER ROLE steelyard_app SET synchronous_commit = off")
    scene.app.database.close()
    try:
        yield
    finally:
        scene.database.superuser("ALTER ROLE steelyard_app RESET synchronous_commit")
        scene.app.database.close()
