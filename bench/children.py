"""Parts of the service in processes of their own, as in production; they end with this process, however it ends."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TypeVar

from infra.settings import Settings
from services import logs
from services.serve import serve_until_signal
from services.starting import built
from services.worker.process import work_until_signal

Result = TypeVar("Result")

READY_SECONDS_MAX = 60.0
_spawn = multiprocessing.get_context("spawn")


class ChildFailed(Exception):
    """A process that was to be measured did not come up."""


@contextmanager
def worker(settings: Settings) -> Iterator[int]:
    """The worker; its process id."""
    with _child(_work, settings) as process_id:
        yield process_id


@contextmanager
def server(settings: Settings) -> Iterator[int]:
    """The HTTP server, one process, once it takes requests; its process id."""
    with _child(_serve, settings) as process_id:
        yield process_id


def processor_seconds(process_id: int) -> float:
    """What the threads of the process have used of the processors; 0 where the kernel does not tell in /proc."""
    found = Path(f"/proc/{process_id}/task").glob("*/schedstat")
    return sum(int(each.read_text().split()[0]) for each in found) / 1e9


def alone(work: Callable[..., Result], *arguments: object) -> Result:
    """The result of a function in a fresh process, whose memory nothing else has used."""
    with ProcessPoolExecutor(max_workers=1, mp_context=_spawn) as pool:
        return pool.submit(work, *arguments).result()


@contextmanager
def _child(target: Callable[[Settings, Connection], None], settings: Settings) -> Iterator[int]:
    ours, theirs = _spawn.Pipe()
    process = _spawn.Process(target=target, args=(settings, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        if not ours.poll(READY_SECONDS_MAX):
            raise ChildFailed(f"{target.__name__} was not ready within {READY_SECONDS_MAX:g} s")
        yield int(ours.recv())
    finally:
        process.terminate()
        process.join()


def _work(settings: Settings, ready: Connection) -> None:
    _end_with_parent()
    logs.configure(settings.log_level)
    with built(settings) as app:
        ready.send(os.getpid())
        work_until_signal(app)


def _serve(settings: Settings, ready: Connection) -> None:
    _end_with_parent()
    logs.configure(settings.log_level)
    with built(settings) as app:
        serve_until_signal(app, threading.Event(), ready=lambda: ready.send(os.getpid()), tick=lambda: None)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None, "only children wait for their parent"
    sentinel = parent.sentinel

    def watch() -> None:
        wait([sentinel])
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()
