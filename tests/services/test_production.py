"""Separate processes of production: migrate, serve, worker; the same build, each ended by SIGTERM in order."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from infra.embedded.process import wait_until
from infra.settings import PREFIX
from tests.services.production import OPERATOR_KEY
from tests.services.programs import BYTECODE, READY_SECONDS_MAX, ROOT, STOP_SECONDS_MAX, Terminal, free_port, status_of


@contextmanager
def process(command: str) -> Iterator[subprocess.Popen[str]]:
    """`steelyard COMMAND` with this process's settings; it ends with 0 on SIGTERM."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(BYTECODE)}
    words = [sys.executable, "-m", "services", command]
    started = subprocess.Popen(words, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        yield started
        started.send_signal(signal.SIGTERM)
        assert started.wait(STOP_SECONDS_MAX) == 0, started.communicate()[1]
    finally:
        started.kill()
        started.communicate()


def test_requests_are_served_and_projected_by_two_processes(
    steelyard: Terminal, production: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(f"{PREFIX}DATABASE_URL_MIGRATOR", production)
    assert steelyard("migrate").status == 0
    monkeypatch.delenv(f"{PREFIX}DATABASE_URL_MIGRATOR")
    port = free_port()
    monkeypatch.setenv(f"{PREFIX}PORT", str(port))
    url = f"http://127.0.0.1:{port}"
    with process("serve"), process("worker"):
        assert wait_until(lambda: status_of(f"{url}/readyz") == 200, READY_SECONDS_MAX)
        request = urllib.request.Request(
            f"{url}/v1/organizations",
            json.dumps({"code": "acme", "name": "Acme"}).encode(),
            {"Authorization": f"Bearer {OPERATOR_KEY}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as founded:
            assert founded.status == 201
        assert wait_until(lambda: behind(steelyard) == "0 events behind in 0 organizations", READY_SECONDS_MAX)
        assert steelyard("doctor").status == 0
        assert status_of(f"{url}/docs") == 200


def behind(steelyard: Terminal) -> str:
    found: dict[str, str] = json.loads(steelyard("doctor", "--json").out)["found"]
    return found["projection scores"]
