"""One turn of an organization: what is behind in it, in order, a bounded number of events forward."""

from collections.abc import Mapping, Sequence
from threading import Lock
from uuid import UUID

from infra.eventstore.errors import UnknownOrganization
from projections import progress
from projections.progress import PARKED, RETIRED, Progress
from projections.projection import Projection
from projections.runner import Outcome, catch_up, step
from services.bundle import App

BATCHES_PER_TURN_MAX = 1
"""Fairness: nobody's rebuild keeps another organization waiting for more than a batch."""


class Desk:
    """Who is being worked for in this process: many wake-ups of an organization at once are one turn."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._asked: dict[UUID, bool] = {}

    def begin(self, tenant: UUID) -> bool:
        """Whether the work is the caller's; if somebody has it already, they are told."""
        with self._lock:
            others = tenant in self._asked
            self._asked[tenant] = others
            return not others

    def look(self, tenant: UUID) -> None:
        """What was asked until now will be seen: call it before each look at the log."""
        with self._lock:
            self._asked[tenant] = False

    def end(self, tenant: UUID) -> bool:
        """The work is over; whether somebody has asked since the last look."""
        with self._lock:
            return self._asked.pop(tenant)


def take_turn(app: App, tenant: UUID, projections: Sequence[Projection]) -> bool:
    """A batch for each of the projections that can move, in its live generation; whether any moved.

    Each after those it reads, so that what came is through all of them at the end. Who is told that something moved
    comes again: events may have come meanwhile, and others whom our lease sent away rely on us to look.
    Raises UnknownOrganization.
    """
    outcomes = [_forward(app, tenant, projection, live) for projection, live in _waiting(app, tenant, projections)]
    return Outcome.CURRENT in outcomes or Outcome.BEHIND in outcomes


def take_turn_of(app: App, tenant: UUID, name: str, generation: int) -> bool:
    """One generation of one projection; whether there is more. One this program does not know is left alone."""
    known = [projection for projection in app.projections if projection.name == name]
    outcomes = [
        catch_up(app.store, tenant, projection, generation, batches_max=BATCHES_PER_TURN_MAX) for projection in known
    ]
    return Outcome.BEHIND in outcomes


def _waiting(app: App, tenant: UUID, projections: Sequence[Projection]) -> list[tuple[Projection, Progress | None]]:
    """Those that events are waiting for, with their live generation; None for one that has not begun."""
    names = {name for projection in projections for name in (projection.name, *projection.after)}
    head, live = progress.standing(app.database, tenant, sorted(names))
    if head is None:
        raise UnknownOrganization(str(tenant))
    return [(each, live.get(each.name)) for each in projections if _can_move(each, live, head)]


def _can_move(projection: Projection, live: Mapping[str, Progress], head: int) -> bool:
    """A projection that reads from a parked one moves no further than that."""
    now = live.get(projection.name)
    if now is None:
        return True
    ends = [live[name].position for name in projection.after if name in live and live[name].status == PARKED]
    return now.status not in (PARKED, RETIRED) and now.position < min([head, *ends])


def _forward(app: App, tenant: UUID, projection: Projection, live: Progress | None) -> Outcome:
    if live is None:
        return catch_up(app.store, tenant, projection, batches_max=BATCHES_PER_TURN_MAX)
    return step(app.store, tenant, projection, live.generation)
