"""catch_up_inline: the projections that move in the transaction of the command itself, over the events it appended."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection

from infra.eventstore.log import Log, Recorded
from projections import progress
from projections.projection import Batch, CatalogBehind, Projection


def catch_up_inline(
    connection: Connection,
    log: Log,
    tenant: UUID,
    projections: Sequence[Projection],
    events: tuple[Recorded, ...],
) -> None:
    """Bring the inline ones among the projections over the events just appended, in the transaction of the command.

    Raises CatalogBehind when one has not reached the event before the first; any error rolls the command back.
    """
    if not events:
        return
    first = events[0].position
    if first == 1:
        progress.begin(connection, tenant, [each.name for each in projections])
    inline = [each for each in projections if each.inline]
    locked = progress.lock_live(connection, tenant, [each.name for each in inline])
    for projection in inline:
        now = locked.get(projection.name)
        if now is None or now.position != first - 1:
            raise CatalogBehind(projection.name, now.position if now else 0)
        batch = Batch(connection, tenant, now.generation, first, events[-1].position, log, {}, events)
        applied = projection.apply(batch)
        assert applied is not False, "an inline projection does its work at once"
        progress.move(connection, tenant, projection.name, now.generation, now.position, events[-1].position)
