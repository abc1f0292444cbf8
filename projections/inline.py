"""catch_up_inline: the projections that move in the transaction of the command itself, over the events it appends.

What they change travels with the events, in one round trip. The locked head serialises them, and a cut-over of a
projection locks it as well, so what `standing` says holds to the end of the transaction.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection

from infra.arrays import Texts
from infra.eventstore.log import Log, Recorded
from infra.round_trip import Question, Reply, RoundTrip
from projections import progress
from projections.projection import Batch, CatalogBehind, Projection

_STANDING = """
    SELECT p.projection, p.generation, p.position FROM steelyard.progress p
    JOIN steelyard.projection_route r
      ON r.tenant_id = p.tenant_id AND r.projection = p.projection AND r.generation = p.generation
    WHERE p.tenant_id = %(tenant)s AND r.tenant_id = %(tenant)s AND p.projection = ANY(%(names)s)
"""
_MOVE = """
    UPDATE steelyard.progress SET position = %(reached)s
    WHERE tenant_id = %(tenant)s AND projection = %(name)s AND generation = %(generation)s AND position = %(start)s
"""


def standing(tenant: UUID, projections: Sequence[Projection]) -> Question:
    """Asks for the live generations of the inline ones and how far they are; ask it once the head is locked."""
    names = [each.name for each in projections if each.inline is not None]
    return Question(_STANDING, {"tenant": tenant, "names": Texts(names)})


def catch_up_inline(
    connection: Connection,
    trip: RoundTrip,
    log: Log,
    tenant: UUID,
    projections: Sequence[Projection],
    stood: Reply,
    events: tuple[Recorded, ...],
) -> None:
    """Bring the inline ones among the projections over the events that are appended in this trip.

    Raises CatalogBehind when one has not reached the event before the first, here or as the trip is made; any error
    rolls the command back.
    """
    if not events:
        return
    start = events[0].position - 1
    live: dict[str, tuple[int, int]] = {name: (generation, position) for name, generation, position in stood.rows}
    if not start:
        progress.begin(connection, tenant, [each.name for each in projections])
        live = {each.name: (progress.FIRST_GENERATION, 0) for each in projections}
    for projection in projections:
        if projection.inline is None:
            continue
        generation, position = live.get(projection.name, (0, 0))
        if not generation or position != start:
            raise CatalogBehind(projection.name, position)
        for question in projection.inline(
            Batch(connection, tenant, generation, start + 1, events[-1].position, log, {}, events)
        ):
            trip.ask(question)
        trip.ask(_moving(tenant, projection.name, generation, start, events[-1].position))


def _moving(tenant: UUID, name: str, generation: int, start: int, reached: int) -> Question:
    def checked(reply: Reply) -> None:
        if reply.count != 1:
            raise CatalogBehind(name, start)

    values = {"tenant": tenant, "name": name, "generation": generation, "start": start, "reached": reached}
    return Question(_MOVE, values, checked=checked)
