"""Rows into tables of projections: one statement for any number of them, one JSON value that the server takes apart."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Boolean, Connection, Date, DateTime, Integer, Numeric, Table, Text, text

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


def insert(connection: Connection, table: Table, tenant: UUID, generation: int, rows: Sequence[Row]) -> None:
    """New rows. One of them already there is our mistake, for the lease lets nobody else write."""
    if not rows:
        return
    # Citus takes INSERT ... SELECT under row-level security only with ON CONFLICT; the count makes it no excuse.
    written = _send(connection, _insert_statement(table) + " ON CONFLICT DO NOTHING", tenant, generation, rows)
    assert written == len(rows), f"{len(rows) - written} rows of {table.name} were there before"


def insert_if_new(connection: Connection, table: Table, tenant: UUID, generation: int, rows: Sequence[Row]) -> None:
    """Rows whose keys are free; where the key is taken, the first row stays."""
    if rows:
        _send(connection, _insert_statement(table) + " ON CONFLICT DO NOTHING", tenant, generation, rows)


def replace(connection: Connection, table: Table, tenant: UUID, generation: int, rows: Sequence[Row]) -> None:
    """New rows, each in the place of the one with its key. Keys must not repeat among the rows."""
    if rows:
        _send(connection, _replace_statement(table), tenant, generation, rows)


def remove(connection: Connection, table: Table, tenant: UUID, generation: int, keys: Sequence[Row]) -> None:
    """The rows that agree with any of the keys, which all name the same columns."""
    if keys:
        _send(connection, _remove_statement(table, tuple(keys[0])), tenant, generation, keys)


def _send(connection: Connection, statement: str, tenant: UUID, generation: int, rows: Sequence[Row]) -> int:
    values = {"tenant": tenant, "generation": generation, "rows": msgspec.json.encode(rows).decode()}
    return connection.execute(text(statement), values).rowcount


@lru_cache
def _insert_statement(table: Table) -> str:
    columns = [column.name for column in table.columns if column.name not in ("tenant_id", "generation")]
    return (
        f"INSERT INTO {table.fullname} (tenant_id, generation, {', '.join(columns)}) "  # noqa: S608 - names of ours
        f"SELECT :tenant, :generation, {', '.join('r.' + name for name in columns)} FROM {_rows(table, columns)}"
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
        f"WHERE t.tenant_id = :tenant AND t.generation = :generation AND {same}"
    )


def _rows(table: Table, columns: Sequence[str]) -> str:
    typed = ", ".join(f"{name} {SQL_TYPES[type(table.columns[name].type)]}" for name in columns)
    return f"jsonb_to_recordset(CAST(:rows AS jsonb)) AS r({typed})"
