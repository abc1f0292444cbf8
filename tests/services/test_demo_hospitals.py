"""The hospitals: through commands, log and projections to totals beside the published ones; resumable, idempotent."""

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from infra.embedded.process import wait_until
from infra.embedded.servers import EmbeddedServers
from infra.settings import EMBEDDED_DATABASE
from services.demo.hospitals import TWELVE
from tests.services.programs import ROOT, Terminal, environment
from tests.services.test_demo_data import HEADER

MANY = 60
SECONDS_MAX = 60.0
SEEN = 5
"""Organizations that the killed run should have got to."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of many hospitals in the publisher's form."""
    path = tmp_path / "hospitals.csv"
    with path.open("w", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(next(csv.reader([HEADER])))
        for number in range(MANY):
            writer.writerow(
                [f"9{number:05}", f"Hospital {number}", "20", "40", "Not Available", f"{number}.5", total(number)]
            )
    return path


def total(number: int) -> str:
    """The mean of 20, 40 and number + 0.5 to 12 decimals."""
    return f"{(60.5 + number) / 3:.12f}"


def organizations(steelyard: Terminal) -> dict[str, int]:
    listed = json.loads(steelyard("organization", "list", "--json").out)
    return {each["code"]: each["events"] for each in listed}


def test_the_twelve_agree_and_a_second_time_nothing_changes(steelyard: Terminal) -> None:
    first = steelyard("demo", "hospitals", "--json")
    assert first.status == 0
    found = json.loads(first.out)
    assert (found["agree_to_11_decimals"], found["agree_to_12_decimals"], found["parked"]) == (12, 11, 0)
    assert {each["state"] for each in found["hospitals"]} == {"complete"}
    before = organizations(steelyard)
    assert set(before) >= {hospital.code for hospital in TWELVE}
    again = steelyard("demo", "hospitals")
    assert "nothing changed" in again.err
    assert "54.444444444445*" in again.out
    assert organizations(steelyard) == before


def test_loading_a_file_goes_on_after_kill_9(steelyard: Terminal, home: Path, file: Path) -> None:
    command = [sys.executable, "-m", "services", "demo", "hospitals", "--file", str(file)]
    killed = subprocess.Popen(
        command, cwd=ROOT, env=environment(home), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert wait_until(lambda: loaded(home) >= SEEN, SECONDS_MAX)
    os.kill(killed.pid, signal.SIGKILL)
    killed.communicate()
    done = steelyard("demo", "hospitals", "--file", str(file), "--json")
    assert done.status == 0
    found = json.loads(done.out)
    assert 0 < found["changed"] <= MANY - SEEN + 1
    assert (found["agree_to_12_decimals"], found["parked"]) == (MANY, 0)
    again = steelyard("demo", "hospitals", "--file", str(file))
    assert f"{MANY} hospitals: {MANY} totals agree to 11 decimals, {MANY} to 12 decimals" in again.out
    assert "nothing changed" in again.out


def loaded(home: Path) -> int:
    """How many hospitals of the file are there, asked beside the loading process; 0 while that one still starts."""
    if not (home / "run" / "servers.ready").exists():
        return 0
    servers = EmbeddedServers.start(home)
    assert servers.attached
    try:
        with psycopg.connect(servers.postgres_dsn(database=EMBEDDED_DATABASE)) as database:
            rows = database.execute("SELECT code FROM steelyard.organization WHERE code LIKE 'hospital-9%'")
            return len(rows.fetchall())
    except psycopg.Error:
        return 0


def test_a_total_that_differs_is_named_and_ends_with_1(steelyard: Terminal, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.csv"
    wrong.write_text(f"{HEADER}\n800001,Wrong,20,40,60,80,50.1\n")
    found = steelyard("demo", "hospitals", "--file", str(wrong))
    assert found.status == 1
    assert "800001 published 50.1, ours 50.000000000000: NOT EXPLAINED" in found.out


def test_a_broken_file_ends_with_2_before_anything_is_loaded(steelyard: Terminal, tmp_path: Path) -> None:
    broken = tmp_path / "broken.csv"
    broken.write_text(f"{HEADER}\n800002,Good,20,40,60,80,50\n800003,Bad,20,40,60,many,50\n")
    refused = steelyard("demo", "hospitals", "--file", str(broken))
    assert refused.status == 2
    assert "line 3" in refused.err
    assert "hospital-800002" not in organizations(steelyard)
