"""Parts of the service in processes of their own, as in production; they end with this process, however it ends."""

import importlib
import multiprocessing
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Protocol, TypeVar, cast

from litestar import Litestar

from infra.settings import Settings
from projections.kept_answers import KeptAnswers
from services import logs
from services.api.server import create_app
from services.interpreter import settle_memory
from services.serve import BACKLOG, serve_until_signal
from services.starting import built
from services.web.pages import page_handlers
from services.worker.process import work_until_signal

Result = TypeVar("Result")

READY_SECONDS_MAX = 60.0
UVICORN = "uvicorn"
_spawn = multiprocessing.get_context("spawn")


class UvicornServer(Protocol):
    """What is used of it."""

    def run(self, sockets: list[socket.socket]) -> None: ...


class UvicornModule(Protocol):
    """What is used of uvicorn, which need not be installed."""

    def Config(self, app: Litestar, *, lifespan: str, access_log: bool, log_level: str) -> object: ...  # noqa: N802 - its name
    def Server(self, config: object) -> UvicornServer: ...  # noqa: N802 - its name


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


@contextmanager
def forgetful_server(settings: Settings) -> Iterator[int]:
    """The same, but it keeps no answers."""
    with _child(_serve_forgetfully, settings) as process_id:
        yield process_id


@contextmanager
def uvicorn_server(settings: Settings) -> Iterator[int]:
    """The same application under uvicorn, which must be installed."""
    with _child(_serve_under_uvicorn, settings) as process_id:
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


def _serve_forgetfully(settings: Settings, ready: Connection) -> None:
    _end_with_parent()
    logs.configure(settings.log_level)
    with built(settings) as app:
        forgetful = replace(app, scores=replace(app.scores, kept=KeptAnswers(bytes_max=0)))
        serve_until_signal(forgetful, threading.Event(), ready=lambda: ready.send(os.getpid()), tick=lambda: None)


def _serve_under_uvicorn(settings: Settings, ready: Connection) -> None:
    """Its own log of requests is off, as granian's is."""
    _end_with_parent()
    logs.configure(settings.log_level)
    uvicorn = cast(UvicornModule, importlib.import_module(UVICORN))
    with built(settings) as app:
        pages = create_app(app, page_handlers(app))
        settle_memory()
        listening = socket.create_server((settings.host, settings.port), backlog=BACKLOG)
        server = uvicorn.Server(uvicorn.Config(pages, lifespan="off", access_log=False, log_level="error"))
        ready.send(os.getpid())
        server.run(sockets=[listening])


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None, "only children wait for their parent"
    sentinel = parent.sentinel

    def watch() -> None:
        wait([sentinel])
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()
