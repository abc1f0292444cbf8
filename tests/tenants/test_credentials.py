"""The directory: what opens what, and that nothing opens twice or for too long."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import DBAPIError

from domain.values import KpiId
from infra import clock
from infra.database import Database
from infra.database_errors import UniqueViolation, classify
from tenants import credentials
from tenants.access import Actor, Role, Scope

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def test_a_key_opens_what_it_was_entered_for(database: Database) -> None:
    tenant, digest = clock.new_id(), clock.new_id().bytes * 2
    actor = Actor(
        tenant, "p", Role.CONTRIBUTOR, frozenset({Scope.INGEST}), frozenset({KpiId("a")}), str(clock.new_id())
    )
    with database.directory() as connection:
        credentials.add_organization(connection, tenant, f"org-{tenant}", NOW)
        credentials.add_key(connection, digest, actor, NOW, NOW)
        assert credentials.key_by_digest(connection, digest) == credentials.Credential(actor, NOW)
        assert credentials.organization_by_code(connection, f"org-{tenant}") == tenant


def test_a_key_is_removed_by_its_own_organization_only(database: Database) -> None:
    tenant, digest, key_id = clock.new_id(), clock.new_id().bytes * 2, clock.new_id()
    with database.directory() as connection:
        credentials.add_organization(connection, tenant, f"org-{tenant}", NOW)
        credentials.add_key(connection, digest, Actor(tenant, "p", Role.OWNER, key_id=str(key_id)), None, NOW)
        credentials.remove_key(connection, clock.new_id(), key_id)
        assert credentials.key_by_digest(connection, digest) is not None
        credentials.remove_key(connection, tenant, key_id)
        assert credentials.key_by_digest(connection, digest) is None


def test_a_code_is_unique_on_the_service(database: Database) -> None:
    with database.directory() as connection:
        credentials.add_organization(connection, clock.new_id(), "one-code", NOW)
    with pytest.raises(DBAPIError) as error, database.directory() as connection:
        credentials.add_organization(connection, clock.new_id(), "one-code", NOW)
    assert isinstance(classify(error.value), UniqueViolation)


def test_a_page_token_opens_once_and_only_in_time(database: Database) -> None:
    tenant, digests = clock.new_id(), [clock.new_id().bytes * 2 for _ in range(2)]
    with database.directory() as connection:
        credentials.add_organization(connection, tenant, f"org-{tenant}", NOW)
        for digest in digests:
            credentials.add_page_token(connection, digest, tenant, NOW + timedelta(hours=1), NOW)
        assert credentials.redeem_page_token(connection, digests[0], NOW) == tenant
        assert credentials.redeem_page_token(connection, digests[0], NOW) is None
        assert credentials.redeem_page_token(connection, digests[1], NOW + timedelta(hours=1)) is None


def test_page_tokens_that_were_never_used_are_forgotten_once_they_open_nothing(database: Database) -> None:
    tenant, over, alive = clock.new_id(), clock.new_id().bytes * 2, clock.new_id().bytes * 2
    with database.directory() as connection:
        credentials.add_organization(connection, tenant, f"org-{tenant}", NOW)
        credentials.add_page_token(connection, over, tenant, NOW, NOW)
        credentials.add_page_token(connection, alive, tenant, NOW + timedelta(seconds=1), NOW)
        assert credentials.purge_page_tokens(connection, NOW) == 1
        assert credentials.redeem_page_token(connection, alive, NOW) == tenant


def test_the_application_changes_no_directory_row_in_place(database: Database) -> None:
    for table in ("organization", "api_key", "page_token"):
        with pytest.raises(DBAPIError, match="permission denied"), database.directory() as connection:
            connection.exec_driver_sql(f"UPDATE steelyard.{table} SET organization_id = organization_id")
