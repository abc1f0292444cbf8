"""PostgreSQL and Valkey for one machine, below one folder; the first process owns them, later ones attach.

home/postgres-18  home/valkey   data
home/logs                       what the servers say
home/run                        lock, and the sockets where their path is short enough
"""

import fcntl
import hashlib
import os
import stat
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import quote

from infra.embedded.errors import ServersNotReady, SocketFolderNotOurs
from infra.embedded.postgres import (
    MAJOR,
    PORT,
    SUPERUSER,
    PostgresFiles,
    begin_postgres,
    installation,
    postgres_ready,
    start_postgres,
    stop_postgres,
)
from infra.embedded.privilege import Privilege, choose_privilege, namespace_allowed
from infra.embedded.process import POLL_SECONDS
from infra.embedded.revival import Revivable
from infra.embedded.valkey import ValkeyFiles, answers, begin_valkey, start_valkey, stop_valkey, valkey_ready

ATTACH_SECONDS_MAX = 90.0
SOCKET_PATH_BYTES_MAX = 107 if sys.platform == "linux" else 103  # sun_path without its closing zero
SHORT_FOLDER_PARENT = Path("/tmp")  # noqa: S108 - the folder below is checked for owner and mode


@dataclass(frozen=True, slots=True)
class _Layout:
    home: Path
    sockets: Path
    postgres: PostgresFiles
    valkey: ValkeyFiles
    lock: Path
    ready: Path


@dataclass(slots=True)
class _Running:
    """What only the owner of the servers holds."""

    owner_pid: int
    lock: IO[str]
    postgres: Revivable
    valkey: Revivable


@dataclass(slots=True)
class EmbeddedServers:
    """Both servers, ready. Use as a context manager, or call stop()."""

    _layout: _Layout
    _running: _Running | None = field(repr=False)

    @classmethod
    def start(cls, home: Path) -> Self:
        """Start both servers below `home`, or attach to those another process runs there.

        Call it once per process and folder, from the main thread. Raises EmbeddedServerError.
        """
        layout = _prepare(home.resolve())
        deadline = time.monotonic() + ATTACH_SECONDS_MAX
        while time.monotonic() < deadline:
            lock = _try_lock(layout.lock)
            if lock is not None:
                return cls(layout, _start_both(layout, lock))
            if layout.ready.exists() and answers(layout.valkey.socket):
                return cls(layout, None)
            time.sleep(POLL_SECONDS)
        raise ServersNotReady(layout.home, ATTACH_SECONDS_MAX)

    @property
    def attached(self) -> bool:
        """Whether another process owns the servers; they end when it ends."""
        return self._running is None

    @property
    def redis_url(self) -> str:
        return f"unix://{quote(str(self._layout.valkey.socket))}"

    def postgres_dsn(self, role: str = SUPERUSER, database: str = "postgres", password: str | None = None) -> str:
        """A libpq URI on the unix socket; a password is carried, though the socket asks for none."""
        user = quote(role, safe="") + (f":{quote(password, safe='')}" if password else "")
        host = quote(str(self._layout.sockets), safe="")
        return f"postgresql://{user}@/{quote(database, safe='')}?host={host}&port={PORT}"

    def ensure_running(self) -> tuple[str, ...]:
        """Start again what has died, from the main thread, without waiting for it; nothing if attached.

        The names of what was started at an earlier look and is ready now. Raises ServerDidNotStart for what has died
        again, and has begun the next attempt by then.
        """
        if self._running is None:
            return ()
        return tuple(server.name for server in (self._running.valkey, self._running.postgres) if server.came_back())

    def stop(self) -> None:
        """Stop what we started, in order; nothing if attached or in a forked worker. A second call does nothing."""
        if self._running is None or self._running.owner_pid != os.getpid():
            return  # a forked worker that ends takes nothing with it
        running, self._running = self._running, None
        self._layout.ready.unlink(missing_ok=True)
        stop_valkey(running.valkey.child)
        stop_postgres(running.postgres.child)
        running.lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _prepare(home: Path) -> _Layout:
    home.mkdir(parents=True, exist_ok=True)
    run, logs = home / "run", home / "logs"
    run.mkdir(mode=0o755, exist_ok=True)  # another account may have to reach the sockets folder, which is 0700
    logs.mkdir(mode=0o700, exist_ok=True)
    sockets = _socket_folder(home, run)
    return _Layout(
        home=home,
        sockets=sockets,
        postgres=PostgresFiles(home / f"postgres-{MAJOR}", sockets, logs / "postgres.log"),
        valkey=ValkeyFiles(home / "valkey", sockets / "valkey.sock", logs / "valkey.log"),
        lock=run / "servers.lock",
        ready=run / "servers.ready",
    )


def _socket_folder(home: Path, run: Path) -> Path:
    """A folder of mode 0700 whose socket paths the operating system accepts; the same one for the same home."""
    folder = run / "sockets"
    if len(os.fsencode(folder / f".s.PGSQL.{PORT}")) > SOCKET_PATH_BYTES_MAX:
        digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
        folder = SHORT_FOLDER_PARENT / f"steelyard-{os.geteuid()}-{digest}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    # Below /tmp anybody could have made it first, to read what passes.
    if not stat.S_ISDIR(found.st_mode) or stat.S_IMODE(found.st_mode) != 0o700:
        raise SocketFolderNotOurs(folder)
    if found.st_uid != os.geteuid() and os.geteuid() != 0:
        raise SocketFolderNotOurs(folder)
    return folder


def _try_lock(path: Path) -> IO[str] | None:
    """The owner's lock, or None if another process holds it.

    A record lock: it belongs to this process alone. A lock on the open file would live on in forked workers and keep
    a restart after kill -9 waiting for them.
    """
    file = path.open("a")
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file


def _start_both(layout: _Layout, lock: IO[str]) -> _Running:
    layout.ready.unlink(missing_ok=True)
    try:
        privilege = choose_privilege(installation(), layout.home / f"postgres-programs-{MAJOR}", namespace_allowed)
        privilege.own(layout.sockets)
        postgres = start_postgres(layout.postgres, privilege)
        try:
            valkey = start_valkey(layout.valkey)
        except BaseException:
            stop_postgres(postgres)
            raise
    except BaseException:
        lock.close()
        raise
    layout.ready.touch(mode=0o600)
    return _Running(os.getpid(), lock, *_revivable(layout, privilege, postgres, valkey))


def _revivable(
    layout: _Layout, privilege: Privilege, postgres: subprocess.Popen[bytes], valkey: subprocess.Popen[bytes]
) -> tuple[Revivable, Revivable]:
    return (
        Revivable(
            "postgres",
            postgres,
            begin=lambda: begin_postgres(layout.postgres, privilege),
            ready=lambda child: postgres_ready(layout.postgres, child),
            log=layout.postgres.log,
        ),
        Revivable(
            "valkey",
            valkey,
            begin=lambda: begin_valkey(layout.valkey),
            ready=lambda child: valkey_ready(layout.valkey, child),
            log=layout.valkey.log,
        ),
    )
