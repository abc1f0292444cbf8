"""What a wake-up does. A message carries an organization's id and no more: a forged or doubled one is harmless."""

from collections.abc import Sequence
from uuid import UUID

import dramatiq
import structlog
from dramatiq.brokers.redis import RedisBroker

from infra.broker import ACTOR, QUEUE, Waker
from infra.eventstore.errors import UnknownOrganization
from projections.projection import Projection
from services.bundle import App
from services.worker.turns import Desk, take_turn

TURNS_PER_WAKE_MAX = 4

log = structlog.stdlib.get_logger(__name__)


def declare(broker: RedisBroker, app: App, waker: Waker, desk: Desk) -> None:
    """The one actor of the wake queue, on this application."""
    background = [projection for projection in app.projections if not projection.inline]

    @dramatiq.actor(broker=broker, actor_name=ACTOR, queue_name=QUEUE)
    def catch_up(tenant: str) -> None:
        try:
            organization = UUID(tenant)
            waker.taken(organization)
            if desk.begin(organization) and _work(app, organization, background, desk):
                # The rest stands behind the other organizations.
                waker.wake(organization, 0)
        except (ValueError, UnknownOrganization):
            log.warning("a wake-up for nobody")
        except Exception:  # the outermost loop is dramatiq's: the sweep comes back to what failed here
            log.exception("a wake-up failed")


def _work(app: App, organization: UUID, background: Sequence[Projection], desk: Desk) -> bool:
    """A few turns, the last of which finds nothing to do; whether there may be more."""
    more = True
    try:
        for _ in range(TURNS_PER_WAKE_MAX):
            desk.look(organization)
            more = take_turn(app, organization, background)
            if not more:
                break
    finally:
        asked = desk.end(organization)
    return more or asked
