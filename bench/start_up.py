"""start-up: from typing `steelyard run` until it takes requests, the second time and later."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from bench.measure import Contestant, Sample, interleaved, timed
from bench.reads import free_port
from bench.report import Case, Found
from bench.sizes import Sizes
from bench.world import House
from infra.embedded.servers import EmbeddedServers
from infra.settings import PREFIX
from services.command_line.output import remark

NAME = "start-up"
NOTE = "seconds until the service takes requests; raw = its two servers alone, from the same data"
READY_SECONDS_MAX = 120.0
LOOK_SECONDS = 0.01
STOP_SECONDS_MAX = 60.0


class NotReady(Exception):
    """The service did not come up; the message is the end of what it said."""


def run(house: House, sizes: Sizes) -> Found:
    """The first start, which makes everything, is told and not compared."""
    home = house.folder / "start-up-home"
    remark(f"{NAME}: first start, then {sizes.starts} more")
    began_before = home.exists()
    first, _ = _start(home, sizes.examples)
    contestants = [
        Contestant("raw", _servers_alone(home)),
        Contestant("steelyard run", _service(home, sizes.examples)),
    ]
    case = Case({"start": "second"}, interleaved(contestants, sizes.starts))
    made = "over data of an earlier bench" if began_before else "which made the database and loaded the examples"
    return Found(NAME, NOTE, [case], (f"the first start took {first:.1f} s, {made}",))


def _servers_alone(home: Path) -> Callable[[], Sample]:
    def turn() -> Sample:
        began = time.perf_counter()
        with EmbeddedServers.start(home) as servers:
            ready = time.perf_counter() - began
            stopped = timed(servers.stop)
        return {"s to ready": ready, "s to end": stopped}

    return turn


def _service(home: Path, examples: bool) -> Callable[[], Sample]:
    def turn() -> Sample:
        ready, stopped = _start(home, examples)
        return {"s to ready": ready, "s to end": stopped}

    return turn


def _start(home: Path, examples: bool) -> tuple[float, float]:
    """Seconds until it was ready, and until it had ended after SIGTERM."""
    port = free_port()
    said = home.parent / "start-up.log"
    words = [sys.executable, "-m", "services", "run", *([] if examples else ["--no-examples"])]
    environment = {**os.environ, f"{PREFIX}HOME": str(home), f"{PREFIX}PORT": str(port)}
    began = time.perf_counter()
    with said.open("wb") as output:
        service = subprocess.Popen(words, env=environment, stdout=output, stderr=output)
    try:
        while not _ready(port):
            if service.poll() is not None or time.perf_counter() - began > READY_SECONDS_MAX:
                raise NotReady(said.read_text()[-2_000:])
            time.sleep(LOOK_SECONDS)
        ready = time.perf_counter() - began
    finally:
        service.terminate()
        stopped = timed(lambda: service.wait(STOP_SECONDS_MAX))
    return ready, stopped


def _ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
