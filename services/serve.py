"""The HTTP server in this process: granian on the main thread's event loop, until Ctrl-C or SIGTERM.

The same for a single machine and for production, where several processes may stand behind a proxy.
docs/decisions/0030-one-process-on-one-machine.md says why.
"""

import asyncio
import signal
import threading
from collections.abc import Callable

import structlog
from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server
from litestar import Litestar

from services.api.server import create_app
from services.app import App
from services.interpreter import settle_memory
from services.port import Listening, require_free_port
from services.web.pages import page_handlers

BACKLOG = 512
HEADER_SECONDS_MAX = 10
GRACE_SECONDS_MAX = 5.0
"""What requests under way may still take once a stop is asked for."""
TICK_SECONDS = 0.5

log = structlog.stdlib.get_logger(__name__)


def serve_until_signal(app: App, end: threading.Event, *, ready: Callable[[], None], tick: Callable[[], None]) -> None:
    """Serve the API and the pages until Ctrl-C, SIGTERM or `end`; call it on the main thread.

    `ready` runs once the port takes connections, `tick` every half second on this thread.
    """
    require_free_port(app.settings)
    pages = create_app(app, page_handlers(app))
    settle_memory()
    asyncio.run(_serve(pages, app.settings, end, ready, tick))


async def _serve(
    pages: Litestar, where: Listening, end: threading.Event, ready: Callable[[], None], tick: Callable[[], None]
) -> None:
    server = Server(
        pages,
        address=where.host,
        port=where.port,
        interface=Interfaces.ASGI,
        backlog=BACKLOG,
        websockets=False,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_SECONDS_MAX * 1000),
        log_enabled=False,
    )
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    serving = asyncio.create_task(server.serve())
    announcing = asyncio.create_task(_announce(where, ready))
    # `end` may have been set by a signal that came before this loop listened to them.
    while not stopping.is_set() and not end.is_set() and not serving.done():
        tick()
        await _pause(stopping)
    announcing.cancel()
    server.stop()  # type: ignore[no-untyped-call]  # granian annotates everything but this
    done, _pending = await asyncio.wait({serving}, timeout=GRACE_SECONDS_MAX)
    if not done:
        log.warning("requests cut off", grace_seconds=GRACE_SECONDS_MAX)
        return
    serving.result()


async def _pause(stopping: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(stopping.wait(), TICK_SECONDS)
    except TimeoutError:
        return


async def _announce(where: Listening, ready: Callable[[], None]) -> None:
    """Try the port until it answers: granian opens it on a thread of its own."""
    while True:
        try:
            _reader, writer = await asyncio.open_connection(where.host, where.port)
        except OSError:
            await asyncio.sleep(0.02)
            continue
        writer.close()
        ready()
        return
