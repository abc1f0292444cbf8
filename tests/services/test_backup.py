"""A backup holds everything that must not be lost, and a restore brings back exactly that or nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from uuid import UUID

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from infra import clock
from infra.backup.archive import Archive
from infra.backup.errors import Damaged, UnfitBackup
from infra.backup.owner import one_snapshot
from infra.backup.tables import LEFT_OUT, copied_out, declared, kept_tables
from infra.eventstore.leaf import StoredRow, leaf_of
from infra.eventstore.verify import Flaw, LogAltered
from infra.migrations.run import scripts
from services.app import App, execute
from services.backing_up import back_up
from services.commands import CommandKey
from services.comparing import compared
from services.restoring import NotAsBackedUp, check, require_key
from tenants.credentials import add_page_token
from tests.support.app import bring_up, owner
from tests.support.backups import Edit, Row, empty_installation, migrator, quiet, restored, rewritten
from tests.support.database import TestDatabase
from tests.support.faults.company import Company
from tests.support.faults.load import write_batch

EVENTS = 120
SEALING_KEY = bytes(range(32))


@pytest.fixture(scope="module")
def companies(app: App) -> list[Company]:
    """Two organizations whose positions are the same, with every kind of row; ordered as a backup has them."""
    made = [Company.founded(app, 2) for _ in range(2)]
    for company in made:
        write_batch(app, company, EVENTS, Random(1))
        bring_up(app, company.organization)
    with app.database.directory() as connection:
        now = clock.now()
        add_page_token(connection, sha256(b"x").digest(), made[0].organization, now.replace(year=2100), now)
    return sorted(made, key=lambda each: each.organization)


@pytest.fixture(scope="module")
def backup(
    app: App, module_database: TestDatabase, companies: list[Company], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    file = tmp_path_factory.mktemp("backups") / "a.backup"
    back_up(app, migrator(module_database), file, quiet)
    return file


@pytest.fixture
def empty(spare_database: TestDatabase, redis_url: str, tmp_path: Path) -> Iterator[App]:
    with empty_installation(spare_database, redis_url, tmp_path) as made:
        yield made


def everything(database: TestDatabase) -> dict[str, list[bytes]]:
    """Every row of every table, as PostgreSQL writes it."""
    with one_snapshot(migrator(database)) as connection:
        found = {}
        for table in kept_tables(connection):
            with copied_out(connection, table) as rows:
                found[table.name] = list(rows)
        return found


def rows_of(database: TestDatabase, table: str) -> int:
    return int(str(database.superuser(f"SELECT count(*) FROM steelyard.{table}")[0][0]))


# --- what comes back ------------------------------------------------------------------------------------------------


def test_every_row_comes_back_byte_for_byte_and_projections_equal_their_rebuild(
    backup: Path, empty: App, spare_database: TestDatabase, module_database: TestDatabase, companies: list[Company]
) -> None:
    made = restored(empty, spare_database, backup)
    assert everything(spare_database) == everything(module_database)
    assert [(each.code, each.position) for each in made.organizations] == [
        (company.code, max(company.told)) for company in companies
    ]
    for company in companies:
        found = list(compared(empty, company.organization))
        assert [(each.projection, each.wrong) for each in found] == [
            (projection.name, "") for projection in empty.projections
        ]


def test_a_projection_that_has_never_run_is_begun_and_compared(
    backup: Path, empty: App, spare_database: TestDatabase, companies: list[Company]
) -> None:
    restored(empty, spare_database, backup)
    projection = empty.projections[-1]
    for table in ("progress", "projection_route"):
        spare_database.superuser(f"DELETE FROM steelyard.{table} WHERE projection = %s", (projection.name,))
    for each in projection.tables:
        spare_database.superuser(f"DELETE FROM {each.fullname}")
    found = list(compared(empty, companies[0].organization))
    assert [each.wrong for each in found] == ["", "", ""]
    assert len({each.position for each in found}) == 1


def test_a_request_repeated_after_a_restore_is_still_one_effect(
    app: App,
    module_database: TestDatabase,
    empty: App,
    spare_database: TestDatabase,
    companies: list[Company],
    tmp_path: Path,
) -> None:
    company, key = companies[0], CommandKey.made()
    step = company.diaries[0].next(Random(9))
    first = execute(app, owner(company.organization), [step.command()], key)
    company.diaries[0].keep(step, first.position)
    file = tmp_path / "b.backup"
    back_up(app, migrator(module_database), file, quiet)
    restored(empty, spare_database, file)
    again = execute(empty, owner(company.organization), [step.command()], key)
    assert (again.replayed, again.body, again.position) == (True, first.body, first.position)
    further = [company.diaries[1].next(Random(3)).command()]
    assert execute(empty, owner(company.organization), further, CommandKey.made()).position == first.position + 1


def test_every_table_is_kept_or_left_out_for_a_reason(module_database: TestDatabase, backup: Path) -> None:
    there = module_database.superuser(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'steelyard' AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
    )
    with Archive.opened(backup) as archive:
        kept = {member.table for member in archive.manifest.members}
    assert kept | set(LEFT_OUT) == {str(name) for (name,) in there} == set(declared())
    assert not kept & set(LEFT_OUT)


def test_a_page_token_does_not_open_a_page_twice_by_way_of_a_restore(
    backup: Path, empty: App, spare_database: TestDatabase, module_database: TestDatabase
) -> None:
    restored(empty, spare_database, backup)
    assert (rows_of(module_database, "page_token"), rows_of(spare_database, "page_token")) == (1, 0)


# --- what is not backed up ------------------------------------------------------------------------------------------


def test_an_installation_without_organizations_makes_no_backup(
    empty: App, spare_database: TestDatabase, tmp_path: Path
) -> None:
    with pytest.raises(UnfitBackup, match="no organizations"):
        back_up(empty, migrator(spare_database), tmp_path / "a.backup", quiet)
    assert list(tmp_path.glob("*backup*")) == []


def test_a_policy_that_hides_rows_from_the_owner_is_an_error_and_no_empty_backup(
    backup: Path, empty: App, spare_database: TestDatabase, tmp_path: Path
) -> None:
    restored(empty, spare_database, backup)
    spare_database.superuser("ALTER TABLE steelyard.event FORCE ROW LEVEL SECURITY")
    with pytest.raises((DBAPIError, psycopg.Error), match="row-level security"):
        back_up(empty, migrator(spare_database), tmp_path / "a.backup", quiet)
    assert list(tmp_path.glob("*backup*")) == []


def test_a_role_that_serves_cannot_make_one(app: App, module_database: TestDatabase, tmp_path: Path) -> None:
    with pytest.raises(DBAPIError, match="permission denied to set role"):
        back_up(app, module_database.app_url, tmp_path / "a.backup", quiet)


def test_an_altered_log_is_named_and_makes_no_backup(
    backup: Path, empty: App, spare_database: TestDatabase, companies: list[Company], tmp_path: Path
) -> None:
    restored(empty, spare_database, backup)
    tenant = companies[1].organization
    spare_database.superuser(
        "UPDATE steelyard.event SET body = body || ' '::bytea WHERE tenant_id = %s AND position = 77", (tenant,)
    )
    with pytest.raises(LogAltered) as altered:
        back_up(empty, migrator(spare_database), tmp_path / "a.backup", quiet)
    assert (altered.value.tenant, altered.value.position) == (tenant, 77)
    assert list(tmp_path.glob("*backup*")) == []


# --- what is not restored -------------------------------------------------------------------------------------------


@contextmanager
def nothing_written(database: TestDatabase) -> Iterator[None]:
    yield
    assert {name: len(rows) for name, rows in everything(database).items() if len(rows) > 1} == {}


def test_an_installation_that_is_not_empty_is_refused_and_told_of(
    backup: Path, app: App, module_database: TestDatabase
) -> None:
    before = everything(module_database)
    with pytest.raises(
        UnfitBackup, match=r"not empty: 2 organizations \(org-.*, org-.*\), \d+ events, rows in api_key"
    ):
        restored(app, module_database, backup)
    assert everything(module_database) == before


def test_another_sealing_key_is_refused_before_anything_is_written(
    backup: Path, empty: App, spare_database: TestDatabase
) -> None:
    with Archive.opened(backup) as archive, nothing_written(spare_database):
        with pytest.raises(UnfitBackup, match="STEELYARD_SEALING_KEY"):
            require_key(archive, bytes(32))
        require_key(archive, SEALING_KEY)


def test_the_backup_of_another_revision_says_which_version_restores_it(backup: Path) -> None:
    older = [script.revision for script in scripts().walk_revisions()][-1]
    for revision, words in ((older, "restore it with steelyard"), ("9999_future", "does not know")):
        file = rewritten(backup, {}, lambda made, revision=revision: replace(made, revision=revision))  # type: ignore[misc]
        with Archive.opened(file) as archive, pytest.raises(UnfitBackup, match=words):
            check(archive, quiet)


def test_other_columns_are_refused_by_table(backup: Path, empty: App, spare_database: TestDatabase) -> None:
    spare_database.superuser("ALTER TABLE steelyard.reading ADD COLUMN colour text")
    with nothing_written(spare_database), pytest.raises(UnfitBackup, match=r"other tables or columns.*: reading"):
        restored(empty, spare_database, backup)


def edit_event(position: int, edit: Callable[[Row], None]) -> Edit:
    """Change the event at that position of the second organization."""

    def edited(rows: list[Row]) -> list[Row]:
        edit(second(rows)[position - 1])
        return rows

    return edited


def second(rows: list[Row]) -> list[Row]:
    last = rows[-1]["tenant_id"]
    return [row for row in rows if row["tenant_id"] == last]


def flip(row: Row) -> None:
    body = bytearray.fromhex(row["body"][2:])
    body[len(body) // 2] ^= 1
    row["body"] = f"\\x{body.hex()}"


def retime(row: Row) -> None:
    row["recorded_at"] = str(datetime.fromisoformat(row["recorded_at"]) + timedelta(microseconds=1))


def swap(rows: list[Row]) -> list[Row]:
    one, other = second(rows)[29], second(rows)[30]
    for column in ("body", "metadata", "leaf"):
        one[column], other[column] = other[column], one[column]
    return rows


def without(position: int) -> Edit:
    return lambda rows: [row for row in rows if row is not second(rows)[position - 1]]


CHANGES: dict[str, tuple[str, Edit, int, Flaw]] = {
    "a bit of a body": ("event", edit_event(30, flip), 30, Flaw.ALTERED),
    "deleted": ("event", without(30), 30, Flaw.MISSING),
    "the last one deleted": ("event", lambda rows: rows[:-1], -1, Flaw.MISSING),
    "swapped": ("event", swap, 30, Flaw.ALTERED),
    "re-timed": ("event", edit_event(30, retime), 30, Flaw.ALTERED),
    "one too many": ("event", lambda rows: [*rows, second(rows)[-1]], -1, Flaw.MISSING),
    "a time that is none": ("event", edit_event(30, lambda row: row.update(recorded_at="soon")), 30, Flaw.UNREADABLE),
    "the other organization": (
        "event",
        lambda rows: [{**row, "tenant_id": second(rows)[0]["tenant_id"]} for row in rows],
        1,
        Flaw.MISSING,
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_log_changed_in_the_file_with_all_sums_made_anew_is_refused_with_its_first_bad_position(
    backup: Path, companies: list[Company], name: str
) -> None:
    table, edit, position, flaw = CHANGES[name]
    file = rewritten(backup, {table: edit})
    with Archive.opened(file) as archive:
        organization = archive.manifest.organizations[0 if name == "the other organization" else 1]
        with pytest.raises(LogAltered) as altered:
            check(archive, quiet)
    last = organization.position + (1 if name == "one too many" else 0)
    assert (altered.value.tenant, altered.value.position) == (
        organization.organization,
        position if position > 0 else last,
    )
    assert altered.value.flaw is flaw or name == "one too many"


def test_a_history_rewritten_together_with_its_leaves_has_another_root(backup: Path) -> None:
    def forge(row: Row) -> None:
        flip(row)
        stored = StoredRow(
            int(row["position"]),
            row["stream"],
            int(row["version"]),
            row["name"],
            int(row["schema"]),
            bytes.fromhex(row["body"][2:]),
            bytes.fromhex(row["metadata"][2:]),
            datetime.fromisoformat(row["recorded_at"]),
            row["fact"] == "t",
            b"",
        )
        row["leaf"] = f"\\x{leaf_of(UUID(row['tenant_id']), stored).hex()}"

    file = rewritten(backup, {"event": edit_event(30, forge)})
    with Archive.opened(file) as archive, pytest.raises(NotAsBackedUp, match="rewritten as a whole"):
        check(archive, quiet)


def better(rows: list[Row]) -> list[Row]:
    """A value in a projection that no event says."""
    rows[5]["value"] = "4711"
    return rows


def test_rows_of_a_projection_that_were_changed_have_another_digest_and_nothing_is_kept(
    backup: Path, empty: App, spare_database: TestDatabase
) -> None:
    file = rewritten(backup, {"reading": better})
    with nothing_written(spare_database), pytest.raises(NotAsBackedUp, match="projection readings"):
        restored(empty, spare_database, file)


def test_rows_of_a_projection_changed_together_with_their_digest_differ_from_the_rebuild(
    backup: Path, empty: App, spare_database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = rewritten(backup, {"reading": better})
    monkeypatch.setattr("services.restoring._compare", lambda *_words: None)
    made = restored(empty, spare_database, file)
    found = [each for organization in made.organizations for each in compared(empty, organization.organization)]
    assert ("readings", "differs from its rebuild") in {(each.projection, each.wrong) for each in found}


@pytest.mark.parametrize("table", ["organization", "api_key", "command", "reading", "tenant_head", "data_key"])
def test_a_changed_byte_of_any_other_table_names_it(backup: Path, tmp_path: Path, table: str) -> None:
    file = tmp_path / "spoilt.backup"
    whole = bytearray(backup.read_bytes())
    name = f"tables/{table}.csv.gz".encode()
    whole[whole.index(name) + len(name) + 60] ^= 8
    file.write_bytes(whole)
    with pytest.raises(Damaged) as damaged, Archive.opened(file) as archive:
        check(archive, quiet)
    assert damaged.value.where == name.decode()


def test_a_byte_changed_among_the_events_names_organization_and_position(
    backup: Path, tmp_path: Path, companies: list[Company]
) -> None:
    whole = backup.read_bytes()
    name = b"tables/event.csv.gz"
    start, end = whole.index(name) + 100, whole.index(b"tables/command.csv.gz") - 100
    positions = []
    for place in range(start, end, (end - start) // 12):
        spoilt = bytearray(whole)
        spoilt[place] ^= 4
        file = tmp_path / "spoilt.backup"
        file.write_bytes(spoilt)
        with pytest.raises(LogAltered) as altered, Archive.opened(file) as archive:
            check(archive, quiet)
        positions.append((altered.value.tenant, altered.value.position))
    assert positions == sorted(positions), "further damage is found further on"
    assert {tenant for tenant, _ in positions} == {company.organization for company in companies}
    assert len(set(positions)) > 6
