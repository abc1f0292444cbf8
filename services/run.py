"""A single machine in one process: embedded servers, schema, worker threads and the HTTP server.

Order of the end, by Ctrl-C or SIGTERM: no new requests, workers, connections, servers. After kill -9 the kernel ends
the servers, and the next start goes on from what was committed.
"""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from infra.embedded.errors import EmbeddedServerError, ServersNotReady
from infra.embedded.servers import EmbeddedServers
from infra.eventstore.boot import refuse_unsafe
from infra.settings import Location, embedded
from services.app import App
from services.interpreter import share_fairly
from services.port import require_free_port
from services.serve import serve_until_signal
from services.starting import built, prepared
from services.worker.process import working

OWNER_SECONDS_MAX = 600.0
OWNER_PAUSE_SECONDS = 0.2
SIGNALS = (signal.SIGINT, signal.SIGTERM)

log = structlog.stdlib.get_logger(__name__)


def run_machine(
    location: Location, before: Callable[[App], None], ready: Callable[[App], None], tell: Callable[[str], None]
) -> None:
    """Run until a signal; `before` is called before the port opens, `ready` when it takes connections.

    `tell` gets what the person who started it should know meanwhile.

    Call it on the main thread. Raises PortTaken, EmbeddedServerError, SettingsError, SchemaUnfit, UnsafeDatabase.
    """
    end = threading.Event()
    for number in SIGNALS:
        # Only noted: an exception out of a handler can leave any lock of any library locked for good.
        signal.signal(number, lambda _number, _frame: end.set())
    with owned_servers(location, tell, end) as servers:
        _insist(end)
        settings = prepared(location, servers, tell)
        with built(settings) as app:
            refuse_unsafe(app.database)
            share_fairly()
            with working(app):
                before(app)
                _insist(end)
                serve_until_signal(app, end, ready=lambda: ready(app), tick=lambda: look_after(servers))
                _ignore_signals()
                log.info("stopping")


def _insist(end: threading.Event) -> None:
    """Between two steps of the start: end here if a signal asked for it meanwhile."""
    if end.is_set():
        raise KeyboardInterrupt


def _ignore_signals() -> None:
    """An end that has begun is not cut short by impatience."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def look_after(servers: EmbeddedServers) -> None:
    """Start again what died; what cannot start yet, as on a full disk, has its next chance at the next look."""
    try:
        revived = servers.ensure_running()
    except EmbeddedServerError as error:
        log.error("server had died and cannot start yet", error=str(error).partition("\n")[0])
        return
    for name in revived:
        log.warning("server had died and was started again", server=name)


@contextmanager
def owned_servers(location: Location, tell: Callable[[str], None], end: threading.Event) -> Iterator[EmbeddedServers]:
    """The embedded servers as ours: a service on the servers of a command would lose them when the command ends.

    A port that is taken is told first: most often it is this very service, running already.
    """
    servers = EmbeddedServers.start(location.home)
    try:
        require_free_port(embedded(location.home, servers))
        servers = _waited_for(servers, location.home, tell, end)
        yield servers
    finally:
        servers.stop()


def _waited_for(
    servers: EmbeddedServers, home: Path, tell: Callable[[str], None], end: threading.Event
) -> EmbeddedServers:
    deadline = time.monotonic() + OWNER_SECONDS_MAX
    if servers.attached:
        tell(f"another steelyard command has the servers of {home}; going on when it ends")
    while servers.attached:
        if time.monotonic() > deadline:
            raise ServersNotReady(home, OWNER_SECONDS_MAX)
        end.wait(OWNER_PAUSE_SECONDS)
        _insist(end)
        servers = EmbeddedServers.start(home)
    return servers
