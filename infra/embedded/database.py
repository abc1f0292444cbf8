"""The one database of the embedded server: made on the first start, found on every later one."""

import psycopg
from psycopg import sql
from psycopg.errors import DuplicateDatabase, UniqueViolation

from infra.embedded.servers import EmbeddedServers


def ensure_database(servers: EmbeddedServers, name: str) -> None:
    """Make the database unless it exists; two processes may ask at once."""
    with psycopg.connect(servers.postgres_dsn(), autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
            return
        try:
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        except (DuplicateDatabase, UniqueViolation):
            return
