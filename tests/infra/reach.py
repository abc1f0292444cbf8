"""What each role reaches in each table of organizations, tried out with rows of two organizations that are the same but
for whom they belong to. Everything that is not as `EXPECTED` says is a finding; a role that may do nothing is refused.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

import psycopg
from psycopg import sql

MINE, OTHER = UUID(int=1), UUID(int=2)
APP = "steelyard_app"

# Which tables a role reads across all organizations, and which of their columns (all if none are named).
READERS: dict[str, dict[str, str]] = {
    "steelyard_scheduler": {
        "tenant_head": "*",
        "progress": "tenant_id, projection, generation, position, status",
        "projection_route": "*",
    },
    "steelyard_signer": {
        "tenant_head": "*",
        "event": "tenant_id, position, leaf",
        "tree_head": "*",
        "tree_node": "*",
    },
}
AUDITOR = "steelyard_auditor"
HIDDEN_FROM_AUDITORS = frozenset({"data_key"})
SIGNED = ("tree_head", "tree_node")
NO_KEY = ("tenant_id",)
"""The key of a table with one row per organization."""

Values = dict[str, object]


@dataclass(frozen=True, slots=True)
class TenantTable:
    """A table and one row for it, the same for every organization; `other_key` is a second one's."""

    name: str
    row: Values
    key: tuple[str, ...]

    @property
    def second_row(self) -> Values:
        """The same with another primary key."""
        for column in self.key:
            value = self.row[column]
            if isinstance(value, int | str):
                changed = value + 1 if isinstance(value, int) else f"{value}2"
                # A fact has its position for a version.
                return {**self.row, column: changed, **({"version": changed} if "fact" in self.row else {})}
        return {**self.row, self.key[0]: UUID(int=9), **({"principal": "y"} if "principal" in self.row else {})}


def tenant_tables(connection: psycopg.Connection) -> list[TenantTable]:
    """Read from the catalog, so that a new table is tried out without anybody thinking of it."""
    names = connection.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'"
        " WHERE n.nspname = 'steelyard' AND c.relkind IN ('r', 'p') ORDER BY c.relname"
    ).fetchall()
    return [TenantTable(name, _row(connection, name), _key(connection, name)) for (name,) in names]


def _key(connection: psycopg.Connection, table: str) -> tuple[str, ...]:
    found = connection.execute(
        "SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)"
        " WHERE i.indrelid = %s::regclass AND i.indisprimary AND a.attname <> 'tenant_id'"
        " ORDER BY array_position(i.indkey::int2[], a.attnum)",
        (f"steelyard.{table}",),
    ).fetchall()
    return tuple(name for (name,) in found) or NO_KEY


def _row(connection: psycopg.Connection, table: str) -> Values:
    """A value for every column; of a column that must be one of a few words, the first of them."""
    checks = " ".join(
        definition
        for (definition,) in connection.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'c'",
            (f"steelyard.{table}",),
        )
    )
    columns = connection.execute(
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = 'steelyard' AND table_name = %s AND column_name <> 'tenant_id'",
        (table,),
    )
    return {name: _value(name, kind, checks) for name, kind in columns}


def _value(column: str, kind: str, checks: str) -> object:
    words = re.search(rf"\({column} = ANY \(\(?ARRAY\['([^']+)'", checks)
    by_kind: Values = {
        "uuid": UUID(int=7),
        "text": words.group(1) if words else "x",
        "bytea": bytes(32),
        "bigint": 1,
        "integer": 1,
        "smallint": 1,
        "numeric": 1,
        "boolean": True,
        "date": date(2026, 1, 1),
        "timestamp with time zone": datetime(2026, 1, 1, tzinfo=UTC),
    }
    return by_kind[kind]


def fill(connection: psycopg.Connection, tables: list[TenantTable]) -> None:
    """One equal row per organization and table."""
    for table in tables:
        for tenant in (MINE, OTHER):
            _insert(connection, table, tenant, table.row)


def _insert(connection: psycopg.Connection, table: TenantTable, tenant: UUID, row: Values) -> None:
    whole = {**row, "tenant_id": tenant}
    connection.execute(
        sql.SQL("INSERT INTO steelyard.{} ({}) VALUES ({})").format(
            sql.Identifier(table.name),
            sql.SQL(", ").join(map(sql.Identifier, whole)),
            sql.SQL(", ").join(sql.Placeholder() * len(whole)),
        ),
        list(whole.values()),
    )


def findings(connection: psycopg.Connection, tables: list[TenantTable]) -> Iterator[str]:
    """What is not as it should be. The connection is a superuser's, in a transaction; every trial is undone."""
    for table in tables:
        yield from (f"{APP} {table.name}: {each}" for each in _of_app(connection, table))
        for role in (*READERS, AUDITOR):
            yield from (f"{role} {table.name}: {each}" for each in _of_reader(connection, table, role))


