"""A server that accepts and says nothing is given up, and what was begun on it is as any lost connection."""

from uuid import UUID

import pytest
from sqlalchemy.exc import DBAPIError

from infra.database import Database
from infra.database_errors import CommitUnknown, Unavailable, classify, lost_connection
from tests.support.database import TestDatabase

SILENT = "SELECT pg_sleep(600)"
LIMIT_SECONDS = 0.5


@pytest.fixture
def hasty(module_database: TestDatabase, monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.setattr("infra.patience.ANSWER_SECONDS_MAX", LIMIT_SECONDS)
    return Database.connect(module_database.app_url, module_database.scheduler_url, 1)


def test_a_statement_without_an_answer_is_given_up_and_the_pool_goes_on(hasty: Database, tenant: UUID) -> None:
    with pytest.raises(DBAPIError) as silent, hasty.transaction(tenant) as connection:
        connection.exec_driver_sql(SILENT)
    assert lost_connection(silent.value)
    assert isinstance(classify(silent.value), Unavailable)
    with hasty.transaction(tenant) as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
    hasty.close()


def test_a_commit_without_an_answer_has_an_unknown_outcome(
    hasty: Database, tenant: UUID, module_database: TestDatabase
) -> None:
    module_database.superuser(
        "CREATE FUNCTION steelyard.sleep() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN PERFORM pg_sleep(600); RETURN NULL; END'"
    )
    module_database.superuser(
        "CREATE CONSTRAINT TRIGGER sleep AFTER UPDATE ON steelyard.tenant_head DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION steelyard.sleep()"
    )
    try:
        with pytest.raises(CommitUnknown), hasty.transaction(tenant) as connection:
            connection.exec_driver_sql("UPDATE steelyard.tenant_head SET position = 1 WHERE tenant_id = %s", (tenant,))
    finally:
        module_database.superuser("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'COMMIT'")
        module_database.superuser("DROP FUNCTION steelyard.sleep() CASCADE")
        hasty.close()
