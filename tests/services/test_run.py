"""One machine in one process: it starts, serves, stops in order, and comes back after the worst."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

from infra.embedded.postgres import MAJOR
from infra.embedded.process import command_line, wait_until
from tests.services.programs import ROOT, STOP_SECONDS_MAX, Machine, environment, free_port, running, status_of
from tests.support.servers import new_folder

SECOND_START_SECONDS_MAX = 5.0
BUSY_FACTOR = 3.0
"""The test run itself keeps both cores busy."""


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """One machine's data for all tests here: the first start loads the examples."""
    folder = new_folder()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def port() -> int:
    return free_port()


def postgres_pid(home: Path) -> int:
    return int((home / f"postgres-{MAJOR}" / "postmaster.pid").read_text().split()[0])


def ready_pid(home: Path) -> int | None:
    """The pid in the file of a database that takes queries; None while there is no such file."""
    try:
        lines = (home / f"postgres-{MAJOR}" / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return None
    return int(lines[0]) if len(lines) > 7 and lines[7].strip() == "ready" else None


def test_the_first_start_prints_the_account_and_addresses_that_open(home: Path, port: int) -> None:
    with running(home, port) as machine:
        printed = "\n".join(machine.lines)
        for number in ("84.125", "68.0625", "72.375", "72.0625", "73.5", "77.6", "76.3125", "79.875"):
            assert number in printed
        assert printed.count("/o/hospital-") == 12
        assert "54.444444444445*" in printed
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        link = re.findall(r"http://\S+/o/company/\?token=\S+", printed)[0]
        with browser.open(link) as page:
            assert "Five Years Company" in page.read().decode()
        with browser.open(link) as again:
            assert again.status == 200
        assert status_of(link) != 200  # another browser
        pid = postgres_pid(home)
        assert machine.end(signal.SIGINT) == 0
    assert command_line(pid) == ""


def test_a_second_start_changes_nothing_and_is_quick(home: Path, port: int) -> None:
    with running(home, port):
        pass
    started = time.monotonic()
    with running(home, port) as machine:
        assert time.monotonic() - started < SECOND_START_SECONDS_MAX * BUSY_FACTOR
        started = time.monotonic()
        assert machine.end() == 0
        assert time.monotonic() - started < SECOND_START_SECONDS_MAX
    assert "nothing changed" in machine.errors()


def test_after_kill_9_nothing_is_left_and_the_next_start_goes_on(home: Path, port: int) -> None:
    with running(home, port, "--no-examples") as machine:
        pid = postgres_pid(home)
        machine.process.kill()
        machine.process.wait()
    assert wait_until(lambda: command_line(pid) == "", STOP_SECONDS_MAX)
    with running(home, port, "--no-examples") as machine:
        assert machine.answers()
        assert machine.end() == 0


def test_a_killed_database_is_started_again(home: Path, port: int) -> None:
    with running(home, port, "--no-examples") as machine:
        killed = postgres_pid(home)
        os.kill(killed, signal.SIGKILL)
        assert wait_until(lambda: ready_pid(home) not in (None, killed), STOP_SECONDS_MAX)
        machine.wait_until_it_answers()
        assert machine.end() == 0


def test_a_port_in_use_is_said_in_words(home: Path, port: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        machine = Machine(home, port, "--no-examples")
        assert machine.process.wait(STOP_SECONDS_MAX) == 2
    assert f"127.0.0.1:{port} is in use" in machine.errors()
    assert not (home / f"postgres-{MAJOR}" / "postmaster.pid").exists()


def test_a_second_machine_on_the_same_data_says_that_one_runs(home: Path, port: int) -> None:
    with running(home, port, "--no-examples") as machine:
        second = Machine(home, port, "--no-examples")
        assert second.process.wait(STOP_SECONDS_MAX) == 2
        assert "running already" in second.errors()
        assert machine.answers()


def test_a_command_beside_the_service_acts_on_it_and_leaves_it_running(home: Path, port: int) -> None:
    with running(home, port, "--no-examples") as machine:
        typed = subprocess.run(
            [sys.executable, "-m", "services", "organization", "create", f"org-{port}", "--name", "Beside"],
            cwd=ROOT,
            env=environment(home, PORT=str(port)),
            capture_output=True,
            text=True,
        )
        assert typed.returncode == 0, typed.stderr
        key = re.findall(r"steelyard_key_\w+", typed.stdout)[0]
        assert status_of(f"{machine.url}/v1/organization", {"Authorization": f"Bearer {key}"}) == 200


def test_ctrl_c_while_it_still_starts_ends_in_order(home: Path, port: int) -> None:
    left_behind = ready_pid(home)  # by a machine that was killed
    machine = Machine(home, port)
    assert wait_until(lambda: ready_pid(home) not in (None, left_behind), STOP_SECONDS_MAX)
    pid = postgres_pid(home)
    assert machine.end(signal.SIGINT) in (0, 130)
    assert wait_until(lambda: command_line(pid) == "", STOP_SECONDS_MAX)
