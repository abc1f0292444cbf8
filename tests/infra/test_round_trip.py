"""Statements that travel together: order, what an error means, what stays prepared, what is left behind."""

from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError

from infra.arrays import Array, Bigints, Binaries, Integers, Texts
from infra.database import Database, exchange
from infra.database_errors import sqlstate
from infra.round_trip import PREPARED_MAX, Question, Reply, RoundTrip
from tests.support.database import TestDatabase

MOVE = "UPDATE steelyard.tenant_head SET position = %(position)s WHERE tenant_id = %(tenant)s"
HEAD = "SELECT position FROM steelyard.tenant_head WHERE tenant_id = %(tenant)s"


class Named(Exception):
    """What an error of one statement means."""


def _named(error: psycopg.Error) -> Named:
    return Named(error.sqlstate)


def _one(statement: str, **parameters: object) -> Question:
    return Question(statement, parameters)


def test_each_question_sees_what_the_ones_before_have_changed(database: Database, tenant: UUID) -> None:
    trip = RoundTrip()
    before, moved, after = (
        trip.ask(Question(statement, {"tenant": tenant, "position": 7})) for statement in (HEAD, MOVE, HEAD)
    )
    with database.transaction(tenant, opening=trip):
        assert (before.row, moved.count, after.row) == ((0,), 1, (7,))


def test_an_error_means_what_the_statement_says_that_failed(database: Database, tenant: UUID) -> None:
    """Not the first and not the last; and the transaction has a connection that works afterwards."""
    questions = [
        Question("SELECT 1", {}, refused=lambda _: Named("not this one")),
        Question("SELECT 1 / %(zero)s::integer", {"zero": 0}, refused=_named),
        Question("SELECT 2", {}, refused=lambda _: Named("nor this")),
    ]
    for _ in range(3):
        with pytest.raises(Named, match="22012"), database.transaction(tenant) as connection:
            exchange(connection, RoundTrip([Reply(question) for question in questions]))
        with pytest.raises(Named, match="22012"):
            database.transaction(tenant, opening=RoundTrip([Reply(each) for each in questions])).__enter__()


def test_an_error_without_a_meaning_is_the_one_that_everybody_knows(database: Database, tenant: UUID) -> None:
    with pytest.raises(DBAPIError) as failed, database.transaction(tenant) as connection:
        exchange(connection, RoundTrip([Reply(_one("SELECT nonsense"))]))
    assert sqlstate(failed.value) == "42703"


def test_a_reply_that_is_not_as_it_has_to_be_is_refused(database: Database, tenant: UUID) -> None:
    def checked(reply: Reply) -> None:
        raise Named(reply.count)

    with pytest.raises(Named, match="2"), database.transaction(tenant) as connection:
        exchange(connection, RoundTrip([Reply(Question("SELECT generate_series(1, 2)", {}, checked=checked))]))


def test_what_was_prepared_is_prepared_again_after_anything_is_rolled_back(
    module_database: TestDatabase, tenant: UUID
) -> None:
    """The driver drops all prepared statements of the connection then, once it has some of its own."""
    narrow = Database.connect(module_database.app_url, module_database.scheduler_url, 1)
    for _ in range(3):
        with narrow.transaction(tenant) as connection:
            _prepare_by_the_driver_too(connection.connection.driver_connection)
            exchange(connection, RoundTrip([Reply(_one(HEAD, tenant=tenant))]))
            savepoint = connection.begin_nested()
            savepoint.rollback()
            exchange(connection, RoundTrip([Reply(_one(HEAD, tenant=tenant))]))
        with pytest.raises(ZeroDivisionError):
            _ask_and_fail(narrow, tenant)
        assert narrow.ask(tenant, _one(HEAD, tenant=tenant)) == ([(0,)],)
    narrow.close()


def _ask_and_fail(database: Database, tenant: UUID) -> None:
    with database.transaction(tenant) as connection:
        _prepare_by_the_driver_too(connection.connection.driver_connection)
        exchange(connection, RoundTrip([Reply(_one(HEAD, tenant=tenant))]))
        _ = 1 // 0


def _prepare_by_the_driver_too(driver: object) -> None:
    assert isinstance(driver, psycopg.Connection)
    driver.execute("SELECT 1", prepare=True)


def test_a_statement_is_prepared_once(module_database: TestDatabase, tenant: UUID) -> None:
    narrow = Database.connect(module_database.app_url, module_database.scheduler_url, 1)
    for _ in range(3):
        narrow.ask(tenant, _one(HEAD, tenant=tenant), _one(HEAD, tenant=tenant))
    with narrow.transaction(tenant) as connection:
        kept = connection.exec_driver_sql(
            "SELECT generic_plans + custom_plans FROM pg_prepared_statements WHERE name LIKE 'trip%%'"
        )
        assert kept.scalars().all() == [6]
    narrow.close()


def test_a_connection_keeps_a_limited_number_of_statements(module_database: TestDatabase, tenant: UUID) -> None:
    narrow = Database.connect(module_database.app_url, module_database.scheduler_url, 1)
    for number in range(PREPARED_MAX + 5):
        assert narrow.ask(tenant, _one(f"SELECT {number}, %(a)s::text", a="x")) == ([(number, "x")],)
    kept = Question("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'trip%%'", {})
    assert narrow.ask(tenant, kept) == ([(PREPARED_MAX,)],)
    narrow.close()


def test_who_is_interrupted_leaves_no_connection_in_the_middle_of_a_conversation(
    module_database: TestDatabase, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow = Database.connect(module_database.app_url, module_database.scheduler_url, 1)
    assert narrow.ask(tenant, _one(HEAD, tenant=tenant)) == ([(0,)],)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(psycopg.Connection, "wait", interrupted)
        with pytest.raises(KeyboardInterrupt):
            narrow.ask(tenant, _one(HEAD, tenant=tenant))
    assert narrow.ask(tenant, _one(HEAD, tenant=tenant)) == ([(0,)],)
    narrow.close()


ARRAYS = (
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=1).map(Texts),
    st.lists(st.binary(), min_size=1).map(Binaries),
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1).map(Bigints),
    st.lists(st.integers(-(2**31), 2**31 - 1), min_size=1).map(Integers),
)
LISTS = {Texts: "text", Binaries: "bytea", Bigints: "bigint", Integers: "integer"}


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(*ARRAYS))
def test_an_array_arrives_as_the_driver_itself_would_send_it(database: Database, tenant: UUID, array: Array) -> None:
    kind = LISTS[type(array)]
    statement = f"SELECT %(array)b, %(array)b::{kind}[]"
    ((mine, cast),) = database.ask(tenant, _one(statement, array=array))[0]
    ((theirs,),) = database.ask(tenant, _one(f"SELECT %(array)b::{kind}[]", array=mine))[0]
    assert mine == cast == theirs


def test_what_is_larger_than_any_buffer_arrives_as_a_whole(database: Database, tenant: UUID) -> None:
    large = "x" * 20_000_000
    question = Question("SELECT octet_length(%(large)s), %(large)s", {"large": large})
    assert database.ask(tenant, question, question) == ([(len(large), large)],) * 2
