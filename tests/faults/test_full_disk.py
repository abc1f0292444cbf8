"""The disk of a single machine fills up: writes are refused with 503, and go on by themselves once there is room.

Every second time the database is killed as well, and cannot start again until there is room.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from infra.embedded.process import wait_until
from infra.embedded.servers import EmbeddedServers
from infra.settings import embedded
from services.app import App
from services.wiring import build
from tests.services.programs import environment, free_port, status_of
from tests.support.faults.caller import SILENCE
from tests.support.faults.company import Company
from tests.support.faults.disk import CannotMount, SmallDisk, mounted
from tests.support.faults.drill import Drill
from tests.support.faults.load import Load, writing
from tests.support.faults.oracle import settled, wrongs
from tests.support.faults.program import Program
from tests.support.faults.scene import SERVICE, kill_postgres
from tests.support.faults.service import NOWHERE
from tests.support.servers import new_folder

DISK_BYTES = 300_000_000
WRITERS = 4
READY_SECONDS_MAX = 90.0
NOTICED_SECONDS_MAX = 60.0
AGAIN_SECONDS_MAX = 30.0
FULL_SECONDS = (1.0, 3.0)
SETTLE_SECONDS_MAX = 60.0


@pytest.fixture
def disk() -> Iterator[SmallDisk]:
    folder = new_folder() / "disk"  # one that another account can enter, should PostgreSQL have to run as that
    folder.mkdir()
    try:
        with mounted(folder, DISK_BYTES) as made:
            yield made
    except CannotMount as error:
        pytest.skip(str(error))


def test_a_full_disk_refuses_writes_loses_none_and_takes_them_again(
    disk: SmallDisk, tmp_path: Path, drill: Drill
) -> None:
    port, times, again = free_port(), drill.size(2, 5), []
    with _machine(disk, tmp_path, port, "services") as machine, _beside(disk.folder) as app:
        companies = [Company.founded(app, WRITERS // 2) for _ in range(2)]
        with writing(companies, port, drill.random, WRITERS) as load:
            for number in range(times):
                time.sleep(1.0)
                refused = load.seen[503]
                with disk.filled():
                    _until(partial(_refused_more, load, refused), machine)
                    if number % 2:
                        kill_postgres(disk.folder)
                    time.sleep(drill.random.uniform(*FULL_SECONDS))
                again.append(_seconds_until_accepted(companies))
        assert machine.lives, machine.said()
        assert settled(app, companies, SETTLE_SECONDS_MAX)
        drill.note("times full", times)
        drill.note("acknowledged", sum(len(company.told) for company in companies))
        drill.note("statuses seen", dict(load.seen))
        drill.note("writes again after seconds", [round(each, 1) for each in again])
        assert max(again) < AGAIN_SECONDS_MAX
        assert load.seen[503] > 0
        assert load.seen[SILENCE] == 0
        assert wrongs(app, companies) == []


def test_control_where_a_refused_write_is_answered_as_recorded_acknowledged_values_are_missing(
    disk: SmallDisk, tmp_path: Path, drill: Drill
) -> None:
    port = free_port()
    with _machine(disk, tmp_path, port, SERVICE, "boastful") as machine, _beside(disk.folder) as app:
        companies = [Company.founded(app, WRITERS // 2) for _ in range(2)]
        with writing(companies, port, drill.random, WRITERS, control=True):
            time.sleep(1.0)
            with disk.filled():
                _until(lambda: _boasts(companies) > 0, machine)
        assert settled(app, companies, SETTLE_SECONDS_MAX)
        found = wrongs(app, companies)
    drill.note("answered as recorded and not there", _boasts(companies))
    assert [wrong for wrong in found if "acknowledged values are not there" in wrong]


@contextmanager
def _machine(disk: SmallDisk, logs: Path, port: int, *program: str) -> Iterator[Program]:
    """A single machine whose data lie on the disk, ready; or a variant of it."""
    machine = Program([*program, "run", "--no-examples"], environment(disk.folder, PORT=str(port)), logs)
    with machine:
        ready = wait_until(lambda: status_of(f"http://127.0.0.1:{port}/readyz") == 200, READY_SECONDS_MAX)
        assert ready, machine.said()
        yield machine


def _refused_more(load: Load, before: int) -> bool:
    return load.seen[503] > before


def _boasts(companies: list[Company]) -> int:
    """Values acknowledged at a position that is nobody's."""
    return sum(
        position >= NOWHERE for company in companies for diary in company.diaries for position in list(diary.kept)
    )


@contextmanager
def _beside(home: Path) -> Iterator[App]:
    """The program attached to the machine's servers."""
    servers = EmbeddedServers.start(home)
    assert servers.attached
    app = build(embedded(home, servers))
    yield app
    app.close()


def _until(noticed: Callable[[], bool], machine: Program) -> None:
    assert wait_until(lambda: noticed() or not machine.lives, NOTICED_SECONDS_MAX), "the disk is full, unnoticed"
    assert machine.lives, machine.said()


def _seconds_until_accepted(companies: list[Company]) -> float:
    """From the moment there is room to the next acknowledged write."""

    def acknowledged() -> int:
        return sum(len(diary.kept) for company in companies for diary in company.diaries)

    started, before = time.monotonic(), acknowledged()
    wait_until(lambda: acknowledged() > before, 2 * AGAIN_SECONDS_MAX)
    return time.monotonic() - started
