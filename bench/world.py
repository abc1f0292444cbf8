"""Where benches run: embedded servers of their own below STEELYARD_HOME/bench, a fresh database for each bench."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import redis
from psycopg import sql

from infra import settings as all_settings
from infra.embedded.database import ensure_database
from infra.embedded.servers import EmbeddedServers
from infra.migrations import run as migrations
from infra.settings import Settings
from services import logs
from services.bundle import App
from services.starting import built

FOLDER = "bench"
POOL_SIZE = 40
"""More than any number of threads that is measured: waiting for a connection is not what is asked about."""


@dataclass(frozen=True, slots=True)
class World:
    """One migrated database, the service on it, and a way past all rules."""

    settings: Settings
    app: App
    superuser_url: str


@dataclass(frozen=True, slots=True)
class House:
    """The servers, and the folder their data lie in."""

    folder: Path
    servers: EmbeddedServers

    @contextmanager
    def world(self, bench: str) -> Iterator[World]:
        """A new database named after the bench, gone afterwards."""
        database = f"bench_{bench.replace('-', '_')}"
        self._drop(database)
        ensure_database(self.servers, database)
        settings = all_settings.embedded(self.folder, self.servers, database)
        settings = settings.model_copy(update={"pool_size": POOL_SIZE, "log_level": "error"})
        logs.configure(settings.log_level)
        superuser_url = self.servers.postgres_dsn(database=database)
        migrations.migrate(superuser_url)
        with redis.Redis.from_url(settings.redis_url.get_secret_value()) as client:
            client.flushall()
        try:
            with built(settings) as app:
                yield World(settings, app, superuser_url)
        finally:
            self._drop(database)

    def _drop(self, database: str) -> None:
        with psycopg.connect(self.servers.postgres_dsn(), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))


@contextmanager
def opened() -> Iterator[House]:
    """The servers of the benches, started for them alone."""
    home = all_settings.locate().home
    folder = home / FOLDER
    _keep_bytecode(home / "cache" / "bytecode")
    with EmbeddedServers.start(folder) as servers:
        yield House(folder.resolve(), servers)


def _keep_bytecode(folder: Path) -> None:
    """Processes started from here compile nothing, as with a program that has run before."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ.setdefault("PYTHONPYCACHEPREFIX", str(folder.absolute()))
