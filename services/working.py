"""Background work within this process, and as a process of its own."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import structlog

from projections.runner import catch_up
from services.app import App

SWEEP_SECONDS = 0.2
_BEHIND = """
SELECT DISTINCT h.tenant_id FROM steelyard.tenant_head h
JOIN steelyard.projection_route r ON r.tenant_id = h.tenant_id
JOIN steelyard.progress p ON p.tenant_id = r.tenant_id AND p.projection = r.projection AND p.generation = r.generation
WHERE p.position < h.position AND p.status = 'running' LIMIT 100
"""
log = structlog.stdlib.get_logger(__name__)


@contextmanager
def working(app: App) -> Iterator[None]:
    """Work on projections while the block runs."""
    stop = threading.Event()
    thread = threading.Thread(target=_sweep, args=(app, stop), name="sweep", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def work_until_signal(app: App) -> None:
    """Work until Ctrl-C or SIGTERM."""
    ended = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        ended.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    with working(app):
        ended.wait()


def _sweep(app: App, stop: threading.Event) -> None:
    while not stop.wait(SWEEP_SECONDS):
        try:
            with app.database.scheduler() as connection:
                behind = connection.exec_driver_sql(_BEHIND).scalars().all()
            for tenant in behind:
                for projection in app.projections:
                    if not projection.inline and not stop.is_set():
                        catch_up(app.store, tenant, projection)
        except Exception:  # the outermost loop of this thread: what failed is tried again at the next sweep
            log.exception("sweep failed")
