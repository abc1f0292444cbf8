"""What people write lies in the log as ciphertext, bound to its place, and is gone when its key is."""

import base64
import json
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.database import Database
from infra.eventstore.canonical import JsonObject, dumps, loads_object
from infra.eventstore.errors import SealBroken
from infra.eventstore.leaf import StoredRow
from infra.eventstore.log import LogFactory, NewEvent
from infra.eventstore.sealing import ERASED, KEY_FIELD, TEXT_FIELD, Sealer
from infra.eventstore.verify import verify_log
from tests.infra.eventstore.world import (
    ANN,
    BEN,
    CODEC,
    LOGS,
    Noted,
    Remark,
    Secret,
    append,
    filled,
    noted,
    opened,
    read_all,
)
from tests.support.database import TestDatabase

CANARY = "Würstchen-7319"


def _rows(database: Database, tenant: UUID) -> tuple[StoredRow, ...]:
    with database.transaction(tenant) as connection:
        return LOGS.bind(connection, tenant).stored(0, 1_000)


def _notes(database: Database, tenant: UUID, logs: LogFactory = LOGS) -> list[str | None]:
    return [each.event.note for each in read_all(database, tenant, logs) if isinstance(each.event, Noted)]


def _forge(module_database: TestDatabase, tenant: UUID, position: int, body: JsonObject) -> None:
    module_database.superuser(
        "UPDATE steelyard.event SET body = %s WHERE tenant_id = %s AND position = %s", (dumps(body), tenant, position)
    )


def test_no_text_lies_in_the_database_in_clear(database: Database, tenant: UUID, module_database: TestDatabase) -> None:
    nested = NewEvent("notes", Noted(Secret(CANARY), (Remark(Secret(CANARY), about="x"), Remark(Secret("")))), None)
    append(database, tenant, [nested, noted(CANARY, stream="others")])
    assert _notes(database, tenant) == [CANARY, CANARY]
    assert read_all(database, tenant)[0].event == nested.event
    for table in ("event", "data_key", "command", "tenant_head"):
        for (row,) in module_database.superuser(f"SELECT t::text FROM steelyard.{table} t"):
            assert CANARY.encode().hex() not in str(row)
            assert CANARY not in str(row)
    body = loads_object(_rows(database, tenant)[0].body)
    assert json.dumps(body).count(TEXT_FIELD) == 3
    assert isinstance(body["remarks"], list)
    assert isinstance(body["remarks"][0], dict)
    assert body["remarks"][0]["about"] == "x"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_back(database: Database, tenant: UUID, text: str) -> None:
    position = append(database, tenant, [noted(text)])[0].position
    assert _notes(database, tenant)[position - 1] == text


def test_the_same_text_never_looks_the_same(database: Database, tenant: UUID) -> None:
    append(database, tenant, [noted(CANARY), noted(CANARY)])
    first, second = (row.body for row in _rows(database, tenant))
    assert first != second


def test_each_writer_has_one_key_in_each_organization(
    database: Database, tenant: UUID, other_tenant: UUID, module_database: TestDatabase
) -> None:
    for organization in (tenant, other_tenant):
        append(database, organization, [noted("a"), noted("b")], ANN)
        append(database, organization, [noted("c")], BEN)
        append(database, organization, [noted("d")], ANN)
    keys = module_database.superuser(
        "SELECT tenant_id, principal, key_id FROM steelyard.data_key WHERE tenant_id IN (%s, %s)",
        (tenant, other_tenant),
    )
    assert sorted((str(each[0]), each[1]) for each in keys) == sorted(
        (str(organization), principal) for organization in (tenant, other_tenant) for principal in ("ann", "ben")
    )
    assert len({each[2] for each in keys}) == 4


def test_events_without_text_make_no_key(database: Database, tenant: UUID, module_database: TestDatabase) -> None:
    append(database, tenant, [opened(), filled(1), NewEvent("notes", Noted(), None)])
    assert module_database.superuser("SELECT FROM steelyard.data_key WHERE tenant_id = %s", (tenant,)) == []


def test_deleting_a_key_erases_what_its_owner_wrote_and_nothing_else(database: Database, tenant: UUID) -> None:
    append(database, tenant, [noted("of ann")], ANN)
    append(database, tenant, [noted("of ben")], BEN)
    with database.transaction(tenant) as connection:
        root = verify_log(connection, tenant).root
        connection.exec_driver_sql(
            "DELETE FROM steelyard.data_key WHERE tenant_id = %s AND principal = 'ann'", (tenant,)
        )
    assert _notes(database, tenant) == [ERASED, "of ben"]
    with database.transaction(tenant) as connection:
        assert verify_log(connection, tenant).root == root


def test_who_was_erased_may_write_again_and_the_old_text_stays_gone(database: Database, tenant: UUID) -> None:
    append(database, tenant, [noted("old")])
    with database.transaction(tenant) as connection:
        connection.exec_driver_sql("DELETE FROM steelyard.data_key WHERE tenant_id = %s", (tenant,))
    append(database, tenant, [noted("new")])
    assert _notes(database, tenant) == [ERASED, "new"]


