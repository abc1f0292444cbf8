"""How far the scores of an organization have come, in one question: everything an answer depends on but the day."""

from dataclasses import dataclass
from uuid import UUID

from infra.database import Database
from infra.round_trip import Question
from projections import progress, readings, scores

_STANDING = """
    SELECT s.position, s.generation, r.generation,
           (SELECT coalesce(max(e.position), 0) FROM steelyard.event e
            WHERE e.tenant_id = %(tenant)s AND NOT e.fact AND e.position <= s.position)
    FROM steelyard.projection_route live
    JOIN steelyard.progress s
      ON s.tenant_id = live.tenant_id AND s.projection = live.projection AND s.generation = live.generation
    JOIN steelyard.projection_route r ON r.tenant_id = live.tenant_id AND r.projection = %(readings)s
    WHERE live.tenant_id = %(tenant)s AND live.projection = %(scores)s
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """The position that reads show, the generations they read, and the last event up to there that is no fact."""

    position: int
    scores_generation: int
    readings_generation: int
    definition_position: int


NOT_STARTED = Standing(0, progress.FIRST_GENERATION, progress.FIRST_GENERATION, 0)


def standing(database: Database, tenant: UUID) -> Standing:
    """As committed now; one round trip."""
    names = {"tenant": tenant, "readings": readings.NAME, "scores": scores.NAME}
    (rows,) = database.ask(tenant, Question(_STANDING, names))
    return Standing(*rows[0]) if rows else NOT_STARTED
