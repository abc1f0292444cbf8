"""A database is brought to the newest schema by the superuser of an embedded server or by the migrator, once."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from infra.database import Database
from infra.migrations import run
from tests.infra.eventstore.world import append, filled, noted, opened, read_all
from tests.support.database import TestDatabase, founded
from tests.support.servers import drop_database, dsn_with, new_database, new_folder

POSTGRES_15 = Path("/usr/lib/postgresql/15/bin")


@pytest.fixture
def empty(postgres_admin_dsn: str, request: pytest.FixtureRequest, template_database: str) -> Iterator[str]:
    """The superuser's URL of an empty database; the roles of the server exist, for the template needed them."""
    name = f"empty_{abs(hash(request.node.nodeid))}"
    yield new_database(postgres_admin_dsn, name)
    drop_database(postgres_admin_dsn, name)


def test_the_superuser_of_an_embedded_server_migrates(empty: str) -> None:
    assert run.current(empty) == ""
    assert run.migrate(empty) == run.latest()
    assert run.current(empty) == run.latest()
    for role in ("steelyard_app", "steelyard_scheduler"):
        assert run.current(dsn_with(empty, role=role)) == run.latest()


def test_a_second_time_changes_nothing(empty: str) -> None:
    run.migrate(empty)
    before = _schema(empty)
    assert run.migrate(empty) == run.latest()
    assert _schema(empty) == before


def _schema(url: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(
            "SELECT c.oid, c.relname, c.relfilenode FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = 'steelyard' ORDER BY c.oid"
        ).fetchall()


def test_the_migrator_needs_to_be_no_superuser(empty: str) -> None:
    """As in production: the owner's role owns the database, and the migrator may act as it."""
    with psycopg.connect(empty, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"ALTER DATABASE {name} OWNER TO steelyard_owner".encode())
    assert run.migrate(dsn_with(empty, role="steelyard_migrator")) == run.latest()
    with psycopg.connect(empty) as connection:
        owners = connection.execute(
            "SELECT DISTINCT pg_get_userbyid(c.relowner) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = 'steelyard'"
        ).fetchall()
    assert owners == [("steelyard_owner",)]


def test_nobody_else_can_migrate(empty: str) -> None:
    with pytest.raises(Exception, match="permission denied"):
        run.migrate(dsn_with(empty, role="steelyard_app"))
    assert run.current(empty) == ""


def test_several_migrations_at_once_run_one_after_the_other(empty: str) -> None:
    run.migrate(empty)
    with psycopg.connect(empty, autocommit=True) as connection:
        connection.execute("DROP SCHEMA steelyard CASCADE")
        connection.execute("CREATE SCHEMA steelyard AUTHORIZATION steelyard_owner")
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(run.migrate, [empty] * 4)) == [run.latest()] * 4


def test_the_revisions_are_one_chain() -> None:
    chain = list(run.scripts().walk_revisions())
    assert [script.down_revision for script in chain] == [*(script.revision for script in chain[1:]), None]
    assert chain[-1].revision == "0001_log"


def test_a_migration_that_fails_leaves_nothing(empty: str) -> None:
    with psycopg.connect(empty, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA steelyard AUTHORIZATION steelyard_owner")
        connection.execute("CREATE TABLE steelyard.tree_node (in_the_way int)")
    with pytest.raises(Exception, match="already exists"):
        run.migrate(empty)
    with psycopg.connect(empty) as connection:
        assert connection.execute("SELECT to_regclass('steelyard.event')").fetchone() == (None,)


@pytest.fixture
def postgres_15() -> Iterator[str]:
    """A server of the oldest major version that is served, where this machine has one."""
    if not (POSTGRES_15 / "initdb").exists():
        pytest.skip("no PostgreSQL 15 on this machine")
    folder = new_folder()
    data = folder / "postgres"
    data.mkdir()
    # The server refuses to run as root.
    account = "nobody" if os.geteuid() == 0 else None
    if account:
        shutil.chown(data, account)
    options: list[str | Path] = ["-D", data / "data"]
    initdb = [POSTGRES_15 / "initdb", *options, "-U", "postgres", "--auth=trust"]
    subprocess.run(initdb, check=True, capture_output=True, user=account, cwd=data)
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([POSTGRES_15 / "postgres", *options, "-k", data, "-h", ""], stderr=log, user=account)
        try:
            url = f"postgresql://postgres@/postgres?host={data}"
            _wait(url)
            yield url
        finally:
            server.terminate()
            server.wait(20)
            shutil.rmtree(folder)


def _wait(url: str) -> None:
    for _ in range(200):
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the server did not start")


def test_the_schema_and_the_log_work_on_the_oldest_server(postgres_15: str) -> None:
    assert run.migrate(postgres_15) == run.latest()
    served = TestDatabase("postgres", postgres_15)
    database: Database = served.access
    tenant = founded(database)
    recorded = append(database, tenant, [opened(), filled(1), noted("hello")])
    assert read_all(database, tenant) == recorded
    served.close()
