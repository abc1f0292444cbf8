"""A server that died is begun at one look and ready at a later one; one that dies again is said so, and tried again."""

import subprocess
import sys
from pathlib import Path

import pytest

from infra.embedded.errors import ServerDidNotStart
from infra.embedded.revival import Revivable


def _dead() -> subprocess.Popen[bytes]:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child


def _alive() -> subprocess.Popen[bytes]:
    return subprocess.Popen(["/bin/sleep", "600"])


def test_a_look_begins_and_a_later_one_finds_it_ready(tmp_path: Path) -> None:
    ready: list[bool] = []
    server = Revivable("postgres", _dead(), _alive, lambda _child: bool(ready), tmp_path / "log")
    looks = [server.came_back(), server.came_back()]
    ready.append(True)
    looks += [server.came_back(), server.came_back()]
    server.child.kill()
    server.child.wait()
    assert looks == [False, False, True, False], "begun, not ready yet, ready, nothing to do"


def test_what_dies_again_is_said_with_the_end_of_its_log_and_tried_again(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("no space left on device")
    server = Revivable("postgres", _dead(), _dead, lambda _child: True, log)
    assert not server.came_back()
    first = server.child
    with pytest.raises(ServerDidNotStart, match="no space left"):
        server.came_back()
    assert server.child is not first
