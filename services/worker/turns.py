"""One turn of an organization: each of its projections, in order, a bounded number of events forward."""

from collections.abc import Iterable
from uuid import UUID

from projections.projection import Projection
from projections.runner import Outcome, catch_up
from services.bundle import App

BATCHES_PER_TURN_MAX = 1
"""Fairness: nobody's rebuild keeps another organization waiting for more than a batch."""


def take_turn(app: App, tenant: UUID, projections: Iterable[Projection]) -> bool:
    """The live generations of these projections, each after those it reads; whether there is more to do."""
    outcomes = [_forward(app, tenant, projection, None) for projection in projections]
    return Outcome.BEHIND in outcomes


def take_turn_of(app: App, tenant: UUID, name: str, generation: int) -> bool:
    """One generation of one projection; one this program does not know is left alone."""
    known = [projection for projection in app.projections if projection.name == name]
    return any(_forward(app, tenant, projection, generation) is Outcome.BEHIND for projection in known)


def _forward(app: App, tenant: UUID, projection: Projection, generation: int | None) -> Outcome:
    return catch_up(app.store, tenant, projection, generation, batches_max=BATCHES_PER_TURN_MAX)
