"""What an error of the database says reaches logs: never a value."""

from traceback import format_exception

import pytest
from sqlalchemy.exc import DBAPIError

from infra.database import Database
from infra.database_errors import sqlstate
from tests.support.database import TestDatabase

SECRET = "a secret value"
REFUSED = {
    "undefined": "SELECT %s::text || nonsense",
    "malformed": "SELECT %s::text::numeric",
    "json": "SELECT cast('[\"' || %s || '\\u0000\"]' AS jsonb)",
    "check": "INSERT INTO steelyard.progress (tenant_id, projection, generation, position, status)"
    " VALUES (gen_random_uuid(), %s, 1, -1, 'running')",
}


@pytest.mark.parametrize("statement", REFUSED.values(), ids=REFUSED)
def test_errors_show_no_values(module_database: TestDatabase, statement: str) -> None:
    """Nor do the details that PostgreSQL adds, whole rows among them."""
    superuser = Database.connect(module_database.superuser_url, module_database.scheduler_url, 1)
    with pytest.raises(DBAPIError) as refused, superuser.directory() as connection:
        connection.exec_driver_sql(statement, (SECRET,))
    assert SECRET not in "".join(format_exception(refused.value))
    assert sqlstate(refused.value)
    superuser.close()
