"""For how long events have waited for a projection: the age of the first one it has not reached, not of the last."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Connection, text

from infra.database import Database


def late(connection: Connection, limit: int) -> Sequence[UUID]:
    """Organizations with events that a live projection has not reached, as the scheduler role sees them.

    Those whose last event is oldest come first; parked projections wait for a person and do not count.
    """
    rows = connection.execute(
        text("""
            SELECT h.tenant_id FROM steelyard.tenant_head h
            WHERE EXISTS (
                SELECT 1 FROM steelyard.projection_route r
                JOIN steelyard.progress p
                  ON p.tenant_id = r.tenant_id AND p.projection = r.projection AND p.generation = r.generation
                WHERE r.tenant_id = h.tenant_id AND p.position < h.position AND p.status <> 'parked')
            ORDER BY h.recorded_at, h.tenant_id LIMIT :limit
        """),
        {"limit": limit},
    )
    return [row.tenant_id for row in rows]


def longest_waits(database: Database, tenants: Sequence[UUID]) -> Mapping[str, timedelta]:
    """By projection, the longest wait among these organizations; without an entry, nothing waits."""
    longest: dict[str, timedelta] = {}
    for tenant in tenants:
        with database.transaction(tenant) as connection:
            for projection, waited in waits(connection, tenant).items():
                longest[projection] = max(waited, longest.get(projection, waited))
    return longest


def waits(connection: Connection, tenant: UUID) -> Mapping[str, timedelta]:
    """By projection that is behind in this organization and not parked."""
    rows = connection.execute(
        text("""
            SELECT p.projection, now() - e.recorded_at AS waited FROM steelyard.progress p
            JOIN steelyard.projection_route r
              ON r.tenant_id = p.tenant_id AND r.projection = p.projection AND r.generation = p.generation
            JOIN steelyard.event e ON e.tenant_id = p.tenant_id AND e.position = p.position + 1
            WHERE p.tenant_id = :tenant AND p.status <> 'parked'
        """),
        {"tenant": tenant},
    )
    return {row.projection: row.waited for row in rows}
