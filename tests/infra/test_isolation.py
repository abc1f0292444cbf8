"""Nobody reaches another organization's rows; every policy is needed: without it, the trial of reach.py says so."""

from collections.abc import Iterator

import psycopg
import pytest

from infra.migrations import run
from tests.infra.reach import SIGNED, TenantTable, fill, findings, tenant_tables
from tests.support.database import TestDatabase


@pytest.fixture(scope="module")
def superuser(module_database: TestDatabase) -> Iterator[psycopg.Connection]:
    with psycopg.connect(module_database.superuser_url) as connection:
        fill(connection, tenant_tables(connection))
        connection.commit()
        yield connection


@pytest.fixture(autouse=True)
def _undo(superuser: psycopg.Connection) -> Iterator[None]:
    yield
    superuser.rollback()


@pytest.fixture(scope="module")
def tables(superuser: psycopg.Connection) -> list[TenantTable]:
    return tenant_tables(superuser)


def test_every_table_of_organizations_is_tried_out(tables: list[TenantTable]) -> None:
    declared = {
        name for script in run.scripts().walk_revisions() for name in getattr(script.module, "tenant_tables", ())
    }
    assert {table.name for table in tables} == declared


def test_each_role_reaches_what_it_should_and_nothing_else(
    superuser: psycopg.Connection, tables: list[TenantTable]
) -> None:
    assert list(findings(superuser, tables)) == []


def _policies(superuser: psycopg.Connection) -> list[tuple[str, str, str]]:
    return superuser.execute(
        "SELECT tablename, policyname, cmd FROM pg_policies"
        " WHERE schemaname = 'steelyard' ORDER BY tablename, policyname"
    ).fetchall()


def _survivors(superuser: psycopg.Connection, tables: list[TenantTable], mutants: list[str]) -> list[str]:
    """The changes that nobody noticed."""
    superuser.rollback()
    survivors = []
    for mutant in mutants:
        superuser.execute(mutant.encode())
        if not list(findings(superuser, tables)):
            survivors.append(mutant)
        superuser.rollback()
    return survivors


def test_dropping_any_policy_is_noticed(superuser: psycopg.Connection, tables: list[TenantTable]) -> None:
    mutants = [f"DROP POLICY {name} ON steelyard.{table}" for table, name, _ in _policies(superuser)]
    assert len(mutants) > 2 * len(tables)
    assert _survivors(superuser, tables, mutants) == []


def test_loosening_any_policy_is_noticed(superuser: psycopg.Connection, tables: list[TenantTable]) -> None:
    own = [(table, name) for table, name, command in _policies(superuser) if command == "ALL"]
    assert [table for table, _ in own] == [table.name for table in tables]
    mutants = [f"ALTER POLICY {name} ON steelyard.{table} USING (true)" for table, name in own]
    # What the application can only read has no use for a check of what it writes.
    written = [(table, name) for table, name in own if table not in SIGNED]
    mutants += [f"ALTER POLICY {name} ON steelyard.{table} WITH CHECK (true)" for table, name in written]
    assert _survivors(superuser, tables, mutants) == []


def test_switching_row_level_security_off_anywhere_is_noticed(
    superuser: psycopg.Connection, tables: list[TenantTable]
) -> None:
    mutants = [f"ALTER TABLE steelyard.{table.name} DISABLE ROW LEVEL SECURITY" for table in tables]
    assert _survivors(superuser, tables, mutants) == []


def test_a_policy_or_a_privilege_too_many_is_noticed(superuser: psycopg.Connection, tables: list[TenantTable]) -> None:
    mutants = [
        f"CREATE POLICY open ON steelyard.{table.name} FOR SELECT TO steelyard_app USING (true)" for table in tables
    ]
    mutants += [
        "GRANT SELECT ON steelyard.data_key TO steelyard_auditor",
        "GRANT SELECT ON steelyard.event TO steelyard_scheduler",
        "CREATE POLICY open ON steelyard.event FOR INSERT TO steelyard_auditor WITH CHECK (true);"
        " GRANT INSERT ON steelyard.event TO steelyard_auditor",
        "ALTER ROLE steelyard_app BYPASSRLS",
        "GRANT steelyard_owner TO steelyard_app",
    ]
    assert _survivors(superuser, tables, mutants) == []
