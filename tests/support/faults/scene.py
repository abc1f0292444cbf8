"""A stage for faults: PostgreSQL, Valkey, API and worker as real processes that are killed and stopped.

The servers are the embedded ones, started by the program's own code and started again by it; API and worker are
`steelyard serve` and the worker. Everything ends with the block.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self, cast

import redis

from infra.embedded.postgres import MAJOR
from infra.embedded.process import wait_until
from infra.embedded.servers import EmbeddedServers
from infra.migrations import run as migrations
from infra.settings import Settings
from services.app import App
from services.wiring import build
from tests.services.programs import ROOT, environment, free_port, status_of
from tests.support.app import settings_for
from tests.support.database import TestDatabase
from tests.support.faults.program import Program
from tests.support.faults.worker import WHOLE
from tests.support.servers import new_database, new_folder

DATABASE = "drills"
READY_SECONDS_MAX = 60.0
FLOOD = "tests.support.faults.flood"
SERVICE = "tests.support.faults.service"
WORKER = "tests.support.faults.worker"


@dataclass
class Api:
    """`steelyard serve` as a process, and where it listens; the same port after a restart."""

    program: Program
    port: int

    def ready(self) -> bool:
        """Once it takes requests and can carry them out."""
        return wait_until(lambda: status_of(f"http://127.0.0.1:{self.port}/readyz") == 200, READY_SECONDS_MAX)

    def kill(self) -> None:
        """kill -9."""
        self.program.kill()

    def start(self) -> None:
        """Again, on the same port."""
        self.program.start()


@dataclass
class Scene:
    """`app` is the drill's own way in, past the processes."""

    home: Path
    servers: EmbeddedServers
    database: TestDatabase
    settings: Settings
    app: App
    _programs: list[Program] = field(default_factory=list)

    @classmethod
    @contextmanager
    def opened(cls) -> Iterator[Self]:
        """On empty servers of its own; call it on the main thread."""
        home = new_folder()
        try:
            with EmbeddedServers.start(home) as servers:
                database = TestDatabase(DATABASE, new_database(servers.postgres_dsn(), DATABASE))
                migrations.migrate(database.superuser_url)
                settings = settings_for(database, servers.redis_url, home)
                made = cls(home, servers, database, settings, build(settings))
                try:
                    yield made
                finally:
                    made._close()
        finally:
            shutil.rmtree(home, ignore_errors=True)

    @contextmanager
    def api(self, database_url: str | None = None, broken: str | None = None) -> Iterator[Api]:
        """The HTTP service, ready; `database_url` is another way for it to the database, `broken` a variant of it."""
        port = free_port()
        words = ["services"] if broken is None else [SERVICE, broken]
        program = self._program([*words, "serve"], database_url, PORT=str(port))
        api = Api(program, port)
        with program:
            assert api.ready(), program.said()
            yield api

    @contextmanager
    def worker(self, broken: str | None = None) -> Iterator[Program]:
        """The worker, or a variant of it that breaks a promise; both start without the rest of the program."""
        with self._program([WORKER, broken or WHOLE], None) as program:
            yield program

    @contextmanager
    def flood(self, *variant: str) -> Iterator[Program]:
        """An organization that writes as fast as it can (tests.support.faults.flood)."""
        with self._program([FLOOD, *variant], None) as program:
            yield program

    def steelyard(self, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """One command, to its end."""
        command = [sys.executable, "-m", "services", *words]
        return subprocess.run(command, cwd=ROOT, env=self.environment(**settings), capture_output=True, text=True)

    def environment(self, **settings: str) -> dict[str, str]:
        """That of a process of production, with these settings changed."""
        return self._environment(None, **settings)

    def kill_postgres(self) -> None:
        """kill -9 of the server."""
        kill_postgres(self.home)

    def revive(self) -> None:
        """What the single machine does every half second: start again what died."""
        assert wait_until(lambda: "postgres" in self.servers.ensure_running(), READY_SECONDS_MAX)

    @contextmanager
    def stopped_valkey(self) -> Iterator[None]:
        """Valkey holds its connections and answers nobody."""
        with redis.Redis.from_url(self.servers.redis_url) as client:
            pid = int(cast("dict[str, int]", client.info("server"))["process_id"])
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def _program(self, words: Sequence[str], database_url: str | None, **settings: str) -> Program:
        program = Program(words, self._environment(database_url, **settings), self.home / "logs")
        self._programs.append(program)
        return program

    def _environment(self, database_url: str | None, **settings: str) -> dict[str, str]:
        secrets = {
            "DATABASE_URL_APP": database_url or self.settings.database_url_app.get_secret_value(),
            "DATABASE_URL_SCHEDULER": self.settings.database_url_scheduler.get_secret_value(),
            "REDIS_URL": self.settings.redis_url.get_secret_value(),
            "OPERATOR_KEY": self.settings.operator_key.get_secret_value(),
            "SEALING_KEY": self.settings.sealing_key.get_secret_value(),
            "TOKEN_KEY": self.settings.token_key.get_secret_value(),
        }
        return environment(self.home, MODE="production", **(secrets | settings))

    def _close(self) -> None:
        for program in self._programs:
            program.kill()
        self.app.close()
        self.database.close()


def kill_postgres(home: Path) -> None:
    """kill -9 of a whole server at one moment, so that nobody flushes what another left in memory."""
    postmaster = int((home / f"postgres-{MAJOR}" / "postmaster.pid").read_text().split()[0])
    os.kill(postmaster, signal.SIGSTOP)
    for pid in [*children(postmaster), postmaster]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: not children(postmaster), READY_SECONDS_MAX)


def children(parent: int) -> list[int]:
    """The processes a process has started and that are not dead."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                state, ppid = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
                if int(ppid) == parent and state != "Z":
                    found.append(int(folder.name))
    return found
