"""One fingerprint for all rows of a projection: equal for a rebuild, at any size of batch, on any machine."""

from collections.abc import Iterator
from hashlib import sha256
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Table, cast, select
from sqlalchemy.types import LargeBinary, Text

from projections.packed import Packed
from projections.projection import Projection

ROWS_PER_READ = 1_000
WHOSE = ("tenant_id", "generation")
"""Columns that say whose rows they are; the rest must agree."""


def digest(connection: Connection, tenant: UUID, projection: Projection, generation: int) -> str:
    """SHA-256 over every row of every table, in order of primary key, as hexadecimal text."""
    hashed = sha256()
    for table in projection.tables:
        for row in rows(connection, tenant, table, generation):
            hashed.update(msgspec.json.encode((str(table.name), *row)))
            hashed.update(b"\n")
    return hashed.hexdigest()


def rows(
    connection: Connection, tenant: UUID, table: Table, generation: int
) -> Iterator[tuple[str | bytes | None, ...]]:
    """The rows of one generation as text (bytes stay bytes, unpacked), in order of primary key, as they are read."""
    columns = [
        column if isinstance(column.type, LargeBinary | Packed) else cast(column, Text)
        for column in table.columns
        if column.name not in WHOSE
    ]
    statement = (
        select(*columns)
        .where(table.c.tenant_id == tenant, table.c.generation == generation)
        .order_by(*[column for column in table.primary_key.columns if column.name not in WHOSE])
        .execution_options(yield_per=ROWS_PER_READ)
    )
    return (tuple(row) for row in connection.execute(statement))
