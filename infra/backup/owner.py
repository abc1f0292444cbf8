"""The connection of a backup and of a restore: the migrator acting as the owner of all tables, in one transaction.

The owner is not bound by the policies that keep organizations apart, and nothing that serves may become it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import psycopg
from psycopg.conninfo import make_conninfo
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

from infra.database import CONNECT_SECONDS
from infra.migrations.run import OWNER

LOCK_SECONDS = 30
SNAPSHOT = "REPEATABLE READ"
_COMMITTED = "READ COMMITTED"

_SESSION = {
    # A row has one form as text, whatever the server is set to.
    "timezone": "UTC",
    "datestyle": "ISO",
    "bytea_output": "hex",
    "client_encoding": "UTF8",
    # Both may take as long as they have to.
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "lock_timeout": f"{LOCK_SECONDS}s",
}


@contextmanager
def one_snapshot(url_migrator: str) -> Iterator[Connection]:
    """A transaction that sees all organizations as they were at one moment, and cannot write."""
    # On Citus each node takes its snapshot at its first use, so there it is one moment for each organization.
    with _as_owner(url_migrator, SNAPSHOT) as connection:
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")
        yield connection


@contextmanager
def one_change(url_migrator: str) -> Iterator[Connection]:
    """A transaction that may write everything; committed at the end of the block, or nothing of it is."""
    with _as_owner(url_migrator, _COMMITTED) as connection:
        yield connection


def driver(connection: Connection) -> psycopg.Connection:
    """The same connection as psycopg has it, for COPY."""
    return cast(psycopg.Connection, connection.connection.driver_connection)


@contextmanager
def _as_owner(url_migrator: str, isolation: str) -> Iterator[Connection]:
    options = " ".join(f"-c {name}={value}" for name, value in _SESSION.items())
    conninfo = make_conninfo(
        url_migrator, options=options, connect_timeout=CONNECT_SECONDS, application_name="steelyard backup"
    )
    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(conninfo),
        poolclass=NullPool,
        hide_parameters=True,
        isolation_level=isolation,
    )
    with engine.begin() as connection:
        connection.exec_driver_sql(f"SET LOCAL ROLE {OWNER}")
        # Were a policy to hide rows even from the owner, this makes it an error and not a backup with rows missing.
        connection.exec_driver_sql("SET LOCAL row_security = off")
        yield connection
