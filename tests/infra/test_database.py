"""Transactions: one organization each, bounded, honest about what became of them."""

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from infra import clock
from infra.database import DEADLINE_SECONDS, IDLE_SECONDS, SILENCE_SECONDS, Database
from infra.database_errors import (
    DeadlineExceeded,
    LockTimeout,
    Unavailable,
    UniqueViolation,
    classify,
)
from infra.round_trip import Question
from tests.support.database import TestDatabase, founded
from tests.support.statements import RuleBroken

TENANTS = 40
TRANSACTIONS = 1_500
CANCELLED_OF_TEN = 1
WORKERS = 6


def _tenants_seen(connection: Connection) -> set[UUID]:
    # Whose rows there are, whoever asks: a condition that is always true.
    return set(
        connection.exec_driver_sql("SELECT tenant_id FROM steelyard.tenant_head WHERE tenant_id = tenant_id").scalars()
    )


def _setting(connection: Connection, name: str) -> str:
    return str(connection.exec_driver_sql("SELECT current_setting(%s, true)", (name,)).scalar())


def test_each_scope_sees_what_it_may(database: Database, tenant: UUID, other_tenant: UUID) -> None:
    with database.transaction(tenant) as connection:
        assert _tenants_seen(connection) == {tenant}
    with database.directory() as connection:
        assert _tenants_seen(connection) == set()
    with database.scheduler() as connection:
        assert _tenants_seen(connection) >= {tenant, other_tenant}


def test_a_tenant_is_a_uuid_and_no_text_that_could_hold_more(database: Database) -> None:
    with pytest.raises(TypeError), database.transaction("x'; SELECT '1"):  # type: ignore[arg-type]  # the point of it
        pass


def test_the_end_of_the_block_commits_and_an_error_rolls_back(database: Database, tenant: UUID) -> None:
    with database.transaction(tenant) as connection:
        _move(connection, tenant, 5)
    with pytest.raises(ZeroDivisionError):
        _move_and_fail(database, tenant)
    with database.transaction(tenant) as connection:
        assert (
            connection.exec_driver_sql(
                "SELECT position FROM steelyard.tenant_head WHERE tenant_id = %s", (tenant,)
            ).scalar()
            == 5
        )


def _move(connection: Connection, tenant: UUID, position: int) -> None:
    connection.exec_driver_sql(
        "UPDATE steelyard.tenant_head SET position = %s WHERE tenant_id = %s", (position, tenant)
    )


def _move_and_fail(database: Database, tenant: UUID) -> None:
    with database.transaction(tenant) as connection:
        _move(connection, tenant, 6)
        _ = 1 // 0


def test_every_connection_has_the_settings_the_rules_need(database: Database, tenant: UUID) -> None:
    for scope in (database.transaction(tenant), database.directory(), database.scheduler()):
        with scope as connection:
            assert _setting(connection, "citus.propagate_set_commands") == "local"
            assert _setting(connection, "transaction_isolation") == "read committed"
            assert _setting(connection, "TimeZone") == "UTC"
            assert _setting(connection, "lock_timeout") == "2s"
            assert _setting(connection, "statement_timeout") == "15s"
            assert _setting(connection, "idle_in_transaction_session_timeout") == "30s"


def test_a_server_whose_machine_is_gone_is_given_up(database: Database, tenant: UUID) -> None:
    """What TCP itself would do takes hours, and the threads of the process would all end up waiting."""
    for scope in (database.transaction(tenant), database.scheduler()):
        with scope as connection:
            driver = connection.connection.driver_connection
            assert isinstance(driver, psycopg.Connection)
            given = driver.info.get_parameters()
        seconds = int(given["keepalives_idle"]) + int(given["keepalives_interval"]) * int(given["keepalives_count"])
        assert seconds == int(given["tcp_user_timeout"]) / 1_000 == SILENCE_SECONDS


def test_a_pooled_connection_never_brings_the_tenant_before(module_database: TestDatabase) -> None:
    """Few connections, many organizations, some transactions cancelled in the middle: no row of another one."""
    assert _foreign_rows(module_database, _many(module_database), TRANSACTIONS) == 0


