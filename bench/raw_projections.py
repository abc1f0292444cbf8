"""What the server alone does with the same values: one statement into a table of the same columns and the same key.

Over typed columns or over the stored JSON. The scores are the mean of each month and scorecard, which is much less than
a score; it bounds what a set-wise form can come to.
"""

from collections.abc import Callable
from uuid import UUID

import psycopg

from bench.measure import Contestant, Sample, timed
from bench.world import World

_TABLES = """
DROP SCHEMA IF EXISTS raw CASCADE;
CREATE SCHEMA raw;
CREATE TABLE raw.reading (
    tenant_id uuid, generation integer, kpi text COLLATE "C", period text COLLATE "C", source text COLLATE "C",
    from_position bigint, kind text, value numeric, numerator numeric, denominator numeric, replaces bigint,
    observed_at timestamptz, external_id text,
    PRIMARY KEY (tenant_id, generation, kpi, period, source, from_position)
);
CREATE TABLE raw.typed (LIKE raw.reading);
CREATE TABLE raw.score (
    tenant_id uuid, card text COLLATE "C", period text COLLATE "C", score numeric,
    PRIMARY KEY (tenant_id, card, period)
);
"""
_FROM_JSON = """
SELECT tenant_id, 1, body ->> 'kpi' AS kpi, body ->> 'period' AS period, body ->> 'source' AS source, position,
    'recorded', (body -> 'reading' ->> 'value')::numeric AS value, (body -> 'reading' ->> 'numerator')::numeric,
    (body -> 'reading' ->> 'denominator')::numeric, (body ->> 'replaces')::bigint,
    (body ->> 'observed_at')::timestamptz, body ->> 'external_id'
FROM (
    SELECT tenant_id, position, convert_from(body, 'UTF8')::jsonb AS body FROM steelyard.event
    WHERE tenant_id = %(tenant)s AND fact OFFSET 0
) AS fact
"""
_TYPED = "SELECT * FROM raw.typed WHERE tenant_id = %(tenant)s"
_READINGS = "INSERT INTO raw.reading {}"
_SCORES = """
INSERT INTO raw.score
SELECT tenant_id, split_part(kpi, '-', 1), period, avg(least(greatest(value, 0), 100)) FROM ({}) AS value
GROUP BY 1, 2, 3
"""

READINGS, SCORES = "readings", "scores"
_STATEMENTS = {READINGS: _READINGS, SCORES: _SCORES}


def prepare(superuser_url: str) -> None:
    """The tables."""
    with psycopg.connect(superuser_url) as connection:
        connection.execute(_TABLES)


def contestants(world: World, organization: UUID, projection: str) -> list[Contestant]:
    """The statement over typed columns, which is the baseline, and over JSON; for `readings` or `scores`."""
    with psycopg.connect(world.superuser_url) as connection:
        typed = f"INSERT INTO raw.typed {_FROM_JSON}"
        connection.execute("DELETE FROM raw.typed")
        connection.execute(typed.encode(), {"tenant": organization})
    with psycopg.connect(world.superuser_url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE raw.typed")
    statement = _STATEMENTS[projection]
    return [
        Contestant("raw", _turn(world, organization, statement.format(_TYPED))),
        Contestant("raw, over JSON", _turn(world, organization, statement.format(_FROM_JSON))),
    ]


def _turn(world: World, organization: UUID, statement: str) -> Callable[[], Sample]:
    """The statement into empty tables."""

    def turn() -> Sample:
        with psycopg.connect(world.superuser_url, autocommit=True) as connection:
            connection.execute("TRUNCATE raw.reading, raw.score")
            facts = connection.execute("SELECT count(*) FROM raw.typed").fetchone()
            assert facts is not None
            seconds = timed(lambda: connection.execute(statement.encode(), {"tenant": organization}))
        return {"events/s": facts[0] / seconds}

    return turn
