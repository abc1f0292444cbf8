"""`steelyard backup`, `restore` and `verify --projections` as they are typed."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from infra.embedded.servers import EmbeddedServers
from infra.secrets_file import FILE_NAME
from infra.settings import EMBEDDED_DATABASE, PREFIX
from tests.services.programs import Terminal
from tests.support.servers import dsn_with, new_folder


@pytest.fixture(scope="module")
def files() -> Iterator[Path]:
    folder = new_folder()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def backup(steelyard: Terminal, files: Path) -> Path:
    """Of the demonstration company."""
    file = files / "company.backup"
    if not file.exists():
        assert steelyard("demo", "company").status == 0
        assert steelyard("backup", str(file)).status == 0
    return file


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """From now on commands are typed on a machine without data."""
    folder = new_folder()
    monkeypatch.setenv(f"{PREFIX}HOME", str(folder))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def test_a_backup_restored_elsewhere_has_the_same_roots_digests_and_answers(
    steelyard: Terminal, home: Path, backup: Path, files: Path, elsewhere: Path
) -> None:
    shutil.copy(home / FILE_NAME, elsewhere / FILE_NAME)
    told = json.loads(steelyard("restore", str(backup), "--dry-run", "--json").out)
    assert not list(elsewhere.glob("postgres-*")), "a rehearsal starts no server"
    restored = steelyard("restore", str(backup), "--json")
    assert restored.status == 0, restored.err
    report = json.loads(restored.out)
    assert {name: report[name] for name in told} == told
    assert {each["projection"]: each["wrong"] for each in report["projections"]} == {
        "catalog": None,
        "readings": None,
        "scores": None,
    }
    verdict = json.loads(steelyard("verify", "--projections", "--json").out)[0]
    assert (verdict["root"], verdict["events"]) == (told["organizations"][0]["root"], told["events"])
    assert {each["wrong"] for each in verdict["projections"]} == {None}
    again = files / "again.backup"
    made = json.loads(steelyard("backup", str(again), "--json").out)
    assert made["organizations"] == told["organizations"], "roots and digests"
    assert json.loads(steelyard("scores", "-o", "company", "--json").out)["nodes"][0]["raw_score"] == "77.6"
    reason = steelyard("log", "-o", "company", "--limit", "1000", "--json").out
    assert "typing error" in reason, "sealed texts are read with the key that came along"


def test_secrets_of_another_machine_are_refused_and_the_right_ones_can_still_be_put_there(
    steelyard: Terminal, home: Path, backup: Path, elsewhere: Path
) -> None:
    refused = steelyard("restore", str(backup))
    assert (refused.status, refused.out) == (2, "")
    assert f"{PREFIX}SEALING_KEY" in refused.err
    shutil.copy(home / FILE_NAME, elsewhere / FILE_NAME)
    assert steelyard("restore", str(backup)).status == 0


def test_a_damaged_file_ends_with_1_names_the_place_and_makes_no_data(
    steelyard: Terminal, backup: Path, files: Path, elsewhere: Path
) -> None:
    whole = bytearray(backup.read_bytes())
    whole[whole.index(b"tables/event.csv.gz") + 2_000] ^= 1
    spoilt = files / "spoilt.backup"
    spoilt.write_bytes(whole)
    refused = steelyard("restore", str(spoilt))
    assert (refused.status, refused.out) == (1, "")
    assert "position" in refused.err
    assert "(company)" in refused.err
    spoilt.write_bytes(whole[:2_000])
    cut = steelyard("restore", str(spoilt))
    assert cut.status == 1
    assert f"{spoilt}: the file is damaged: it was cut off" in cut.err
    assert not list(elsewhere.glob("postgres-*"))


def test_files_that_are_there_or_not_there_and_data_that_are_there_end_with_2(
    steelyard: Terminal, backup: Path, files: Path
) -> None:
    before = backup.read_bytes()
    for words, why in (
        (["backup", str(backup)], "is there already"),
        (["backup", str(files / "none" / "a.backup")], f"{files / 'none' / 'a.backup'}: No such file"),
        (["restore", str(files / "none.backup")], "No such file"),
        (["restore", str(files)], "Is a directory"),
        (["restore", str(backup)], "not empty: 1 organizations (company)"),
    ):
        refused = steelyard(*words)
        assert (refused.status, refused.out) == (2, ""), words
        assert why in refused.err
    assert backup.read_bytes() == before


def test_verify_finds_what_was_changed_in_a_projection(steelyard: Terminal, home: Path, backup: Path) -> None:
    change(home, "UPDATE steelyard.reading SET value = value + 1 WHERE kpi = 'k1' AND period = '2018'")
    assert steelyard("verify").status == 0
    found = steelyard("verify", "--projections")
    change(home, "UPDATE steelyard.reading SET value = value - 1 WHERE kpi = 'k1' AND period = '2018'")
    assert found.status == 1
    assert "differs from its rebuild" in found.out


def change(home: Path, statement: str) -> None:
    with (
        EmbeddedServers.start(home) as servers,
        psycopg.connect(servers.postgres_dsn(database=EMBEDDED_DATABASE)) as database,
    ):
        database.execute(statement.encode())


def test_production_needs_the_address_of_the_migrator_and_no_other(
    steelyard: Terminal, production: str, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{PREFIX}DATABASE_URL_MIGRATOR", production)
    assert steelyard("migrate").status == 0
    for address, why in (
        ("", "set STEELYARD_DATABASE_URL_MIGRATOR to the address"),
        (dsn_with(production, role="steelyard_app"), "STEELYARD_DATABASE_URL_MIGRATOR: its role may not do this"),
        (dsn_with(production, role="steelyard_migrator"), "there are no organizations here"),
    ):
        if address:
            monkeypatch.setenv(f"{PREFIX}DATABASE_URL_MIGRATOR", address)
        else:
            monkeypatch.delenv(f"{PREFIX}DATABASE_URL_MIGRATOR")
        refused = steelyard("backup", str(files / "p.backup"))
        assert (refused.status, refused.out) == (2, "")
        assert why in refused.err
    assert not (files / "p.backup").exists()
