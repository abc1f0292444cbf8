"""A server as a direct child that cannot outlive this process, started and stopped by the embedded servers.

On Linux the kernel signals the child when its parent dies, also by kill -9; elsewhere the next start ends the orphan.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.embedded.errors import EmbeddedServerError

LOG_SIZE_BYTES_MAX = 10_000_000
LOG_TAIL_BYTES = 2_000
POLL_SECONDS = 0.01
KILL_SECONDS_MAX = 5.0

_PR_SET_PDEATHSIG = 1
# Nothing of the caller's environment reaches a server: PGDATA, PGHOST or a locale would change what it does.
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}


@dataclass(frozen=True, slots=True)
class Account:
    """The user and group a child runs as."""

    uid: int
    gid: int


def spawn(
    command: Sequence[str], log: Path, parent_death_signal: signal.Signals, account: Account | None = None
) -> subprocess.Popen[bytes]:
    """Start `command` with its output appended to `log`.

    Must run on the main thread: the death signal follows the thread that made the child, not the process.
    """
    if threading.current_thread() is not threading.main_thread():
        raise EmbeddedServerError("embedded servers are started from the main thread")
    _keep_log_small(log)
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 - the command is ours, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=ENVIRONMENT,
            # A session of its own: Ctrl-C in the terminal reaches us alone, and we stop the server in order.
            start_new_session=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            preexec_fn=_die_with_parent(parent_death_signal),
        )


def stop(child: subprocess.Popen[bytes], escalation: Sequence[signal.Signals], seconds_each: float) -> None:
    """Send each signal in turn until the child is gone, and SIGKILL if none helped."""
    for number in escalation:
        if child.poll() is not None:
            return
        child.send_signal(number)
        try:
            child.wait(seconds_each)
        except subprocess.TimeoutExpired:
            continue
    if child.poll() is None:
        child.kill()
        child.wait(KILL_SECONDS_MAX)


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether the condition came true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def command_line(pid: int) -> str:
    """The command line of a live process; empty for a dead one, a zombie, or another user's on some systems."""
    if sys.platform == "linux":
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    return subprocess.run(["/bin/ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True).stdout  # noqa: S603


def log_tail(log: Path) -> str:
    return log.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace") if log.exists() else ""


def _keep_log_small(log: Path) -> None:
    if log.exists() and log.stat().st_size > LOG_SIZE_BYTES_MAX:
        log.replace(log.with_suffix(".log.old"))


def _die_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    # Loaded before the fork: between fork and exec the child should do next to nothing.
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def in_child() -> None:
        prctl(_PR_SET_PDEATHSIG, int(number))
        if os.getppid() != parent:  # the parent died before the signal was armed
            os._exit(1)

    return in_child
