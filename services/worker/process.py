"""The worker: consumers of wake-ups, the sweep behind them, and the schedule; in this process or in one of its own."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType

import structlog
from dramatiq.brokers.redis import RedisBroker
from dramatiq.worker import Worker

from infra.broker import Waker, broker_of, refuse_evicting
from services.bundle import App
from services.interpreter import settle_memory
from services.worker.actors import declare
from services.worker.schedule import keep_schedule_until
from services.worker.sweep import sweep_until
from services.worker.turns import Desk

IDLE_MILLISECONDS_MAX = 250
"""How long an idle consumer waits in Redis before it looks whether it is to stop."""
STOP_MILLISECONDS_MAX = 25_000
STOP_SECONDS_MAX = 30.0
"""For the whole of it, where it is part of another process; what is cut off is done again at the next start."""

log = structlog.stdlib.get_logger(__name__)


def run_worker(app: App, stop: threading.Event) -> None:
    """Work until `stop` is set, then finish what is under way. Raises EvictingRedis before anything starts."""
    broker = broker_of(app.settings.redis_url.get_secret_value())
    refuse_evicting(broker)
    _run(app, stop, broker)


def _run(app: App, stop: threading.Event, broker: RedisBroker) -> None:
    waker = Waker(broker)
    desk = Desk()
    declare(broker, app, waker, desk)
    worker = Worker(
        broker, worker_timeout=IDLE_MILLISECONDS_MAX, worker_threads=max(1, app.settings.worker_threads - 1)
    )
    threads = [
        _started(partial(sweep_until, app, stop, desk), "sweep"),
        _started(partial(keep_schedule_until, app, stop), "schedule"),
    ]
    worker.start()
    try:
        stop.wait()
    finally:
        stop.set()
        worker.stop(timeout=STOP_MILLISECONDS_MAX)
        for thread in threads:
            thread.join()
        waker.close()


@contextmanager
def working(app: App) -> Iterator[None]:
    """Work on threads of this process while the block runs. Raises EvictingRedis."""
    stop = threading.Event()
    broker = broker_of(app.settings.redis_url.get_secret_value())
    refuse_evicting(broker)
    thread = threading.Thread(target=_run, args=(app, stop, broker), name="worker", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(STOP_SECONDS_MAX)
        if thread.is_alive():
            log.warning("work cut off", grace_seconds=STOP_SECONDS_MAX)


def work_until_signal(app: App) -> None:
    """Work until Ctrl-C or SIGTERM; call it on the main thread."""
    stop = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    settle_memory()
    run_worker(app, stop)


def _started(work: Callable[[], None], name: str) -> threading.Thread:
    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    return thread
