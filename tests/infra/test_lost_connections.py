"""A connection lost at COMMIT is neither success nor failure, and the next transaction has one that works."""

import time
from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
from sqlalchemy import Connection

from infra.database import Database
from infra.database_errors import CommitUnknown
from tests.support.database import TestDatabase
from tests.support.proxy import Cut, PostgresProxy


@pytest.fixture
def proxy(module_database: TestDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresProxy]:
    with PostgresProxy(module_database.superuser_url, tmp_path_factory.mktemp("proxy")) as running:
        yield running


@pytest.mark.parametrize("cut", Cut)
def test_a_connection_lost_at_commit_is_neither_success_nor_failure(
    database: Database, tenant: UUID, proxy: PostgresProxy, module_database: TestDatabase, cut: Cut
) -> None:
    cut_off = Database.connect(proxy.url(module_database.app_url), proxy.url(module_database.scheduler_url), 1)
    with cut_off.transaction(tenant) as connection:
        _move(connection, tenant, 1)
    with pytest.raises(CommitUnknown):
        _move_and_then(cut_off, tenant, lambda _connection: proxy.cut_next(cut))
    with database.transaction(tenant) as connection:
        found = connection.exec_driver_sql(
            "SELECT position FROM steelyard.tenant_head WHERE tenant_id = %s", (tenant,)
        ).scalar()
    assert found == (2 if cut is Cut.AFTER_COMMIT else 1)
    # And the next transaction has a connection that works.
    with cut_off.transaction(tenant) as connection:
        _move(connection, tenant, 3)
    cut_off.close()


def test_a_backend_that_is_ended_before_commit_makes_the_commit_unknown(
    database: Database, tenant: UUID, module_database: TestDatabase
) -> None:
    def end_backend(connection: Connection) -> None:
        pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
        module_database.superuser("SELECT pg_terminate_backend(%s)", (pid,))
        time.sleep(0.05)

    with pytest.raises(CommitUnknown):
        _move_and_then(database, tenant, end_backend)


def _move(connection: Connection, tenant: UUID, position: int) -> None:
    connection.exec_driver_sql(
        "UPDATE steelyard.tenant_head SET position = %s WHERE tenant_id = %s", (position, tenant)
    )


def _move_and_then(database: Database, tenant: UUID, meanwhile: Callable[[Connection], None]) -> None:
    with database.transaction(tenant) as connection:
        _move(connection, tenant, 2)
        meanwhile(connection)
