"""The program `steelyard` as users run it: single commands in this process, `run` as one that can be killed."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.embedded.process import wait_until
from infra.settings import PREFIX
from services.cli import main
from tests.support.servers import new_folder

ROOT = Path(__file__).resolve().parent.parent.parent
BYTECODE = Path(os.environ.get(f"{PREFIX}HOME", ROOT / ".steelyard")).absolute() / "cache" / "bytecode"
"""Kept over test runs: a process that starts compiles nothing, as with an installed program."""
READY_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 30.0
ANSWER_SECONDS_MAX = 5.0


@dataclass(frozen=True, slots=True)
class Result:
    """How a command ended and what it printed."""

    status: int
    out: str
    err: str


class Terminal:
    """Types commands on a machine whose data lie below `home`; each starts and stops the embedded servers."""

    def __init__(self, home: Path, capture: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self.home = home
        self._capture = capture
        self._patch = patch

    def __call__(self, *words: str) -> Result:
        """Run `steelyard WORDS`."""
        self._patch.setattr(sys, "argv", ["steelyard", *words])
        self._capture.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        captured = self._capture.readouterr()
        return Result(int(ended.value.code or 0), captured.out, captured.err)


def environment(home: Path, **settings: str) -> dict[str, str]:
    """The environment of a process that reads these settings and no others, and finds its bytecode."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith((PREFIX, "PYTHON"))}
    return {
        **inherited,
        "PYTHONPYCACHEPREFIX": str(BYTECODE),
        f"{PREFIX}HOME": str(home),
        **{PREFIX + name: value for name, value in settings.items()},
    }


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Machine:
    """`steelyard run` as a process of its own."""

    def __init__(self, home: Path, port: int, *words: str) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "services", "run", *words],
            cwd=ROOT,
            env=environment(home, PORT=str(port)),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ready(self) -> "Machine":
        """Once it says that it serves."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            if "Ctrl-C ends it" in line:
                return self
        raise AssertionError(f"ended with {self.process.wait()}: {self.lines} {self.errors()}")

    def errors(self) -> str:
        """Everything on stderr; call it once the process has ended."""
        assert self.process.stderr is not None
        return self.process.stderr.read()

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, wait; the exit status."""
        self.process.send_signal(number)
        return self.process.wait(STOP_SECONDS_MAX)

    def answers(self, path: str = "/readyz") -> bool:
        """Whether that address answers 200."""
        return status_of(self.url + path) == 200

    def wait_until_it_answers(self) -> None:
        assert wait_until(self.answers, READY_SECONDS_MAX)


@contextmanager
def running(home: Path, port: int, *words: str) -> Iterator[Machine]:
    """A machine that serves; whatever is left of it at the end is killed."""
    machine = Machine(home, port, *words)
    try:
        yield machine.ready()
    finally:
        if machine.process.poll() is None:
            machine.process.kill()
        machine.process.wait()


def status_of(url: str, headers: Mapping[str, str] | None = None) -> int:
    """The status of an answer; 0 if nothing answers."""
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, headers=dict(headers or {})), timeout=ANSWER_SECONDS_MAX
        ) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    folder = new_folder()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def steelyard(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A machine on which no service runs."""
    for name, value in environment(home, PORT=str(free_port())).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COLUMNS", "200")
    return Terminal(home, capsys, monkeypatch)
