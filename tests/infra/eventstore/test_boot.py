"""The service refuses to start where a promise would not hold: each unsafe setting is named."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from infra import clock
from infra.database import Database
from infra.eventstore import boot
from infra.eventstore.boot import UnsafeDatabase, refuse_unsafe
from infra.migrations import run
from tests.support.database import TestDatabase


@pytest.fixture
def spoilt(spare_database: TestDatabase) -> Iterator[TestDatabase]:
    yield spare_database
    for role in ("steelyard_app", "steelyard_scheduler"):
        spare_database.superuser(f"ALTER ROLE {role} IN DATABASE {spare_database.name} RESET ALL")


def _findings(database: TestDatabase, environment: dict[str, str] | None = None) -> tuple[str, ...]:
    with pytest.raises(UnsafeDatabase) as refused:
        refuse_unsafe(database.access, environment or {})
    return refused.value.findings


def _finding(database: TestDatabase, environment: dict[str, str] | None = None) -> str:
    (finding,) = _findings(database, environment)
    return finding


def test_a_database_as_we_make_it_is_safe(database: Database) -> None:
    refuse_unsafe(database, {})


def test_commits_that_are_not_durable_are_refused(spoilt: TestDatabase) -> None:
    spoilt.superuser(f"ALTER DATABASE {spoilt.name} SET synchronous_commit = off")
    assert _finding(spoilt).startswith("synchronous_commit is off")


@pytest.mark.parametrize("name", ["fsync", "full_page_writes"])
def test_a_server_that_may_lose_what_it_wrote_is_refused(
    database: Database, module_database: TestDatabase, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Said in place of the server, which all other tests share."""
    setting = boot._setting
    monkeypatch.setattr(
        boot, "_setting", lambda connection, asked: "off" if asked == name else setting(connection, asked)
    )
    assert _finding(module_database).startswith(f"{name} is off")


def test_a_server_with_a_known_hole_is_refused(module_database: TestDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    setting = boot._setting
    old = {"server_version_num": "150002", "server_version": "15.2"}
    monkeypatch.setattr(boot, "_setting", lambda connection, asked: old.get(asked) or setting(connection, asked))
    assert _finding(module_database).startswith("PostgreSQL 15.2 is too old")


def test_a_superuser_does_not_serve(module_database: TestDatabase) -> None:
    database = Database.connect(module_database.superuser_url, module_database.scheduler_url, 1)
    with pytest.raises(UnsafeDatabase, match="role postgres is a superuser"):
        refuse_unsafe(database, {})
    database.close()


def test_whoever_may_act_as_the_owner_does_not_serve(module_database: TestDatabase) -> None:
    """Also in the scheduler's place."""
    url = module_database.url("steelyard_migrator")
    module_database.superuser("GRANT USAGE ON SCHEMA steelyard TO steelyard_migrator")
    for database in (Database.connect(url, url, 1), Database.connect(module_database.app_url, url, 1)):
        with pytest.raises(
            UnsafeDatabase, match="role steelyard_migrator owns tables or is a member of steelyard_owner"
        ):
            refuse_unsafe(database, {})
        database.close()


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("ALTER TABLE steelyard.command DISABLE ROW LEVEL SECURITY", "table command has no row-level security"),
        ("ALTER TABLE steelyard.event FORCE ROW LEVEL SECURITY", "table event forces row-level security"),
        ("CREATE TABLE steelyard.forgotten (tenant_id uuid)", "table forgotten has no row-level security"),
        (
            "CREATE FUNCTION public.peep(text) RETURNS bool LANGUAGE sql LEAKPROOF AS 'SELECT true'",
            "function peep(text) is LEAKPROOF",
        ),
        ("ALTER TABLE steelyard.event OWNER TO steelyard_app", "role steelyard_app owns tables"),
        ("UPDATE steelyard.alembic_version SET version_num = '0001_log'", "the schema is at 0001_log"),
        ("UPDATE steelyard.alembic_version SET version_num = '9999_later'", "the schema is at 9999_later"),
        ("DELETE FROM steelyard.alembic_version", "the schema is at nothing"),
    ],
)
def test_a_schema_that_does_not_keep_organizations_apart_or_does_not_fit_is_refused(
    spoilt: TestDatabase, statement: str, finding: str
) -> None:
    spoilt.superuser(statement)
    assert _finding(spoilt).startswith(finding)


def test_an_older_schema_asks_for_a_migration_and_a_newer_one_for_a_newer_program(spoilt: TestDatabase) -> None:
    spoilt.superuser("UPDATE steelyard.alembic_version SET version_num = '0001_log'")
    assert "steelyard migrate" in _finding(spoilt)
    spoilt.superuser("UPDATE steelyard.alembic_version SET version_num = '9999_later'")
    assert "newer version of this program" in _finding(spoilt)
    assert run.latest() in _finding(spoilt)


def test_clocks_that_differ_are_refused(module_database: TestDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    now = clock.now
    for seconds, shown in ((2.5, "-2.5 s"), (-2.5, "+2.5 s")):
        monkeypatch.setattr(clock, "now", lambda seconds=seconds: now() + timedelta(seconds=seconds))
        assert f"is {shown} off" in _finding(module_database)
    monkeypatch.setattr(clock, "now", lambda: now() + timedelta(seconds=1.5))
    refuse_unsafe(module_database.access, {})


def test_a_switch_of_the_library_that_loses_events_is_refused(module_database: TestDatabase) -> None:
    assert boot.FOREIGN_FLAG in _finding(module_database, {boot.FOREIGN_FLAG: "y"})


def test_all_findings_come_at_once(spoilt: TestDatabase) -> None:
    spoilt.superuser("ALTER TABLE steelyard.command DISABLE ROW LEVEL SECURITY")
    spoilt.superuser("ALTER TABLE steelyard.progress DISABLE ROW LEVEL SECURITY")
    assert len(_findings(spoilt, {boot.FOREIGN_FLAG: "1"})) == 3
