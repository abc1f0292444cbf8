"""What an operator does with a projection: build it anew beside the live one, compare, switch over, unpark.

A rebuild is a new generation filled from the first event by the same catch_up; readers see the live one meanwhile.
"""

from uuid import UUID

from sqlalchemy import Connection, delete

from projections import progress
from projections.digest import digest
from projections.projection import Projection, Store
from projections.runner import Outcome, catch_up


class NotComparable(Exception):
    """The two generations stand at different positions, or one of them is parked."""


def rebuild(store: Store, tenant: UUID, projection: Projection, *, events_max: int | None = None) -> int:
    """A new generation, filled to the head; its number. It may end parked: look at its status.

    A transaction takes as many events as the projection does, or fewer if asked.
    """
    with store.database.transaction(tenant) as connection:
        generation = progress.begin_next(connection, tenant, projection.name)
    catch_up(store, tenant, projection, generation, events_max=events_max or projection.events_max)
    return generation


def equal(connection: Connection, tenant: UUID, projection: Projection, one: int, other: int) -> bool:
    """Whether two generations hold the same rows, byte for byte; raises NotComparable unless at one position."""
    _at_one_position(connection, tenant, projection, one, other)
    return digest(connection, tenant, projection, one) == digest(connection, tenant, projection, other)


def cut_over(store: Store, tenant: UUID, projection: Projection, generation: int) -> None:
    """Make the generation the live one, in one transaction in which the log stands still; the old one retires.

    Raises NotComparable if it has not reached the live one even now.
    """
    if catch_up(store, tenant, projection, generation) is Outcome.PARKED:
        raise NotComparable(f"{projection.name} generation {generation} is parked")
    with store.database.transaction(tenant) as connection:
        store.logs.bind(connection, tenant).lock_head()
        old = progress.lock_live(connection, tenant, [projection.name])[projection.name].generation
        _at_one_position(connection, tenant, projection, old, generation)
        progress.set_live(connection, tenant, projection.name, generation)
        progress.set_status(connection, tenant, projection.name, old, progress.RETIRED)
        progress.set_status(connection, tenant, projection.name, generation, progress.RUNNING)


def unpark(connection: Connection, tenant: UUID, projection: Projection, generation: int) -> bool:
    """Let a parked generation try again; whether it was parked."""
    now = progress.lock(connection, tenant, projection.name, generation)
    if now is None or now.status != progress.PARKED:
        return False
    is_live = progress.live(connection, tenant, [projection.name])[projection.name].generation == generation
    status = progress.RUNNING if is_live else progress.REBUILDING
    progress.set_status(connection, tenant, projection.name, generation, status)
    return True


def drop(connection: Connection, tenant: UUID, projection: Projection, generation: int) -> None:
    """Remove the rows of a generation that is not live, once whoever is filling it has ended its batch."""
    progress.lock(connection, tenant, projection.name, generation)
    assert progress.live(connection, tenant, [projection.name])[projection.name].generation != generation
    for table in projection.tables:
        connection.execute(delete(table).where(table.c.tenant_id == tenant, table.c.generation == generation))
    progress.set_status(connection, tenant, projection.name, generation, progress.RETIRED)


def _at_one_position(connection: Connection, tenant: UUID, projection: Projection, one: int, other: int) -> None:
    found = [progress.lock(connection, tenant, projection.name, each) for each in sorted((one, other))]
    if None in found or len({each.position for each in found if each}) > 1:
        raise NotComparable(f"generations {one} and {other} of {projection.name} stand at different positions")
