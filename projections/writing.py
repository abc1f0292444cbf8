"""Rows into tables of projections: one statement for any number of them, one JSON value that the server takes apart."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Boolean, Connection, Date, DateTime, Integer, Numeric, Table, Text

from infra.database import exchange
from infra.round_trip import Question, Reply, RoundTrip

SQL_TYPES: Mapping[type, str] = {
    # As the columns are: codes compare by their bytes, and two orders do not mix.
    Text: 'text COLLATE "C"',
    Numeric: "numeric",
    BigInteger: "bigint",
    Integer: "integer",
    Boolean: "boolean",
    Date: "date",
    DateTime: "timestamptz",
}

Row = Mapping[str, object]
"""Values by column, without tenant_id and generation; Decimals and dates may stay as they are, bytes may not."""


def inserting(table: Table, tenant: UUID, generation: int, rows: Sequence[Row]) -> Question:
    """New rows. One of them already there is our mistake, for the lease lets nobody else write."""

    def checked(reply: Reply) -> None:
        assert reply.count == len(rows), f"{len(rows) - reply.count} rows of {table.name} were there before"

    # Citus takes INSERT ... SELECT under row-level security only with ON CONFLICT; the count makes it no excuse.
    statement = _insert_statement(table) + " ON CONFLICT DO NOTHING"
    return Question(statement, _values(tenant, generation, rows), checked=checked)


def inserting_if_new(table: Table, tenant: UUID, generation: int, rows: Sequence[Row]) -> Question:
    """Rows whose keys are free; where the key is taken, the first row stays."""
    return Question(_insert_statement(table) + " ON CONFLICT DO NOTHING", _values(tenant, generation, rows))


def replacing(table: Table, tenant: UUID, generation: int, rows: Sequence[Row]) -> Question:
    """New rows, each in the place of the one with its key. Keys must not repeat among the rows."""
    return Question(_replace_statement(table), _values(tenant, generation, rows))


def removing(table: Table, tenant: UUID, generation: int, keys: Sequence[Row]) -> Question:
    """The rows that agree with any of the keys, which all name the same columns."""
    return Question(_remove_statement(table, tuple(keys[0])), _values(tenant, generation, keys))


def insert(connection: Connection, table: Table, tenant: UUID, generation: int, rows: Sequence[Row]) -> None:
    """`inserting` at once."""
    if rows:
        exchange(connection, RoundTrip([Reply(inserting(table, tenant, generation, rows))]))


def replace(connection: Connection, table: Table, tenant: UUID, generation: int, rows: Sequence[Row]) -> None:
    """`replacing` at once."""
    if rows:
        exchange(connection, RoundTrip([Reply(replacing(table, tenant, generation, rows))]))


def remove(connection: Connection, table: Table, tenant: UUID, generation: int, keys: Sequence[Row]) -> None:
    """`removing` at once."""
    if keys:
        exchange(connection, RoundTrip([Reply(removing(table, tenant, generation, keys))]))


def _values(tenant: UUID, generation: int, rows: Sequence[Row]) -> Mapping[str, object]:
    return {"tenant": tenant, "generation": generation, "rows": msgspec.json.encode(rows).decode()}


@lru_cache
def _insert_statement(table: Table) -> str:
    columns = [column.name for column in table.columns if column.name not in ("tenant_id", "generation")]
    values = ", ".join(f"r.{name}" for name in columns)
    return (
        f"INSERT INTO {table.fullname} (tenant_id, generation, {', '.join(columns)}) "  # noqa: S608 - names of ours
        f"SELECT %(tenant)s::uuid, %(generation)s::integer, {values} FROM {_rows(table, columns)}"
    )


@lru_cache
def _replace_statement(table: Table) -> str:
    key = [column.name for column in table.primary_key.columns]
    rest = [column.name for column in table.columns if column.name not in key]
    changes = ", ".join(f"{name} = excluded.{name}" for name in rest)
    return f"{_insert_statement(table)} ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changes}"


@lru_cache
def _remove_statement(table: Table, key: tuple[str, ...]) -> str:
    same = " AND ".join(f"t.{name} = r.{name}" for name in key)
    return (
        f"DELETE FROM {table.fullname} t USING {_rows(table, key)} "  # noqa: S608 - names of ours
        f"WHERE t.tenant_id = %(tenant)s AND t.generation = %(generation)s AND {same}"
    )


def _rows(table: Table, columns: Sequence[str]) -> str:
    typed = ", ".join(f"{name} {SQL_TYPES[type(table.columns[name].type)]}" for name in columns)
    return f"jsonb_to_recordset(CAST(%(rows)s AS jsonb)) AS r({typed})"
