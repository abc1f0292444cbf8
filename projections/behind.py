"""Who has news: organizations whose log is ahead of a projection, as the scheduler role sees it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, text

NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Behind:
    """One generation of a projection that has not reached the head."""

    tenant: UUID
    projection: str
    generation: int
    events: int


@dataclass(frozen=True, slots=True)
class Lag:
    """A projection over all organizations: how many are behind, by how many events, how many are parked."""

    projection: str
    tenants_behind: int
    events_behind: int
    parked: int


def behind(connection: Connection, after: UUID, limit: int, reads: Mapping[str, Sequence[str]]) -> list[Behind]:
    """In order of organization, those after the given one; parked and retired generations are left alone.

    `reads` names those whose rows a projection reads: one that has reached a parked one cannot move and is left alone.
    """
    pairs = [(name, source) for name, sources in reads.items() for source in sources]
    rows = connection.execute(
        text("""
            WITH behind AS MATERIALIZED (  -- or the sources of everybody are looked at before it is known who is behind
                SELECT p.tenant_id, p.projection, p.generation, p.position, h.position - p.position AS events
                FROM steelyard.progress p
                JOIN steelyard.tenant_head h ON h.tenant_id = p.tenant_id
                WHERE p.position < h.position AND p.status IN ('running', 'rebuilding') AND p.tenant_id > :after
            )
            SELECT p.tenant_id, p.projection, p.generation, p.events FROM behind p
            WHERE NOT EXISTS (
                SELECT 1 FROM unnest(CAST(:names AS text[]), CAST(:sources AS text[])) AS needed (projection, source)
                JOIN steelyard.projection_route r
                  ON r.tenant_id = p.tenant_id AND r.projection = needed.source
                JOIN steelyard.progress s
                  ON s.tenant_id = p.tenant_id AND s.projection = r.projection AND s.generation = r.generation
                WHERE needed.projection = p.projection AND s.status = 'parked' AND s.position <= p.position)
            ORDER BY p.tenant_id, p.projection, p.generation
            LIMIT :limit
        """),
        {
            "after": after,
            "limit": limit,
            "names": [name for name, _ in pairs],
            "sources": [source for _, source in pairs],
        },
    )
    return [Behind(*row) for row in rows]


def parked(connection: Connection, after: UUID, limit: int) -> list[Behind]:
    """The parked generations in order of organization, those after the given one."""
    rows = connection.execute(
        text("""
            SELECT p.tenant_id, p.projection, p.generation, h.position - p.position AS events
            FROM steelyard.progress p
            JOIN steelyard.tenant_head h ON h.tenant_id = p.tenant_id
            WHERE p.status = 'parked' AND p.tenant_id > :after
            ORDER BY p.tenant_id, p.projection, p.generation
            LIMIT :limit
        """),
        {"after": after, "limit": limit},
    )
    return [Behind(*row) for row in rows]


def not_started(connection: Connection, projection: str, after: UUID, limit: int) -> list[UUID]:
    """Organizations with a log in which a projection has never run, as after an upgrade that brings a new one.

    In order, those after the given one: one that cannot begin keeps no other waiting.
    """
    rows = connection.execute(
        text("""
            SELECT h.tenant_id FROM steelyard.tenant_head h
            WHERE h.position > 0 AND h.tenant_id > :after AND NOT EXISTS (
                SELECT 1 FROM steelyard.progress p WHERE p.tenant_id = h.tenant_id AND p.projection = :name)
            ORDER BY h.tenant_id LIMIT :limit
        """),
        {"name": projection, "after": after, "limit": limit},
    )
    return [row.tenant_id for row in rows]


def lag(connection: Connection) -> list[Lag]:
    """Of the live generations, by projection."""
    rows = connection.execute(
        text("""
            SELECT p.projection, count(*) FILTER (WHERE p.position < h.position) AS tenants_behind,
                   coalesce(sum(h.position - p.position), 0) AS events_behind,
                   count(*) FILTER (WHERE p.status = 'parked') AS parked
            FROM steelyard.progress p
            JOIN steelyard.projection_route r
              ON r.tenant_id = p.tenant_id AND r.projection = p.projection AND r.generation = p.generation
            JOIN steelyard.tenant_head h ON h.tenant_id = p.tenant_id
            GROUP BY p.projection ORDER BY p.projection
        """)
    )
    return [Lag(row.projection, row.tenants_behind, int(row.events_behind), row.parked) for row in rows]


def tenants(connection: Connection, after: UUID, limit: int) -> list[UUID]:
    """Every organization, in order, a page at a time."""
    rows = connection.execute(
        text("SELECT h.tenant_id FROM steelyard.tenant_head h WHERE h.tenant_id > :after ORDER BY 1 LIMIT :limit"),
        {"after": after, "limit": limit},
    )
    return [row.tenant_id for row in rows]
