"""Whether what is read is what the log says: every projection is built anew beside the live one and compared with it.

Safe beside a running service: the comparison is made in one snapshot in which both have come equally far.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from projections import progress
from projections.digest import digest
from projections.projection import Projection
from projections.rebuild import drop, rebuild
from projections.runner import Outcome, catch_up
from services.app import App

ATTEMPTS_MAX = 200
"""Under load the two are rarely equally far."""
UNEQUAL_ATTEMPTS = 3
"""A worker that has brought in part of an event is ahead of its position; it is not the next time."""
PAUSE_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Compared:
    """A projection of one organization; `wrong` says what is, and is empty if all its rows equal the rebuild."""

    projection: str
    position: int
    wrong: str = ""


def compared(app: App, tenant: UUID) -> Iterator[Compared]:
    """Each projection, at the head of the log or where it is parked. Raises Unavailable, UnknownOrganization."""
    for projection in app.projections:
        # One that never ran begins here, so that the copy is not taken for the first of its kind.
        catch_up(app.store, tenant, projection)
        generation = rebuild(app.store, tenant, projection)
        try:
            yield _compared(app, tenant, projection, generation)
        finally:
            with app.database.transaction(tenant) as connection:
                drop(connection, tenant, projection, generation)


def _compared(app: App, tenant: UUID, projection: Projection, generation: int) -> Compared:
    found = Compared(projection.name, 0, "never came as far as its rebuild")
    unequal = 0
    for _ in range(ATTEMPTS_MAX):
        live_outcome = catch_up(app.store, tenant, projection)
        outcome = catch_up(app.store, tenant, projection, generation)
        if Outcome.BUSY not in (live_outcome, outcome):
            found = _looked_at(app, tenant, projection, generation) or found
        unequal += bool(found.position and found.wrong)
        if (found.position and not found.wrong) or unequal == UNEQUAL_ATTEMPTS:
            break
        time.sleep(PAUSE_SECONDS)
    return found


def _looked_at(app: App, tenant: UUID, projection: Projection, generation: int) -> Compared | None:
    """None if the two have not come equally far."""
    with app.database.snapshot(tenant) as connection:
        live = progress.live(connection, tenant, [projection.name])[projection.name]
        anew = progress.one(connection, tenant, projection.name, generation)
        assert anew is not None, "it was begun before"
        if progress.PARKED in (live.status, anew.status):
            return Compared(projection.name, live.position, f"is parked: {live.error or anew.error}")
        if live.position != anew.position:
            return None
        equal = digest(connection, tenant, projection, live.generation) == digest(
            connection, tenant, projection, generation
        )
    return Compared(projection.name, live.position, "" if equal else "differs from its rebuild")
