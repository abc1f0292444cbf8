"""A single machine in one process: embedded servers, schema, worker threads and the HTTP server.

Order of the end, by Ctrl-C or SIGTERM: no new requests, workers, connections, servers. After kill -9 the kernel ends
the servers, and the next start goes on from what was committed.
"""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import structlog

from infra.embedded.errors import ServersNotReady
from infra.embedded.servers import EmbeddedServers
from infra.eventstore.boot import refuse_unsafe
from infra.settings import Location, embedded
from services.app import App
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
    for number in SIGNALS:
        signal.signal(number, _end_in_order)
    with owned_servers(location, tell) as servers:
        settings = prepared(location, servers, tell)
        with built(settings) as app:
            refuse_unsafe(app.database)
            with working(app):
                before(app)
                serve_until_signal(app, ready=lambda: ready(app), tick=lambda: look_after(servers))
                _ignore_signals()
                log.info("stopping")


def _end_in_order(number: int, frame: FrameType | None) -> None:
    """Until the HTTP server listens to signals itself: through every `finally`, and only once."""
    _ignore_signals()
    raise KeyboardInterrupt


def _ignore_signals() -> None:
    """An end that has begun is not cut short by impatience."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def look_after(servers: EmbeddedServers) -> None:
    """Start again what died."""
    for name in servers.ensure_running():
        log.warning("server had died and was started again", server=name)


@contextmanager
def owned_servers(location: Location, tell: Callable[[str], None]) -> Iterator[EmbeddedServers]:
    """The embedded servers as ours: a service on the servers of a command would lose them when the command ends.

    A port that is taken is told first: most often it is this very service, running already.
    """
    servers = EmbeddedServers.start(location.home)
    try:
        require_free_port(embedded(location.home, servers))
        servers = _waited_for(servers, location.home, tell)
        yield servers
    finally:
        servers.stop()


def _waited_for(servers: EmbeddedServers, home: Path, tell: Callable[[str], None]) -> EmbeddedServers:
    deadline = time.monotonic() + OWNER_SECONDS_MAX
    if servers.attached:
        tell(f"another steelyard command has the servers of {home}; going on when it ends")
    while servers.attached:
        if time.monotonic() > deadline:
            raise ServersNotReady(home, OWNER_SECONDS_MAX)
        time.sleep(OWNER_PAUSE_SECONDS)
        servers = EmbeddedServers.start(home)
    return servers