def _of_app(connection: psycopg.Connection, table: TenantTable) -> Iterator[str]:
    if _seen(connection, table, APP, MINE) != {MINE}:
        yield "does not see the rows of its organization, or sees others"
    if _seen(connection, table, APP, None) != set():
        yield "sees rows without an organization"
    if not _may(connection, APP, table, "INSERT"):
        return
    # Of a table with one row per organization there is no second one to insert.
    own = table.second_row if table.key != NO_KEY else None
    if own is not None and not _inserts(connection, table, APP, MINE, own):
        yield "cannot insert into its own organization"
    if _inserts(connection, table, APP, OTHER, table.second_row if own else table.row, acting_for=MINE):
        yield "inserts into another organization"
    for verb in ("UPDATE", "DELETE"):
        if _may(connection, APP, table, verb) and _touches_others(connection, table, verb):
            yield f"{verb} reaches another organization"


def _of_reader(connection: psycopg.Connection, table: TenantTable, role: str) -> Iterator[str]:
    if role == AUDITOR:
        columns = None if table.name in HIDDEN_FROM_AUDITORS else "*"
    else:
        columns = READERS[role].get(table.name)
    seen = _seen(connection, table, role, None, columns or "tenant_id")
    if columns is None and seen is not None:
        yield "may read what is not its business"
    if columns is not None and seen != {MINE, OTHER}:
        yield "does not see all organizations"
    writes = role == "steelyard_signer" and table.name in SIGNED
    row = table.row if table.key == NO_KEY else table.second_row
    if writes != _inserts(connection, table, role, MINE, row):
        yield "cannot write what it signed" if writes else "may write"


def _may(connection: psycopg.Connection, role: str, table: TenantTable, verb: str) -> bool:
    row = connection.execute(
        "SELECT has_table_privilege(%(role)s, %(table)s, %(verb)s)"
        " OR (%(verb)s = 'UPDATE' AND has_any_column_privilege(%(role)s, %(table)s, 'UPDATE'))",
        {"role": role, "table": f"steelyard.{table.name}", "verb": verb},
    ).fetchone()
    return bool(row and row[0])


def _act_as(connection: psycopg.Connection, role: str, tenant: UUID | None) -> None:
    connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role)))
    connection.execute(sql.SQL("SET LOCAL app.tenant_id = {}").format(sql.Literal(str(tenant or ""))))


class _Undone(Exception):
    """Ends a trial."""


def _seen(
    connection: psycopg.Connection, table: TenantTable, role: str, tenant: UUID | None, columns: str = "tenant_id"
) -> set[UUID] | None:
    """The organizations whose rows the role sees; None if it may not look."""
    seen: set[UUID] | None = None
    try:
        with connection.transaction():
            _act_as(connection, role, tenant)
            query = f"SELECT tenant_id FROM (SELECT {columns} FROM steelyard.{table.name}) AS row"
            seen = {found for (found,) in connection.execute(query.encode())}
            raise _Undone
    except (_Undone, psycopg.errors.InsufficientPrivilege):
        return seen


def _inserts(
    connection: psycopg.Connection,
    table: TenantTable,
    role: str,
    tenant: UUID,
    row: Values,
    acting_for: UUID | None = None,
) -> bool:
    try:
        with connection.transaction():
            _act_as(connection, role, acting_for or tenant)
            _insert(connection, table, tenant, row)
            raise _Undone
    except (_Undone, psycopg.errors.UniqueViolation):
        return True
    except psycopg.errors.InsufficientPrivilege:
        return False


def _touches_others(connection: psycopg.Connection, table: TenantTable, verb: str) -> bool:
    """Whether a statement that forgot to name the organization would reach a row of another one."""
    touched = 0
    try:
        with connection.transaction():
            _act_as(connection, APP, MINE)
            target = f"steelyard.{table.name}"
            if verb == "DELETE":
                statement = f"DELETE FROM {target}"
            else:
                column = _updatable(connection, table)
                statement = f"UPDATE {target} SET {column} = {column}"
            touched = connection.execute(statement.encode()).rowcount
            raise _Undone
    except _Undone:
        return touched != 1
    except psycopg.errors.InsufficientPrivilege:
        return True  # a row was found that it may not write


def _updatable(connection: psycopg.Connection, table: TenantTable) -> str:
    for column in table.row:
        row = connection.execute(
            "SELECT has_column_privilege(%s, %s, %s, 'UPDATE')", (APP, f"steelyard.{table.name}", column)
        ).fetchone()
        if row and row[0]:
            return column
    raise AssertionError("the privilege was there a moment ago")