def test_a_tenant_set_for_the_session_would_be_noticed(
    module_database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the test above."""

    tenants = _many(module_database)
    monkeypatch.setattr("infra.database._tenant_setting", lambda tenant: f"SET app.tenant_id = '{tenant}'")
    monkeypatch.setattr("infra.database._NOBODY", "SELECT 1")
    assert _foreign_rows(module_database, tenants, 60) > 0


def _many(module_database: TestDatabase) -> list[UUID]:
    return [founded(module_database.access) for _ in range(TENANTS)]


def _foreign_rows(module_database: TestDatabase, tenants: list[UUID], transactions: int) -> int:
    """How often somebody saw rows of an organization that was not theirs."""
    database = Database.connect(module_database.app_url, module_database.scheduler_url, 3)

    def use(seed: int) -> int:
        chance = random.Random(seed)
        return sum(_use_once(database, chance.choice(tenants), chance) for _ in range(transactions // WORKERS))

    with ThreadPoolExecutor(WORKERS) as pool:
        foreign = sum(pool.map(use, range(WORKERS)))
    database.close()
    return foreign


def _use_once(database: Database, tenant: UUID, chance: random.Random) -> int:
    foreign = 0
    try:
        with database.transaction(tenant) as connection:
            foreign += _tenants_seen(connection) != {tenant}
            if chance.randrange(10) < CANCELLED_OF_TEN:
                _cancel(connection)
    except (DBAPIError, KeyboardInterrupt):
        pass
    with database.directory() as connection:
        return foreign + bool(_tenants_seen(connection))


def _cancel(connection: Connection) -> None:
    """As a request that is given up, a statement that is cancelled, a backend that dies."""
    match random.randrange(3):
        case 0:
            raise KeyboardInterrupt
        case 1:
            connection.exec_driver_sql("SET LOCAL statement_timeout = '1ms'")
            connection.exec_driver_sql("SELECT pg_sleep(1)")
        case _:
            connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")


def test_a_connection_that_died_in_the_pool_is_replaced_unnoticed(module_database: TestDatabase, tenant: UUID) -> None:
    database = Database.connect(module_database.app_url, module_database.scheduler_url, 1)
    scopes: list[Callable[[], AbstractContextManager[Connection]]] = [
        lambda: database.transaction(tenant),
        database.directory,
        database.scheduler,
    ]
    for scope in scopes:
        with scope() as connection:
            pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
        module_database.superuser("SELECT pg_terminate_backend(%s)", (pid,))
        time.sleep(0.05)
        with scope() as connection:
            assert connection.exec_driver_sql("SELECT pg_backend_pid()").scalar() != pid
    database.close()


def test_a_server_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    database = Database.connect(
        f"postgresql://steelyard_app@/x?host={tmp_path}", f"postgresql://steelyard_scheduler@/x?host={tmp_path}", 1
    )
    with pytest.raises(DBAPIError) as refused, database.directory():
        pass
    assert isinstance(classify(refused.value), Unavailable)


def test_when_all_connections_are_busy_waiting_ends(
    module_database: TestDatabase, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.database.POOL_WAIT_SECONDS", 0.1)
    database = Database.connect(module_database.app_url, module_database.scheduler_url, 1)
    with database.transaction(tenant), pytest.raises(Unavailable), database.transaction(tenant):
        pass
    database.close()


def test_a_transaction_past_its_deadline_is_not_committed(database: Database, tenant: UUID) -> None:
    with pytest.raises(DeadlineExceeded):
        _move_slowly(database, tenant)
    with database.transaction(tenant) as connection:
        assert (
            connection.exec_driver_sql(
                "SELECT position FROM steelyard.tenant_head WHERE tenant_id = %s", (tenant,)
            ).scalar()
            == 0
        )
    assert isinstance(classify(DeadlineExceeded()), Unavailable)


def _move_slowly(database: Database, tenant: UUID) -> None:
    with database.transaction(tenant, deadline_seconds=0.05) as connection:
        _move(connection, tenant, 7)
        time.sleep(0.1)


def test_what_may_take_longer_than_a_command_cannot_write(database: Database, tenant: UUID) -> None:
    """The time of an event is the start of its transaction: a long one would write into the past."""
    assert DEADLINE_SECONDS + IDLE_SECONDS < 60
    with database.transaction(tenant, deadline_seconds=3_600) as connection:
        assert _tenants_seen(connection) == {tenant}
        with pytest.raises(DBAPIError):
            _move(connection, tenant, 7)


def test_locks_are_waited_for_a_moment_only(database: Database, tenant: UUID) -> None:
    with database.transaction(tenant) as connection:
        _move(connection, tenant, 1)
        with pytest.raises(DBAPIError) as refused, database.transaction(tenant) as other:
            _move(other, tenant, 2)
    assert isinstance(classify(refused.value), LockTimeout)


def test_a_taken_key_is_told_from_a_defect(database: Database, tenant: UUID) -> None:
    with pytest.raises(DBAPIError) as refused, database.transaction(tenant) as connection:
        connection.exec_driver_sql(
            "INSERT INTO steelyard.tenant_head (tenant_id, position, recorded_at) VALUES (%s, 0, now())", (tenant,)
        )
    assert isinstance(classify(refused.value), UniqueViolation)
    with pytest.raises(DBAPIError) as refused, database.directory() as connection:
        connection.exec_driver_sql("SELECT nonsense")
    assert classify(refused.value) is None
    assert classify(ValueError()) is None


@pytest.mark.parametrize(
    ("state", "meaning"),
    [
        ("08006", Unavailable),
        ("40P01", Unavailable),
        ("40001", Unavailable),
        ("53100", Unavailable),
        ("53300", Unavailable),
        ("57014", Unavailable),
        ("57P01", Unavailable),
        ("58030", Unavailable),
        ("55P03", LockTimeout),
        ("23505", UniqueViolation),
        ("42501", type(None)),
        ("23514", type(None)),
    ],
)
def test_errors_are_told_apart_by_sqlstate(state: str, meaning: type) -> None:
    assert type(classify(DBAPIError("x", None, psycopg.errors.lookup(state)("x")))) is meaning


def test_ids_sort_by_the_time_they_were_made() -> None:
    ids = [clock.new_id() for _ in range(1_000)]
    assert ids == sorted(ids)
    assert {each.version for each in ids} == {7}
    assert clock.now().utcoffset() is not None


# --- questions in one round trip -----------------------------------------------------------------------------------

_HEADS = "SELECT tenant_id FROM steelyard.tenant_head WHERE tenant_id = tenant_id"


def test_questions_are_answered_in_order_with_the_rows_of_one_organization(
    database: Database, tenant: UUID, other_tenant: UUID
) -> None:
    count = Question("SELECT count(*) FROM steelyard.tenant_head WHERE tenant_id = %(other)s", {"other": other_tenant})
    assert database.ask(tenant, Question(_HEADS, {}), count) == ([(tenant,)], [(0,)])


def test_the_tenant_of_a_question_dies_with_its_transaction(
    module_database: TestDatabase, tenant: UUID, other_tenant: UUID
) -> None:
    setting = Question("SELECT current_setting('app.tenant_id', true)", {})
    narrow = Database.connect(module_database.app_url, module_database.scheduler_url, 1)
    for each in (tenant, other_tenant):
        assert narrow.ask(each, setting) == ([(str(each),)],)
        with narrow.directory() as connection:
            assert _tenants_seen(connection) == set()
    narrow.close()


def test_a_question_that_fails_says_so_and_leaves_a_connection_that_works(
    module_database: TestDatabase, tenant: UUID
) -> None:
    narrow = Database.connect(module_database.app_url, module_database.scheduler_url, 1)
    for wrong in ("SELECT 1/0", "SELECT no_such_column FROM steelyard.tenant_head WHERE tenant_id = tenant_id"):
        with pytest.raises(DBAPIError) as failed:
            narrow.ask(tenant, Question("SELECT 1", {}), Question(wrong, {}), Question(_HEADS, {}))
        assert classify(failed.value) is None
        assert narrow.ask(tenant, Question(_HEADS, {})) == ([(tenant,)],)
    narrow.close()


def test_a_value_that_does_not_fit_its_type_is_not_told_by_the_error(database: Database, tenant: UUID) -> None:
    with pytest.raises(DBAPIError) as failed:
        database.ask(tenant, Question("SELECT CAST(%(text)s AS bigint)", {"text": "a secret"}))
    assert "secret" not in str(failed.value)


def test_a_connection_that_died_in_the_pool_is_replaced_and_the_question_asked_again(
    module_database: TestDatabase, tenant: UUID
) -> None:
    narrow = Database.connect(module_database.app_url, module_database.scheduler_url, 1)
    (((pid,),),) = narrow.ask(tenant, Question("SELECT pg_backend_pid()", {}))
    module_database.superuser("SELECT pg_terminate_backend(%s)", (pid,))
    time.sleep(0.05)
    assert narrow.ask(tenant, Question(_HEADS, {})) == ([(tenant,)],)
    narrow.close()


def test_a_question_that_binds_no_tenant_is_refused_as_it_is_sent(database: Database, tenant: UUID) -> None:
    with pytest.raises(RuleBroken):
        database.ask(tenant, Question("SELECT position FROM steelyard.tenant_head", {}))


def test_who_finds_no_connection_free_is_told_that_the_database_is_not_available(
    module_database: TestDatabase, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.database.POOL_WAIT_SECONDS", 0.05)
    narrow = Database.connect(module_database.app_url, module_database.scheduler_url, 1)
    with narrow.transaction(tenant), pytest.raises(Unavailable):
        narrow.ask(tenant, Question(_HEADS, {}))
    narrow.close()


def test_a_question_takes_a_uuid_as_tenant_and_nothing_else(database: Database) -> None:
    with pytest.raises(TypeError):
        database.ask("x'; SELECT '1", Question("SELECT 1", {}))  # type: ignore[arg-type]  # the point of it
