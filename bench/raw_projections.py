"""What the server alone does with the same events: one statement over the stored JSON, into a table of the same shape.

The scores are the mean of each month and scorecard, which is far less than a score; it bounds what a set-wise form can
come to.
"""

from uuid import UUID

import psycopg

TABLES = """
DROP SCHEMA IF EXISTS raw CASCADE;
CREATE SCHEMA raw;
CREATE TABLE raw.reading (
    tenant_id uuid, period text COLLATE "C", kpi text COLLATE "C", source text COLLATE "C", from_position bigint,
    kind text, value numeric, PRIMARY KEY (tenant_id, period, kpi, source, from_position)
);
CREATE INDEX ON raw.reading (tenant_id, kpi, period DESC, source, from_position DESC);
CREATE TABLE raw.score (
    tenant_id uuid, card text COLLATE "C", period text COLLATE "C", score numeric,
    PRIMARY KEY (tenant_id, card, period)
);
"""
READINGS = """
INSERT INTO raw.reading
SELECT tenant_id, body ->> 'period', body ->> 'kpi', body ->> 'source', position, 'recorded',
    (body -> 'reading' ->> 'value')::numeric
FROM (
    SELECT tenant_id, position, convert_from(body, 'UTF8')::jsonb AS body FROM steelyard.event
    WHERE tenant_id = %s AND fact
) AS fact
"""
SCORES = """
INSERT INTO raw.score
SELECT tenant_id, split_part(body ->> 'kpi', '-', 1), body ->> 'period',
    avg(least(greatest((body -> 'reading' ->> 'value')::numeric, 0), 100))
FROM (
    SELECT tenant_id, convert_from(body, 'UTF8')::jsonb AS body FROM steelyard.event WHERE tenant_id = %s AND fact
) AS fact
GROUP BY 1, 2, 3
"""


def prepare(superuser_url: str) -> None:
    """The tables."""
    with psycopg.connect(superuser_url) as connection:
        connection.execute(TABLES)


def run(superuser_url: str, organization: UUID, statement: str) -> int:
    """Into empty tables; how many events went in."""
    with psycopg.connect(superuser_url) as connection:
        connection.execute(statement.encode(), (organization,))
        facts = connection.execute(
            "SELECT count(*) FROM steelyard.event WHERE tenant_id = %s AND fact", (organization,)
        ).fetchone()
    assert facts is not None
    return int(facts[0])


def clear(superuser_url: str) -> None:
    """Empty the tables."""
    with psycopg.connect(superuser_url) as connection:
        connection.execute("TRUNCATE raw.reading, raw.score")
