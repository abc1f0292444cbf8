"""A backup is taken while everybody writes, and restored elsewhere; backups are interrupted, restores killed."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import psycopg
import pytest

from infra.backup import owner
from infra.backup.manifest import Organization
from infra.database import Database
from infra.embedded.process import wait_until
from infra.eventstore import merkle
from infra.eventstore.verify import LogAltered, verify_log
from services.app import App
from services.backing_up import back_up, live_projections
from services.comparing import compared
from tests.services.programs import ROOT
from tests.support.app import bring_up
from tests.support.backups import empty_installation, migrator, quiet, restored
from tests.support.database import TestDatabase
from tests.support.faults.company import Company
from tests.support.faults.drill import Drill
from tests.support.faults.load import write_batch, writing
from tests.support.faults.oracle import wrongs
from tests.support.faults.program import Program
from tests.support.faults.scene import Scene
from tests.support.servers import drop_database, new_database

WRITERS, KPIS, BATCH = 4, 5, 250
SECONDS_MAX = 60.0
LIFE_SECONDS_MAX = 2.0
CONTROL_BACKUPS_MAX = 20
BULK_PAUSE_SECONDS = 0.5
ELSEWHERE = "elsewhere"
AT_WORK = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'steelyard backup'"


def test_a_backup_under_load_restores_to_equal_roots_and_digests(scene: Scene, drill: Drill, tmp_path: Path) -> None:
    companies = [Company.founded(scene.app, KPIS) for _ in range(drill.size(3, 10))]
    _write(scene, drill, companies, drill.size(750, 100_000))
    file = tmp_path / "a.backup"
    with (
        scene.api() as api,
        scene.worker(),
        writing(companies[:2], api.port, drill.random, WRITERS),
        _bulk(scene, drill, companies[2:]),
    ):
        assert _under_way(companies)
        before = {company.organization: max(company.told) for company in companies}
        started = time.monotonic()
        backed_up = scene.steelyard("backup", str(file), DATABASE_URL_MIGRATOR=migrator(scene.database))
        drill.note("backup in seconds", round(time.monotonic() - started, 1))
        meanwhile = sum(max(company.told) - before[company.organization] for company in companies)
    assert backed_up.returncode == 0, backed_up.stderr
    drill.note("written meanwhile", meanwhile)
    drill.note("bytes", file.stat().st_size)
    with _elsewhere(scene) as database, empty_installation(database, scene.servers.redis_url, tmp_path) as app:
        started = time.monotonic()
        made = restored(app, database, file)
        drill.note("events restored", made.events)
        drill.note("checked, restored and verified in seconds", round(time.monotonic() - started, 1))
        kept = {each.organization: each for each in made.organizations}
        for company in companies:
            organization = kept[company.organization]
            assert organization.position >= before[company.organization], "acknowledged before the backup began"
            assert organization.root == _root(scene.app, organization)
            _require_equal(app.database, app, organization)
        started = time.monotonic()
        differing = [each for company in companies for each in compared(app, company.organization) if each.wrong]
        drill.note("compared with rebuilds in seconds", round(time.monotonic() - started, 1))
        assert differing == []
        # The model's word on two of them, one written by callers, one in batches: it builds everything anew once more.
        as_of = [_as_of(company, kept[company.organization].position) for company in companies[1:3]]
        assert wrongs(app, as_of) == []


def test_a_restore_that_is_killed_leaves_nothing_or_everything(scene: Scene, drill: Drill, tmp_path: Path) -> None:
    company, found = Company.founded(scene.app, KPIS), list[int]()
    _write(scene, drill, [company], drill.size(500, 2_000))
    file = tmp_path / "a.backup"
    events = back_up(scene.app, migrator(scene.database), file, quiet).events
    for _ in range(drill.size(2, 10)):
        with _elsewhere(scene) as database, empty_installation(database, scene.servers.redis_url, tmp_path) as app:
            _kill_a_restore(scene, drill, database, file)
            found.append(int(str(database.superuser("SELECT count(*) FROM steelyard.event")[0][0])))
            if not found[-1]:
                restored(app, database, file)
            bring_up(app, company.organization)
            assert wrongs(app, [company]) == []
    drill.note("kills", len(found))
    drill.note("left empty", found.count(0))
    drill.note("left whole", found.count(events))
    assert set(found) <= {0, events}


def _kill_a_restore(scene: Scene, drill: Drill, database: TestDatabase, file: Path) -> None:
    """Some time after its transaction has begun; waits until the server has noticed."""
    settings = scene.environment(
        DATABASE_URL_APP=database.app_url,
        DATABASE_URL_SCHEDULER=database.scheduler_url,
        DATABASE_URL_MIGRATOR=migrator(database),
    )
    with Program(["services", "restore", str(file)], settings, file.parent) as restoring:
        assert wait_until(lambda: _at_work(database) or not restoring.lives, SECONDS_MAX), restoring.said()
        time.sleep(drill.random.uniform(0.0, LIFE_SECONDS_MAX))
        restoring.kill()
    assert wait_until(lambda: not _at_work(database), SECONDS_MAX)


def test_a_backup_that_is_interrupted_leaves_no_file(scene: Scene, drill: Drill, tmp_path: Path) -> None:
    _write(scene, drill, [Company.founded(scene.app, KPIS)], BATCH)
    with psycopg.connect(scene.database.superuser_url) as in_the_way:
        in_the_way.execute("LOCK TABLE steelyard.value_in_force IN ACCESS EXCLUSIVE MODE")
        backing_up = subprocess.Popen(
            [sys.executable, "-m", "services", "backup", str(tmp_path / "a.backup")],
            cwd=ROOT,
            env=scene.environment(DATABASE_URL_MIGRATOR=migrator(scene.database)),
            stderr=subprocess.DEVNULL,
            # A shell's background job, and so its children, would not hear it.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        assert wait_until(lambda: any(tmp_path.iterdir()), SECONDS_MAX)
        backing_up.send_signal(signal.SIGINT)
        status = backing_up.wait(SECONDS_MAX)
    assert (status, list(tmp_path.iterdir())) == (130, [])


def _under_way(companies: Sequence[Company]) -> bool:
    """Whether every organization has been told of a write."""
    return wait_until(lambda: all(company.told for company in companies), SECONDS_MAX)


def test_control_without_one_snapshot_a_backup_under_load_is_torn(
    scene: Scene, drill: Drill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner, "SNAPSHOT", "READ COMMITTED")
    companies = [Company.founded(scene.app, WRITERS // 2) for _ in range(2)]
    with scene.api() as api, writing(companies, api.port, drill.random, WRITERS):
        assert _under_way(companies)
        torn = any(_is_torn(scene, tmp_path / f"{number}.backup") for number in range(CONTROL_BACKUPS_MAX))
    assert torn


def _is_torn(scene: Scene, file: Path) -> bool:
    try:
        back_up(scene.app, migrator(scene.database), file, quiet)
    except LogAltered:
        return True
    return False


def _write(scene: Scene, drill: Drill, companies: list[Company], events: int) -> None:
    for number in range(0, events, BATCH):
        write_batch(scene.app, companies[number // BATCH % len(companies)], BATCH, drill.random)


@contextmanager
def _bulk(scene: Scene, drill: Drill, companies: list[Company]) -> Iterator[None]:
    """Batch after batch while the block runs, up to a limit."""
    stop = Event()

    def write() -> None:
        for number in range(drill.size(6, 100)):
            _write(scene, drill, [companies[number % len(companies)]], BATCH)
            if stop.wait(BULK_PAUSE_SECONDS):
                return

    thread = Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@contextmanager
def _elsewhere(scene: Scene) -> Iterator[TestDatabase]:
    """A database without a schema."""
    admin = scene.servers.postgres_dsn()
    database = TestDatabase(ELSEWHERE, new_database(admin, ELSEWHERE))
    try:
        yield database
    finally:
        database.close()
        drop_database(admin, ELSEWHERE)


def _at_work(database: TestDatabase) -> bool:
    return database.superuser(AT_WORK) != [(0,)]


def _root(app: App, organization: Organization) -> str:
    """Over as many events of the source, which has more by now."""
    with app.database.transaction(organization.organization) as connection:
        leaves = app.logs.bind(connection, organization.organization).leaves(organization.position)
    return merkle.root(leaves).hex()


def _require_equal(database: Database, app: App, organization: Organization) -> None:
    """What was restored, before anything has moved on from it."""
    tenant = organization.organization
    with database.transaction(tenant, deadline_seconds=SECONDS_MAX) as connection:
        verified = verify_log(connection, tenant)
        assert (verified.size, verified.root.hex()) == (organization.position, organization.root)
        assert live_projections(connection, app, tenant) == organization.projections


def _as_of(company: Company, position: int) -> Company:
    """What the company was told by then."""
    diaries = [
        replace(diary, kept={at: step for at, step in diary.kept.items() if at <= position})
        for diary in company.diaries
    ]
    return replace(company, diaries=diaries)
