"""Raw psycopg: the least that gives every organization gapless positions in a durable log.

Columns as ours but for the leaf; one key, no policies, no idempotency, a superuser. `raw` is a transaction of two
statements as anybody would write it; `raw, one statement` saves its round trips and is the ceiling.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

import psycopg

from bench.measure import Step

TABLES = """
DROP SCHEMA IF EXISTS raw CASCADE;
CREATE SCHEMA raw;
CREATE TABLE raw.head (tenant_id uuid PRIMARY KEY, position bigint NOT NULL) WITH (fillfactor = 50);
CREATE TABLE raw.event (
    tenant_id uuid NOT NULL, position bigint NOT NULL, stream text NOT NULL, name text NOT NULL, body bytea NOT NULL,
    metadata bytea NOT NULL, recorded_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (tenant_id, position)
);
"""
STREAM, NAME = "measurement/kpi0", "measurement-recorded"
BODY = b'{"kpi":"kpi0","period":"1990-01-01","reading":{"value":"77"},"source":"manual"}'
METADATA = b'{"actor":"bench","command_id":"made-01900000-0000-7000-8000-000000000001","role":"owner"}'

_MOVE = "UPDATE raw.head SET position = position + %(count)s WHERE tenant_id = %(tenant)s RETURNING position"
_ONE = "INSERT INTO raw.event VALUES (%(tenant)s, %(position)s, %(stream)s, %(name)s, %(body)s, %(metadata)s)"
_MANY = """
INSERT INTO raw.event
SELECT %(tenant)s, %(position)s + item.ordinal, item.value ->> 'stream', item.value ->> 'name',
    convert_to(item.value ->> 'body', 'UTF8'), convert_to(item.value ->> 'metadata', 'UTF8')
FROM jsonb_array_elements(%(rows)s::jsonb) WITH ORDINALITY AS item (value, ordinal)
"""
_AT_ONCE = """
WITH head AS (
    UPDATE raw.head SET position = position + %(count)b WHERE tenant_id = %(tenant)b
    RETURNING position - %(count)b AS start
)
INSERT INTO raw.event
SELECT %(tenant)b, head.start + item.ordinal, %(stream)b, %(name)b, item.body, %(metadata)b
FROM head, unnest(%(bodies)b::bytea[]) WITH ORDINALITY AS item (body, ordinal)
"""

Pick = Callable[[], UUID]
"""The organization whose turn it is."""


def prepare(superuser_url: str, tenants: Sequence[UUID]) -> None:
    """Tables with these organizations in them."""
    with psycopg.connect(superuser_url) as connection:
        connection.execute(TABLES)
        connection.execute("INSERT INTO raw.head SELECT made, 0 FROM unnest(%s::uuid[]) AS made", (list(tenants),))


@contextmanager
def two_statements(superuser_url: str, pick: Pick, batch: int) -> Iterator[Step]:
    """BEGIN, move the head, insert, COMMIT; a batch goes as one JSON array."""
    row = {"stream": STREAM, "name": NAME, "body": BODY.decode(), "metadata": METADATA.decode()}
    values = {"count": batch, "stream": STREAM, "name": NAME, "body": BODY, "metadata": METADATA}
    with psycopg.connect(superuser_url) as connection:

        def step() -> int:
            parameters = values | {"tenant": pick()}
            with connection.transaction():
                moved = connection.execute(_MOVE, parameters).fetchone()
                assert moved is not None
                if batch == 1:
                    connection.execute(_ONE, parameters | {"position": moved[0]})
                else:
                    rows = json.dumps([row] * batch)
                    connection.execute(_MANY, parameters | {"position": moved[0] - batch, "rows": rows})
            return batch

        yield step


@contextmanager
def one_statement(superuser_url: str, pick: Pick, batch: int) -> Iterator[Step]:
    """A single round trip, arrays in binary form."""
    values = {"count": batch, "stream": STREAM, "name": NAME, "bodies": [BODY] * batch, "metadata": METADATA}
    with psycopg.connect(superuser_url, autocommit=True) as connection:

        def step() -> int:
            connection.execute(_AT_ONCE, values | {"tenant": pick()})
            return batch

        yield step