def test_a_key_made_in_a_savepoint_that_is_rolled_back_is_not_used_again(database: Database, tenant: UUID) -> None:
    with database.transaction(tenant) as connection:
        log = LOGS.bind(connection, tenant)
        log.lock_head()
        savepoint = connection.begin_nested()
        log.append([noted("lost")], ANN)
        savepoint.rollback()
        log.lock_head()
        log.append([noted("kept")], ANN)
    assert _notes(database, tenant) == ["kept"]


@pytest.mark.parametrize("place", ["position", "stream", "field"])
def test_text_moved_to_another_place_does_not_open(
    database: Database, tenant: UUID, module_database: TestDatabase, place: str
) -> None:
    append(
        database,
        tenant,
        [
            NewEvent("notes", Noted(Secret("one"), (Remark(Secret("two")),)), None),
            noted("three"),
            noted("four", stream="others"),
        ],
    )
    first, second, third = (loads_object(row.body) for row in _rows(database, tenant))
    if place == "position":
        first["note"] = second["note"]
    elif place == "stream":
        first["note"] = third["note"]
    else:
        assert isinstance(first["remarks"], list)
        assert isinstance(first["remarks"][0], dict)
        first["note"] = first["remarks"][0]["text"]
    _forge(module_database, tenant, 1, first)
    with pytest.raises(SealBroken):
        read_all(database, tenant)


def test_two_facts_that_change_places_do_not_open(
    database: Database, tenant: UUID, module_database: TestDatabase
) -> None:
    """The version of a fact is its position: the ciphertext is bound to it like any other."""
    append(database, tenant, [noted("one"), noted("two")])
    first, second = (loads_object(row.body) for row in _rows(database, tenant))
    _forge(module_database, tenant, 1, second)
    _forge(module_database, tenant, 2, first)
    with pytest.raises(SealBroken):
        read_all(database, tenant)


def test_text_of_another_organization_does_not_open(
    database: Database, tenant: UUID, other_tenant: UUID, module_database: TestDatabase
) -> None:
    append(database, tenant, [noted("mine")])
    append(database, other_tenant, [noted("theirs")])
    _forge(module_database, tenant, 1, loads_object(_rows(database, other_tenant)[0].body))
    module_database.superuser("DELETE FROM steelyard.data_key WHERE tenant_id = %s", (tenant,))
    module_database.superuser(
        "UPDATE steelyard.data_key SET tenant_id = %s WHERE tenant_id = %s", (tenant, other_tenant)
    )
    with pytest.raises(SealBroken):
        read_all(database, tenant)


@pytest.mark.parametrize("change", ["bit", "short", "not base64", "no key", "other key"])
def test_altered_text_is_an_error_and_never_taken_for_erased(
    database: Database, tenant: UUID, module_database: TestDatabase, change: str
) -> None:
    append(database, tenant, [noted("hello")], ANN)
    append(database, tenant, [noted("hello")], BEN)
    body, other = (loads_object(row.body) for row in _rows(database, tenant))
    sealed, theirs = body["note"], other["note"]
    assert isinstance(sealed, dict)
    assert isinstance(theirs, dict)
    ciphertext = bytearray(base64.b64decode(str(sealed[TEXT_FIELD])))
    ciphertext[-1] ^= 1
    changed: JsonObject = {
        "bit": {**sealed, TEXT_FIELD: base64.b64encode(ciphertext).decode()},
        "short": {**sealed, TEXT_FIELD: "AAAA"},
        "not base64": {**sealed, TEXT_FIELD: "?"},
        "no key": {**sealed, KEY_FIELD: None},
        "other key": {**sealed, KEY_FIELD: theirs[KEY_FIELD]},
    }
    _forge(module_database, tenant, 1, {**body, "note": changed[change]})
    with pytest.raises(SealBroken):
        read_all(database, tenant)


def test_another_sealing_key_opens_nothing_and_says_so(database: Database, tenant: UUID) -> None:
    append(database, tenant, [noted("hello")])
    with pytest.raises(SealBroken, match="sealing key"):
        _notes(database, tenant, LogFactory(CODEC, Sealer(bytes(32))))


def test_the_keys_of_a_page_are_fetched_by_one_query(database: Database, tenant: UUID) -> None:
    append(database, tenant, [noted("a"), noted("b")], ANN)
    append(database, tenant, [noted("c")], BEN)
    statements: list[str] = []
    with database.transaction(tenant) as connection:
        log = LOGS.bind(connection, tenant)
        execute = connection.exec_driver_sql

        def counted(statement: str, parameters: object = None) -> object:
            statements.append(statement)
            return execute(statement, parameters)  # type: ignore[arg-type]  # handed through

        connection.exec_driver_sql = counted  # type: ignore[method-assign,assignment]  # for this one connection
        assert len(log.read(0, 10)) == 3
    assert len(statements) == 2
