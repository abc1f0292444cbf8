"""Pytest plugin: migrated databases. One is migrated per run, all others are copies of it (about 50 ms each).

`database` is shared by a module's tests, which keep apart by organizations of their own (`tenant`, `other_tenant`);
a test that spoils something takes `spare_database`.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import Connection

from infra import clock
from infra.database import Database
from infra.migrations import run
from tests.support.servers import drop_database, dsn_with, new_database
from tests.support.statements import watch

TEMPLATE = "steelyard_template"
POOL_SIZE = 12
_numbers = count(1)


@dataclass(frozen=True)
class TestDatabase:
    """One migrated database: its libpq URIs by role, and the application's way in."""

    __test__ = False

    name: str
    superuser_url: str

    @property
    def app_url(self) -> str:
        return self.url("steelyard_app")

    @property
    def scheduler_url(self) -> str:
        return self.url("steelyard_scheduler")

    def url(self, role: str) -> str:
        return dsn_with(self.superuser_url, role=role)

    @cached_property
    def access(self) -> Database:
        """Statements on this one are checked against the rules for Citus as they are sent."""
        return watch(Database.connect(self.app_url, self.scheduler_url, POOL_SIZE))

    def close(self) -> None:
        if "access" in self.__dict__:
            self.access.close()

    def superuser(self, statement: str, parameters: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
        """Run one statement past all rules; the rows, if it has any."""
        with psycopg.connect(self.superuser_url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode(), parameters)
            return list(cursor.fetchall()) if cursor.description else []


@pytest.fixture(scope="session")
def template_database(postgres_admin_dsn: str) -> str:
    """The name of a migrated database to which nobody is connected; made once per server."""
    with psycopg.connect(postgres_admin_dsn, autocommit=True) as lock:
        lock.execute("SELECT pg_advisory_lock(hashtext(%s))", (TEMPLATE,))
        made = lock.execute("SELECT 1 FROM pg_database WHERE datname = %s", (TEMPLATE,)).fetchone()
        if made is None:
            side = f"{TEMPLATE}_new"
            drop_database(postgres_admin_dsn, side)
            run.migrate(new_database(postgres_admin_dsn, side))
            lock.execute(f"ALTER DATABASE {side} RENAME TO {TEMPLATE}".encode())
    return TEMPLATE


@pytest.fixture(scope="module")
def module_database(postgres_admin_dsn: str, template_database: str) -> Iterator[TestDatabase]:
    """A migrated database for the tests of one module."""
    with _copy(postgres_admin_dsn, template_database) as copy:
        yield copy


@pytest.fixture
def spare_database(postgres_admin_dsn: str, template_database: str) -> Iterator[TestDatabase]:
    """A migrated database for one test, to be spoilt."""
    with _copy(postgres_admin_dsn, template_database) as copy:
        yield copy


@pytest.fixture
def database(module_database: TestDatabase) -> Database:
    """The application's way into the module's database."""
    return module_database.access


@pytest.fixture
def tenant(database: Database) -> UUID:
    """A new organization with an empty log."""
    return founded(database)


@pytest.fixture
def other_tenant(database: Database) -> UUID:
    """Another one: same positions, same stream names, nothing in common."""
    return founded(database)


def founded(database: Database) -> UUID:
    """A new organization as far as the log is concerned."""
    tenant = clock.new_id()
    with database.transaction(tenant) as connection:
        found_head(connection, tenant)
    return tenant


def found_head(connection: Connection, tenant: UUID) -> None:
    connection.exec_driver_sql(
        "INSERT INTO steelyard.tenant_head (tenant_id, position, recorded_at) VALUES (%s, 0, now())", (tenant,)
    )


@contextmanager
def _copy(admin_dsn: str, template: str) -> Iterator[TestDatabase]:
    name = f"steelyard_{os.getpid()}_{next(_numbers)}"
    made = TestDatabase(name, new_database(admin_dsn, name, template))
    try:
        yield made
    finally:
        made.close()
        drop_database(admin_dsn, name)
