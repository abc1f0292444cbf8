"""Many organizations, and many events: one organization is made by commands, as users do, and copied by the server.

Copies are as good as the first: every event has the leaf of its own organization, every head is that of its log, and
the read models are there. The rest of the events are values in the logs of organizations that have nothing but a log.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import psycopg

from bench import history
from bench.append.raw import METADATA
from bench.organizations import copy, found
from bench.world import World
from infra import clock
from infra.eventstore.verify import verify_log

BARE_LOGS = 1_000
"""Among which events are spread that belong to no whole organization."""
ORGANIZATIONS_PER_TRANSACTION = 100
STREAMS = 100
COPIED_TABLES = ("tenant_head", "progress", "projection_route", "value_in_force", "external_id", "reading", "score")

_LEAF = """sha256('\\x0001'::bytea || uuid_send(made) || int8send(position)
    || int4send(octet_length(convert_to(stream, 'UTF8'))) || convert_to(stream, 'UTF8') || int8send(version)
    || CASE WHEN fact THEN '\\x01'::bytea ELSE '\\x00'::bytea END
    || int4send(octet_length(convert_to(name, 'UTF8'))) || convert_to(name, 'UTF8') || int4send(schema)
    || int8send((extract(epoch FROM recorded_at) * 1000000)::bigint) || sha256(body) || sha256(metadata))"""
_COLUMNS = "position, stream, version, name, schema, body, metadata, recorded_at, fact"
_COPY = f"""
INSERT INTO steelyard.event (tenant_id, {_COLUMNS}, leaf)
SELECT made, {_COLUMNS}, {_LEAF} FROM unnest(%(made)s::uuid[]) AS made, steelyard.event WHERE tenant_id = %(template)s
ORDER BY made, position
"""
_VALUES = f"""
INSERT INTO steelyard.event (tenant_id, {_COLUMNS}, leaf)
SELECT made, {_COLUMNS}, {_LEAF}
FROM (
    SELECT made, position, 'measurement/kpi' || position %% {STREAMS} AS stream, position AS version,
        'measurement-recorded' AS name, 1 AS schema, convert_to(format(
            '{{"kpi":"kpi%%s","period":"%%s","reading":{{"value":"%%s"}},"source":"manual"}}',
            position %% {STREAMS}, date '1990-01-01' + (position / {STREAMS})::int, position %% 101), 'UTF8') AS body,
        %(metadata)s::bytea AS metadata, now() AS recorded_at, true AS fact
    FROM unnest(%(made)s::uuid[]) AS made, generate_series(1, %(events)s::bigint) AS position
) AS value
ORDER BY made, position
"""
_HEADS = """
INSERT INTO steelyard.tenant_head (tenant_id, position, recorded_at)
SELECT made, %(events)s, now() FROM unnest(%(made)s::uuid[]) AS made
"""


@dataclass(frozen=True, slots=True)
class Population:
    """`whole` have definitions, values and scores; `bare` have a log."""

    whole: Sequence[UUID]
    bare: Sequence[UUID]
    events: int
    size_bytes: int


def populate(world: World, whole: int, bare: int, kpis: int, events: int = 0) -> Population:
    """So many organizations of each kind, and at least so many events in all; then everything is vacuumed."""
    template = found(world.app).organization
    history.fill(world.app, template, kpis, kpis)
    history.bring_up(world.app, template)
    made = _ids(whole - 1)
    for some in _portions(made):
        with psycopg.connect(world.superuser_url) as connection:
            connection.execute(_COPY, {"made": some, "template": template})
            for table in COPIED_TABLES:
                copy(connection, table, template, some)
    logs = _ids(bare)
    each = max(0, events - whole * _size(world, template)) // bare
    for some in _portions(logs):
        with psycopg.connect(world.superuser_url) as connection:
            values = {"made": some, "events": each, "metadata": METADATA}
            connection.execute(_VALUES.encode(), values)
            connection.execute(_HEADS, values)
    settle(world.superuser_url)
    for tenant in (*made[-1:], *logs[-1:]):
        with world.app.database.transaction(tenant) as connection:
            verify_log(connection, tenant)
    return Population([template, *made], logs, *_measured(world.superuser_url))


def settle(superuser_url: str) -> None:
    """Vacuum, analyze and write everything back, so that no size is measured with the rest of its own filling."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")


def _ids(number: int) -> Sequence[UUID]:
    return [clock.new_id() for _ in range(number)]


def _portions(ids: Sequence[UUID]) -> Sequence[list[UUID]]:
    size = ORGANIZATIONS_PER_TRANSACTION
    return [list(ids[first : first + size]) for first in range(0, len(ids), size)]


def _size(world: World, tenant: UUID) -> int:
    with world.app.database.transaction(tenant) as connection:
        return world.app.logs.bind(connection, tenant).head().position


def _measured(superuser_url: str) -> tuple[int, int]:
    """How many events there are, and how large the database is."""
    with psycopg.connect(superuser_url) as connection:
        found = connection.execute(
            "SELECT count(*), pg_database_size(current_database()) FROM steelyard.event"
        ).fetchone()
    assert found is not None
    return int(found[0]), int(found[1])
