"""Commands of whoever runs the service: doctor, migrate, open; old data, production, a database that is away."""

import json
import shutil
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import psycopg
import pytest

from infra.embedded.servers import EmbeddedServers
from infra.settings import EMBEDDED_DATABASE, PREFIX
from tenants.tokens import TokenKind, well_formed
from tests.services.programs import Terminal, free_port
from tests.support.servers import new_folder

AGE = """
UPDATE steelyard.event SET recorded_at = now() - interval '1 hour'
WHERE position = 1 AND tenant_id = (SELECT organization_id FROM steelyard.organization WHERE code = %s)
"""
"""Of the first event of an organization; its last ones stay as young as they are."""


@pytest.fixture
def acme(steelyard: Terminal) -> str:
    """A new organization's code."""
    code = f"acme-{free_port()}"
    assert steelyard("organization", "create", code, "--name", "Acme").status == 0
    return code


def test_open_prints_an_address_with_a_token(steelyard: Terminal, acme: str) -> None:
    address = steelyard("open", acme).out.strip()
    path, _, token = address.partition("?token=")
    assert path.endswith(f"/o/{acme}/")
    assert well_formed(token, TokenKind.PAGE)


def test_doctor_finds_a_healthy_machine_and_shows_no_secret(steelyard: Terminal, home: Path, acme: str) -> None:
    found = steelyard("doctor", "--json")
    assert found.status == 0, found.out
    report = json.loads(found.out)
    assert report["healthy"]
    assert report["found"]["start-up checks"] == "passed"
    assert {"projection catalog", "projection readings", "projection scores"} <= set(report["found"])
    for secret in json.loads((home / "secrets.json").read_text()).values():
        assert str(secret) not in found.out


def test_doctor_takes_no_other_service_at_the_address_for_its_own(
    steelyard: Terminal, acme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as other:
        monkeypatch.setenv(f"{PREFIX}PORT", str(other.server_port))
        found = json.loads(steelyard("doctor", "--json").out)["found"]
    assert (found["mode"], found["service"]) == ("embedded, nothing else runs", "not running")


@pytest.mark.parametrize("words", [("organization", "list"), ("open", "acme"), ("scores", "-o", "acme"), ("doctor",)])
def test_asked_in_a_folder_without_data_nothing_is_made_there(
    steelyard: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv(f"{PREFIX}HOME", str(tmp_path / "elsewhere"))
    refused = steelyard(*words)
    assert refused.status == 2
    assert f"no data in {tmp_path / 'elsewhere'}" in refused.err
    assert not list(tmp_path.iterdir())


def test_doctor_ends_with_1_when_a_projection_is_parked(steelyard: Terminal, home: Path, acme: str) -> None:
    set_status(home, "parked")
    found = steelyard("doctor", "--json")
    set_status(home, "running")
    assert found.status == 1
    assert json.loads(found.out)["wrong"] == ["projection readings"]


def test_doctor_judges_by_the_event_that_has_waited_longest_and_not_by_the_last_one(
    steelyard: Terminal, home: Path, acme: str
) -> None:
    young = json.loads(steelyard("doctor", "--json").out)
    with (
        EmbeddedServers.start(home) as servers,
        psycopg.connect(servers.postgres_dsn(database=EMBEDDED_DATABASE)) as database,
    ):
        database.execute(AGE, [acme])
    old = steelyard("doctor", "--json")
    assert "waiting for up to" in young["found"]["projection readings"]
    assert young["wrong"] == []
    assert old.status == 1
    assert json.loads(old.out)["wrong"] == ["projection readings", "projection scores"]
    assert "waiting for up to 36" in json.loads(old.out)["found"]["projection readings"]


def set_status(home: Path, status: str) -> None:
    with (
        EmbeddedServers.start(home) as servers,
        psycopg.connect(servers.postgres_dsn(database=EMBEDDED_DATABASE)) as database,
    ):
        database.execute("UPDATE steelyard.progress SET status = %s WHERE projection = 'readings'", [status])


def test_a_schema_of_a_newer_version_is_left_alone(steelyard: Terminal, home: Path, acme: str) -> None:
    present = set_revision(home, "9999_future")
    refused = steelyard("organization", "show", acme)
    set_revision(home, present)
    assert refused.status == 4
    assert "newer version of Steelyard" in refused.err
    assert steelyard("organization", "show", acme).status == 0


def set_revision(home: Path, revision: str) -> str:
    """The revision before."""
    with (
        EmbeddedServers.start(home) as servers,
        psycopg.connect(servers.postgres_dsn(database=EMBEDDED_DATABASE)) as database,
    ):
        row = database.execute("SELECT version_num FROM steelyard.alembic_version").fetchone()
        database.execute("UPDATE steelyard.alembic_version SET version_num = %s", [revision])
    assert row is not None
    return str(row[0])


def test_migrate_says_where_the_schema_is(steelyard: Terminal) -> None:
    assert steelyard("migrate").out.startswith("schema: 000")


def test_data_of_an_older_postgresql_end_with_2_and_what_to_do(
    steelyard: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = new_folder()  # one that another account can enter, should PostgreSQL have to run as that
    older = home / "postgres-17"
    older.mkdir()
    (older / "PG_VERSION").write_text("17\n")
    monkeypatch.setenv(f"{PREFIX}HOME", str(home))
    refused = steelyard("organization", "list")
    shutil.rmtree(home)
    assert refused.status == 2
    assert "pg_dumpall" in refused.err


def test_production_without_settings_ends_with_2_and_names_them(
    steelyard: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{PREFIX}MODE", "production")
    for command in ("serve", "worker", "migrate", "doctor"):
        refused = steelyard(command)
        assert refused.status == 2
        assert f"{PREFIX}DATABASE_URL_APP" in refused.err
    assert "steelyard serve" in steelyard("run").err


def test_production_on_an_older_schema_says_what_to_do_and_changes_nothing(
    steelyard: Terminal, production: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for command in (["serve"], ["worker"], ["organization", "list"]):
        refused = steelyard(*command)
        assert refused.status == 4
        assert "steelyard migrate" in refused.err
    assert f"{PREFIX}DATABASE_URL_MIGRATOR" in steelyard("migrate").err
    monkeypatch.setenv(f"{PREFIX}DATABASE_URL_MIGRATOR", production)
    assert steelyard("migrate").status == 0
    assert json.loads(steelyard("organization", "list", "--json").out) == []


def test_a_database_that_is_away_ends_with_4(
    steelyard: Terminal, production: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{PREFIX}DATABASE_URL_APP", "postgresql://steelyard_app@/none?host=/nonexistent")
    away = steelyard("organization", "list")
    assert away.status == 4
    assert "cannot be used" in away.err
