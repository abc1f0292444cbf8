"""Which tables a backup holds, and how rows come out of them and into them again, by COPY.

Every table that a revision declares is in it, but for those named here; columns are those the database has.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

from psycopg import sql
from sqlalchemy import Connection

from infra.backup.owner import driver
from infra.database import SCHEMA
from infra.migrations import run

LEFT_OUT = {
    "alembic_version": "the manifest names the revision, and the restored database has its own",
    "page_token": "a token opens a page once; one that was used since would open it again",
    "schedule": "when the worker's jobs are due again is for the worker to say",
}
HEAD, EVENT, DATA_KEY, ORGANIZATION = "tenant_head", "event", "data_key", "organization"

_COLUMNS = (
    "SELECT a.attname FROM pg_attribute a WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped"
    " AND a.attgenerated = '' ORDER BY a.attnum"
)
_KEY = (
    "SELECT a.attname FROM pg_index i, unnest(i.indkey) WITH ORDINALITY AS k (number, place), pg_attribute a"
    " WHERE i.indrelid = %s::regclass AND i.indisprimary AND a.attrelid = i.indrelid AND a.attnum = k.number"
    " ORDER BY k.place"
)
_OUT = sql.SQL("COPY (SELECT {columns} FROM {table} ORDER BY {key}) TO STDOUT (FORMAT csv, HEADER)")
_IN = sql.SQL("COPY {table} ({columns}) FROM STDIN (FORMAT csv, HEADER MATCH)")
# Whoever reads may go on; whoever wants to write waits until the restore has ended.
_LOCK = sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE")


@dataclass(frozen=True, slots=True)
class KeptTable:
    """`key` is the primary key: rows are written in its order."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]


def kept_tables(connection: Connection) -> tuple[KeptTable, ...]:
    """Every table of a backup, those first that others refer to."""
    return tuple(
        KeptTable(name, _names(connection, _COLUMNS, name), _names(connection, _KEY, name))
        for name in declared()
        if name not in LEFT_OUT
    )


def declared() -> tuple[str, ...]:
    """All tables of the schema, as the revisions name them: what is shared before what is an organization's own."""
    revisions = [script.module for script in reversed(list(run.scripts().walk_revisions()))]
    return tuple(
        name
        for kind in ("reference_tables", "local_tables", "tenant_tables")
        for revision in revisions
        for name in cast(tuple[str, ...], getattr(revision, kind))
    )


@contextmanager
def copied_out(connection: Connection, table: KeptTable) -> Iterator[Iterator[bytes]]:
    """The table as CSV: the names of its columns, then a row a piece; the connection is of no other use meanwhile."""
    statement = _OUT.format(columns=_listed(table.columns), table=_qualified(table.name), key=_listed(table.key))
    with driver(connection).cursor() as cursor, cursor.copy(statement) as copy:
        yield map(bytes, copy)


def copy_in(connection: Connection, table: KeptTable, pieces: Iterable[bytes]) -> int:
    """The rows added. Raises psycopg.Error for rows the table does not take."""
    statement = _IN.format(table=_qualified(table.name), columns=_listed(table.columns))
    with driver(connection).cursor() as cursor:
        with cursor.copy(statement) as copy:
            for piece in pieces:
                copy.write(piece)
        return cursor.rowcount


def lock(connection: Connection, tables: Iterable[KeptTable]) -> None:
    """Nobody else writes to these until the end of the transaction."""
    names = sql.SQL(", ").join(_qualified(table.name) for table in tables)
    driver(connection).execute(_LOCK.format(names))


def analyze(connection: Connection, tables: Iterable[KeptTable]) -> None:
    """Tell the planner what has come."""
    for table in tables:
        driver(connection).execute(sql.SQL("ANALYZE {}").format(_qualified(table.name)))


def filled(connection: Connection, tables: Iterable[KeptTable]) -> dict[str, int]:
    """Rows by table, of those that have any."""
    counted = sql.SQL("SELECT count(*) FROM {}")
    counts = {table.name: _count(connection, counted.format(_qualified(table.name))) for table in tables}
    return {name: count for name, count in counts.items() if count}


def _count(connection: Connection, statement: sql.Composed) -> int:
    row = driver(connection).execute(statement).fetchone()
    return int(row[0]) if row else 0


def _names(connection: Connection, statement: str, table: str) -> tuple[str, ...]:
    return tuple(connection.exec_driver_sql(statement, (f"{SCHEMA}.{table}",)).scalars())


def _listed(names: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))


def _qualified(table: str) -> sql.Identifier:
    return sql.Identifier(SCHEMA, table)
