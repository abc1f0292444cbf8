"""The guarantee behind the wake-ups: once a second everybody whose log is ahead of a projection gets a turn.

Round robin over organizations, a batch each, until nobody is behind.
"""

import threading
from collections.abc import Callable
from functools import partial
from uuid import UUID

import structlog

from projections.behind import NOBODY, Behind, behind, not_started, parked
from projections.rebuild import unpark
from services.bundle import App
from services.worker.turns import Desk, take_turn, take_turn_of

SWEEP_SECONDS = 1.0
PAGE_MAX = 500
SWEEPS_PER_LOOK_FOR_NEW = 60

log = structlog.stdlib.get_logger(__name__)


def sweep_until(app: App, stop: threading.Event, desk: Desk) -> None:
    """Sweep until stopped; what fails is tried again a second later."""
    sweeps = 0
    while not stop.is_set():
        try:
            if sweeps == 0:
                retry_parked(app, stop)
            if sweeps % SWEEPS_PER_LOOK_FOR_NEW == 0:
                begin_new(app, stop)
            sweep(app, stop, desk)
        except Exception:  # the outermost loop of this thread
            log.exception("sweep failed")
        sweeps += 1
        stop.wait(SWEEP_SECONDS)


def sweep(app: App, stop: threading.Event, desk: Desk) -> None:
    """Round after round until nobody is behind who can move."""
    reads = {projection.name: projection.after for projection in app.projections}
    moving = True
    while moving and not stop.is_set():
        moving, after = False, NOBODY
        while not stop.is_set():
            with app.database.scheduler() as connection:
                page = behind(connection, after, PAGE_MAX, reads)
            turns = [_turn_of(app, each, desk) for each in page if not stop.is_set()]
            moving = moving or any(turns)
            if len(page) < PAGE_MAX:
                break
            after = _next(page)


def retry_parked(app: App, stop: threading.Event) -> None:
    """A worker that starts may be a version that can take the event; one that cannot parks it again, at that event."""
    projections = {projection.name: projection for projection in app.projections}
    after = NOBODY
    while not stop.is_set():
        with app.database.scheduler() as connection:
            page = parked(connection, after, PAGE_MAX)
        for each in page:
            if each.projection in projections:
                with app.database.transaction(each.tenant) as connection:
                    unpark(connection, each.tenant, projections[each.projection], each.generation)
        if len(page) < PAGE_MAX:
            return
        after = _next(page)


def begin_new(app: App, stop: threading.Event) -> None:
    """Projections that came with an upgrade begin in every organization; the ordinary sweep fills them."""
    for projection in app.projections:
        after = NOBODY
        while not stop.is_set():
            with app.database.scheduler() as connection:
                page = not_started(connection, projection.name, after, PAGE_MAX)
            for tenant in page:
                _turn(tenant, projection.name, partial(take_turn, app, tenant, [projection]))
            if len(page) < PAGE_MAX:
                break
            after = page[-1]


def _turn_of(app: App, behind: Behind, desk: Desk) -> bool:
    """Whether there is more; whom a wake-up is working for is left to it, and whoever asked meanwhile is woken."""
    tenant, name = behind.tenant, behind.projection
    if not desk.begin(tenant):
        return False
    try:
        return _turn(tenant, name, partial(take_turn_of, app, tenant, name, behind.generation))
    finally:
        if desk.end(tenant):
            app.wake(tenant, 0)


def _turn(tenant: UUID, projection: str, take: Callable[[], bool]) -> bool:
    """Whether there is more; one organization's failure is its own."""
    try:
        return take()
    except Exception:  # an outermost loop too: over organizations
        log.exception("turn failed", organization=str(tenant), projection=projection)
        return False


def _next(page: list[Behind]) -> UUID:
    """Where the next page begins; the last organization of a full page may continue on it, and has its turn again."""
    tenants = [each.tenant for each in page]
    earlier = [tenant for tenant in tenants if tenant != tenants[-1]]
    return earlier[-1] if earlier else tenants[-1]
