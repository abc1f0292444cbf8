"""Other event stores, each in its own usual form: the stock recorder of eventsourcing, and UmaDB where installed.

Both flush before they answer. UmaDB does so at once for all clients that wait (0.7.8 under strace: two fdatasync for
each append of one client, 404 for 800 appends of 8 clients). Neither has organizations, policies, keys of requests or
leaves. The stock recorder checks the version of each stream.
"""

import importlib
import importlib.util
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, cast
from urllib.parse import parse_qs, unquote, urlsplit

from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore

from bench.append.raw import BODY, METADATA, NAME, STREAM
from bench.measure import Step
from infra import clock

UMADB = "umadb"
UMADB_MISSING = "UmaDB is not installed and was left out: `.venv/bin/python -m pip install umadb` brings it"
START_SECONDS_MAX = 20.0
POLL_SECONDS = 0.05


@contextmanager
def stock_recorder(superuser_url: str, threads: int) -> Iterator[PostgresApplicationRecorder]:
    """The application recorder with its own table, and a connection for each thread."""
    parts = urlsplit(superuser_url)
    where = parse_qs(parts.query)
    datastore = PostgresDatastore(
        dbname=unquote(parts.path[1:]),
        host=where["host"][0],
        port=where["port"][0],
        user=parts.username or "",
        password="",
        pool_size=threads,
        max_waiting=threads,
    )
    try:
        recorder = PostgresApplicationRecorder(datastore)
        recorder.create_table()
        yield recorder
    finally:
        datastore.close()


@contextmanager
def stock(recorder: PostgresApplicationRecorder, batch: int) -> Iterator[Step]:
    """Each thread on a stream of its own."""
    stream, version = clock.new_id(), 0

    def step() -> int:
        nonlocal version
        recorder.insert_events([StoredEvent(stream, version + at, NAME, BODY) for at in range(1, batch + 1)])
        version += batch
        return batch

    yield step


class UmaClient(Protocol):
    """What is used of the client of UmaDB, which may be absent."""

    def append(self, events: Sequence[object]) -> int: ...
    def head(self) -> int | None: ...


class UmaModule(Protocol):
    def Client(self, url: str) -> UmaClient: ...  # noqa: N802 - its name
    def Event(self, event_type: str, data: bytes, tags: Sequence[str]) -> object: ...  # noqa: N802 - its name


def umadb() -> UmaModule | None:
    """The module, if it is installed."""
    if importlib.util.find_spec(UMADB) is None:
        return None
    return cast(UmaModule, importlib.import_module(UMADB))


@contextmanager
def umadb_server(folder: Path) -> Iterator[str]:
    """Its server as a process on a port of this machine; where it listens."""
    folder.mkdir(exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    file = folder / f"{clock.new_id()}.db"
    program = "from umadb.umadb_server_cli import main; main()"
    words = [sys.executable, "-c", program, "--listen", address, "--db-path", str(file)]
    server = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(address)
        yield f"http://{address}"
    finally:
        server.terminate()
        server.wait()
        file.unlink(missing_ok=True)


def _wait_for(address: str) -> None:
    host, _, port = address.partition(":")
    deadline = time.monotonic() + START_SECONDS_MAX
    while True:
        try:
            socket.create_connection((host, int(port))).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(POLL_SECONDS)
        else:
            return


@contextmanager
def uma(module: UmaModule, url: str, batch: int, thread: int) -> Iterator[Step]:
    """Appends without a condition, which is its fastest form; the stream is a tag."""
    client = module.Client(url)
    event = module.Event(NAME, BODY + METADATA, [f"{STREAM}-{thread}"])
    events = [event] * batch

    def step() -> int:
        client.append(events)
        return batch

    yield step
