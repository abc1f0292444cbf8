"""The rows that say how far each projection has come, and which generation of it is read.

Only projections.runner and projections.inline move a position; `live` is the generation that queries and side effects
use.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, text

from infra.database import Database
from infra.round_trip import Question

FIRST_GENERATION = 1
ERROR_LENGTH_MAX = 500

RUNNING, PARKED, REBUILDING, RETIRED = "running", "parked", "rebuilding", "retired"


@dataclass(frozen=True, slots=True)
class Progress:
    """`position` is the last event brought in; `error` says why it is parked."""

    projection: str
    generation: int
    position: int
    status: str
    error: str | None


_LIVE = """
    SELECT p.projection, p.generation, p.position, p.status, p.error FROM steelyard.progress p
    JOIN steelyard.projection_route r
      ON r.tenant_id = p.tenant_id AND r.projection = p.projection AND r.generation = p.generation
    WHERE p.tenant_id = :tenant AND r.tenant_id = :tenant AND p.projection = ANY(:names)
"""
_STANDING = """
    SELECT h.position AS head, p.projection, p.generation, p.position, p.status, p.error
    FROM steelyard.tenant_head h
    LEFT JOIN steelyard.projection_route r ON r.tenant_id = h.tenant_id AND r.projection = ANY(%(names)s)
    LEFT JOIN steelyard.progress p
      ON p.tenant_id = r.tenant_id AND p.projection = r.projection AND p.generation = r.generation
    WHERE h.tenant_id = %(tenant)s
"""
_ONE = """
    SELECT p.projection, p.generation, p.position, p.status, p.error FROM steelyard.progress p
    WHERE p.tenant_id = :tenant AND p.projection = :name AND p.generation = :generation
"""
_INSERT = """
    INSERT INTO steelyard.progress (tenant_id, projection, generation, position, status)
    VALUES (:tenant, :name, :generation, 0, :status)
"""


def live(connection: Connection, tenant: UUID, names: Sequence[str]) -> dict[str, Progress]:
    """The live generation of each projection that has started."""
    rows = connection.execute(text(_LIVE), {"tenant": tenant, "names": list(names)})
    return {row.projection: Progress(*row) for row in rows}


def standing(database: Database, tenant: UUID, names: Sequence[str]) -> tuple[int | None, dict[str, Progress]]:
    """The head of the log, None if there is no such organization, and how far each that has started has come.

    As committed now; one round trip.
    """
    (rows,) = database.ask(tenant, Question(_STANDING, {"tenant": tenant, "names": list(names)}))
    head = rows[0][0] if rows else None
    return head, {name: Progress(name, *rest) for _, name, *rest in rows if name is not None}


def lock_live(connection: Connection, tenant: UUID, names: Sequence[str]) -> dict[str, Progress]:
    """The same, each row locked to the end of the transaction; always in the same order."""
    statement = text(_LIVE + " ORDER BY p.projection FOR UPDATE OF p")
    return {
        row.projection: Progress(*row)
        for row in connection.execute(statement, {"tenant": tenant, "names": list(names)})
    }


def one(connection: Connection, tenant: UUID, name: str, generation: int) -> Progress | None:
    return _first(connection, _ONE, tenant, name, generation)


def lock(connection: Connection, tenant: UUID, name: str, generation: int) -> Progress | None:
    """The row, locked to the end of the transaction; waits for whoever has it."""
    return _first(connection, _ONE + " FOR UPDATE", tenant, name, generation)


def lease(connection: Connection, tenant: UUID, name: str, generation: int) -> Progress | None:
    """The row, locked to the end of the transaction; None at once if somebody else has it.

    The lock dies with the connection, so a killed worker leaves nothing behind that would have to expire.
    """
    return _first(connection, _ONE + " FOR UPDATE SKIP LOCKED", tenant, name, generation)


def begin(connection: Connection, tenant: UUID, names: Sequence[str]) -> None:
    """The first generation of projections that have none, live and before the first event."""
    for name in sorted(names):
        values = {"tenant": tenant, "name": name, "generation": FIRST_GENERATION, "status": RUNNING}
        connection.execute(
            text("""
                INSERT INTO steelyard.projection_route (tenant_id, projection, generation)
                VALUES (:tenant, :name, :generation) ON CONFLICT DO NOTHING
            """),
            values,
        )
        connection.execute(text(_INSERT + " ON CONFLICT DO NOTHING"), values)


def begin_next(connection: Connection, tenant: UUID, name: str) -> int:
    """A further generation beside the existing ones, before the first event; its number."""
    generation: int = connection.execute(
        text("""
            SELECT coalesce(max(p.generation), 0) + 1 FROM steelyard.progress p
            WHERE p.tenant_id = :tenant AND p.projection = :name
        """),
        {"tenant": tenant, "name": name},
    ).scalar_one()
    values = {"tenant": tenant, "name": name, "generation": generation, "status": REBUILDING}
    connection.execute(text(_INSERT), values)
    return generation


def move(connection: Connection, tenant: UUID, name: str, generation: int, start: int, reached: int) -> None:
    """Bring the position of a row that is locked from `start` to `reached`."""
    values = {"tenant": tenant, "name": name, "generation": generation, "start": start, "reached": reached}
    moved = connection.execute(
        text("""
            UPDATE steelyard.progress SET position = :reached
            WHERE tenant_id = :tenant AND projection = :name AND generation = :generation AND position = :start
        """),
        values,
    )
    assert moved.rowcount == 1, "the progress row is locked, nobody else can have moved it"


def set_live(connection: Connection, tenant: UUID, name: str, generation: int) -> None:
    connection.execute(
        text("""
            UPDATE steelyard.projection_route SET generation = :generation
            WHERE tenant_id = :tenant AND projection = :name
        """),
        {"tenant": tenant, "name": name, "generation": generation},
    )


def set_status(
    connection: Connection, tenant: UUID, name: str, generation: int, status: str, error: str | None = None
) -> None:
    connection.execute(
        text("""
            UPDATE steelyard.progress SET status = :status, error = :error
            WHERE tenant_id = :tenant AND projection = :name AND generation = :generation
        """),
        {
            "tenant": tenant,
            "name": name,
            "generation": generation,
            "status": status,
            "error": error and error[:ERROR_LENGTH_MAX],
        },
    )


def _first(connection: Connection, statement: str, tenant: UUID, name: str, generation: int) -> Progress | None:
    row = connection.execute(text(statement), {"tenant": tenant, "name": name, "generation": generation}).one_or_none()
    return None if row is None else Progress(*row)
