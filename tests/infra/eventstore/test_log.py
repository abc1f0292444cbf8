"""The log: gapless, in order, conflicts seen, nothing half done; read as it was written."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import UUID

import pytest
from eventsourcing.persistence import StoredEvent
from sqlalchemy.exc import DBAPIError

from infra import clock
from infra.database import Database
from infra.database_errors import LockTimeout, classify
from infra.eventstore.errors import OrganizationHeld, UnknownOrganization, VersionConflict
from infra.eventstore.log import Log, Metadata, NewEvent
from infra.eventstore.recorder import FACT_VERSION, Batch, TenantRecorder
from tests.infra.eventstore.world import (
    ANN,
    BEN,
    LOGS,
    BoxFilled,
    BoxOpened,
    append,
    filled,
    noted,
    opened,
    read_all,
)
from tests.support.database import TestDatabase, founded

WRITERS = 8
WRITES_EACH = 15


def test_what_is_appended_is_read_back_as_it_was_told(database: Database, tenant: UUID) -> None:
    recorded = append(database, tenant, [opened(), filled(3), noted("hello"), opened(version=2)])
    assert read_all(database, tenant) == recorded
    assert [each.position for each in recorded] == [1, 2, 3, 4]
    assert [each.version for each in recorded] == [1, 2, 3, 2]
    assert [each.name for each in recorded] == ["box-opened", "box-filled", "noted", "box-opened"]
    assert {each.recorded_at.tzinfo for each in recorded} == {UTC}


def test_all_metadata_comes_back_also_keys_nobody_knows(database: Database, tenant: UUID) -> None:
    full = Metadata("ann", "c", "owner", "key-1", "request-1", "ben", more={"reverts": 7, "x": ["y", None]})
    append(database, tenant, [opened()], full)
    append(database, tenant, [opened(version=2)], Metadata("ann", "c2"))
    found = read_all(database, tenant)
    assert [each.metadata for each in found] == [full, Metadata("ann", "c2")]
    with database.transaction(tenant) as connection:
        stored = LOGS.bind(connection, tenant).stored(1, 1)[0]
    assert stored.metadata == b'{"actor":"ann","command_id":"c2"}'


def test_positions_of_organizations_overlap_and_their_logs_do_not(
    database: Database, tenant: UUID, other_tenant: UUID
) -> None:
    mine = append(database, tenant, [opened(), filled(1)])
    other = append(database, other_tenant, [opened(), filled(2), filled(3)])
    assert read_all(database, tenant) == mine
    assert read_all(database, other_tenant) == other


def test_a_stream_that_has_grown_meanwhile_is_a_conflict(database: Database, tenant: UUID) -> None:
    append(database, tenant, [opened()])
    with pytest.raises(VersionConflict):
        append(database, tenant, [filled(1), opened(version=1)], BEN)
    assert len(read_all(database, tenant)) == 1
    assert [each.position for each in append(database, tenant, [opened(version=2)])] == [2]


def test_the_same_version_twice_in_one_append_is_a_conflict(database: Database, tenant: UUID) -> None:
    with pytest.raises(VersionConflict):
        append(database, tenant, [opened(), opened()])


def test_facts_never_conflict_and_have_their_position_as_version(database: Database, tenant: UUID) -> None:
    for count in range(3):
        append(database, tenant, [filled(count), filled(count)])
    assert [(each.position, each.version) for each in read_all(database, tenant)] == [(n, n) for n in range(1, 7)]


def test_a_stream_is_loaded_alone_and_as_of_a_position(database: Database, tenant: UUID) -> None:
    append(database, tenant, [opened("box/1", 1), opened("box/2", 1), opened("box/1", 2)])
    append(database, tenant, [opened("box/1", 3), filled(1)])
    with database.transaction(tenant) as connection:
        log = LOGS.bind(connection, tenant)
        assert [each.position for each in log.load("box/1")] == [1, 3, 4]
        assert [each.position for each in log.load("box/1", until=3)] == [1, 3]
        assert log.load("box/1", until=0) == ()
        assert log.load("box") == ()


def test_pages_bounds_and_kinds_of_reading(database: Database, tenant: UUID) -> None:
    append(database, tenant, [opened("box/1", 1), filled(1), filled(2), opened("box/1", 2), filled(3)])
    with database.transaction(tenant) as connection:
        log = LOGS.bind(connection, tenant)
        assert [each.position for each in log.read(1, 2)] == [2, 3]
        assert [each.position for each in log.read(1, 10, until=4)] == [2, 3, 4]
        assert [each.position for each in log.read(0, 10, facts=False)] == [1, 4]
        assert [each.position for each in log.read(1, 10, facts=False, until=3)] == []
        assert [each.position for each in log.read(2, 10, facts=True)] == [3, 5]
        assert log.read(5, 10) == ()


def test_definitions_are_found_through_their_own_index(database: Database, tenant: UUID) -> None:
    append(database, tenant, [opened(), *(filled(count) for count in range(2_000))])
    with database.transaction(tenant) as connection:
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        plan = connection.exec_driver_sql(
            "EXPLAIN SELECT position FROM steelyard.event WHERE tenant_id = %s AND position > 0 AND NOT fact"
            " ORDER BY position LIMIT 500",
            (tenant,),
        ).scalars()
        assert "event_definition_idx" in "\n".join(plan)


def test_the_head_knows_the_last_definition_before_and_after_the_commit(database: Database, tenant: UUID) -> None:
    append(database, tenant, [filled(1)])
    with database.transaction(tenant) as connection:
        log = LOGS.bind(connection, tenant)
        assert log.lock_head().definition_position == 0
        log.append([opened(), filled(1), opened(version=2), filled(2)], ANN)
        assert log.head().definition_position == 4
        log.append([filled(3)], ANN)
        assert log.head().definition_position == 4
    with database.transaction(tenant) as connection:
        assert LOGS.bind(connection, tenant).lock_head().definition_position == 4


def test_a_definition_that_is_rolled_back_is_not_the_last_one(database: Database, tenant: UUID) -> None:
    append(database, tenant, [opened(), filled(1)])
    with pytest.raises(TypeError), database.transaction(tenant) as connection:
        _append_and_fail(LOGS.bind(connection, tenant))
    with database.transaction(tenant) as connection:
        assert LOGS.bind(connection, tenant).head().definition_position == 1


def _append_and_fail(log: Log) -> None:
    log.append([opened(version=2)], ANN)
    raise TypeError("after the append")


def test_several_appends_of_one_transaction_go_on_from_each_other(database: Database, tenant: UUID) -> None:
    with database.transaction(tenant) as connection:
        log = LOGS.bind(connection, tenant)
        head = log.lock_head()
        first = log.append([opened(), noted("a")], ANN)
        second = log.append([noted("b")], BEN)
        assert log.head().position == 3
    assert [each.position for each in (*first, *second)] == [1, 2, 3]
    assert {each.recorded_at for each in (*first, *second)} == {head.recorded_at}
    assert read_all(database, tenant) == (*first, *second)


def test_appending_nothing_does_nothing(database: Database, tenant: UUID) -> None:
    assert append(database, tenant, []) == ()
    with database.transaction(tenant) as connection:
        assert LOGS.bind(connection, tenant).head().position == 0


def test_a_transaction_that_fails_leaves_no_gap(database: Database, tenant: UUID) -> None:
    append(database, tenant, [opened()])
    with database.transaction(tenant) as connection:
        LOGS.bind(connection, tenant).append([filled(1)] * 5, ANN)
        connection.rollback()
        connection.begin()
    assert [each.position for each in append(database, tenant, [filled(2)])] == [2]


def test_a_savepoint_that_is_rolled_back_takes_its_events_along(database: Database, tenant: UUID) -> None:
    with database.transaction(tenant) as connection:
        log = LOGS.bind(connection, tenant)
        log.lock_head()
        with pytest.raises(VersionConflict), connection.begin_nested():
            log.append([opened(), opened()], ANN)
        kept = log.append([noted("kept")], ANN)
    assert [each.position for each in kept] == [1]
    assert read_all(database, tenant) == kept


def test_an_event_that_is_not_in_the_registry_is_not_appended(database: Database, tenant: UUID) -> None:
    with pytest.raises(TypeError):
        append(database, tenant, [NewEvent("box/1", object(), 1)])
    assert read_all(database, tenant) == ()


def test_a_log_is_begun_once_and_not_used_before(database: Database) -> None:
    tenant = clock.new_id()
    with pytest.raises(UnknownOrganization):
        append(database, tenant, [opened()])
    with database.transaction(tenant) as connection, pytest.raises(UnknownOrganization):
        LOGS.bind(connection, tenant).head()
    with database.transaction(tenant) as connection:
        LOGS.bind(connection, tenant).found()
    with pytest.raises(DBAPIError), database.transaction(tenant) as connection:
        LOGS.bind(connection, tenant).found()


def test_a_held_log_takes_no_events(database: Database, tenant: UUID, module_database: TestDatabase) -> None:
    module_database.superuser("UPDATE steelyard.tenant_head SET status = 'held' WHERE tenant_id = %s", (tenant,))
    with pytest.raises(OrganizationHeld):
        append(database, tenant, [opened()])


def test_time_never_goes_back_in_a_log(database: Database, tenant: UUID, module_database: TestDatabase) -> None:
    future = datetime(2100, 1, 1, tzinfo=UTC)
    module_database.superuser(
        "UPDATE steelyard.tenant_head SET recorded_at = %s WHERE tenant_id = %s", (future, tenant)
    )
    with database.transaction(tenant) as connection:
        log = LOGS.bind(connection, tenant)
        assert log.lock_head().recorded_at == future
        assert log.append([opened()], ANN)[0].recorded_at == future
    assert read_all(database, tenant)[0].recorded_at == future


def test_the_time_of_an_event_is_the_start_of_its_transaction(database: Database, tenant: UUID) -> None:
    with database.transaction(tenant) as connection:
        before = connection.exec_driver_sql("SELECT now()").scalar()
        time.sleep(0.05)
        assert LOGS.bind(connection, tenant).append([opened()], ANN)[0].recorded_at == before


def test_the_locked_head_keeps_out_appends_of_this_organization_only(
    database: Database, tenant: UUID, other_tenant: UUID
) -> None:
    with database.transaction(tenant) as connection:
        LOGS.bind(connection, tenant).lock_head()
        append(database, other_tenant, [opened()])
        with pytest.raises(DBAPIError) as refused:
            append(database, tenant, [opened()])
    assert isinstance(classify(refused.value), LockTimeout)


def test_many_writers_leave_one_gapless_log_that_no_reader_saw_with_a_hole(database: Database) -> None:
    tenant = founded(database)
    stop = threading.Event()

    def write(writer: int) -> list[int]:
        return [
            position
            for write in range(WRITES_EACH)
            for position in _append_or_roll_back(database, tenant, writer, write)
        ]

    def tail() -> list[int]:
        seen: list[int] = []
        while not stop.is_set() or _head(database, tenant) > len(seen):
            with database.transaction(tenant) as connection:
                page = LOGS.bind(connection, tenant).read(len(seen), 100)
            seen += [each.position for each in page]
        return seen

    with ThreadPoolExecutor(WRITERS + 2) as pool:
        readers = [pool.submit(tail) for _ in range(2)]
        written = [position for found in pool.map(write, range(WRITERS)) for position in found]
        stop.set()
        read = [reader.result() for reader in readers]
    wanted = list(range(1, len(written) + 1))
    assert sorted(written) == wanted
    assert read == [wanted, wanted]


def _append_or_roll_back(database: Database, tenant: UUID, writer: int, write: int) -> list[int]:
    events = [filled(count, f"box/{writer}") for count in range(1 + write % 3)]
    try:
        with database.transaction(tenant) as connection:
            recorded = LOGS.bind(connection, tenant).append(events, ANN)
            if write % 5 == writer % 5:
                raise RuntimeError
            if write % 4 == 0:
                time.sleep(0.002)
    except RuntimeError:
        return []
    return [each.position for each in recorded]


def _head(database: Database, tenant: UUID) -> int:
    with database.transaction(tenant) as connection:
        return LOGS.bind(connection, tenant).head().position


def test_of_racing_changes_to_one_stream_each_version_has_one_winner(database: Database, tenant: UUID) -> None:
    def race(_racer: int) -> int:
        won = 0
        for version in range(1, 11):
            try:
                append(database, tenant, [opened(version=version)])
            except VersionConflict:
                continue
            won += 1
        return won

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(race, range(4))) == 10
    assert [each.version for each in read_all(database, tenant)] == list(range(1, 11))


def test_events_of_several_commands_can_be_appended_by_one_statement(database: Database, tenant: UUID) -> None:
    first = Batch([StoredEvent("box/1", 1, "box-opened", b'{"box":"1"}')], b'{"actor":"ann","command_id":"1"}')
    second = Batch(
        [StoredEvent("f", FACT_VERSION, "box-filled", b'{"count":%d}' % n) for n in range(2)],
        b'{"actor":"ben","command_id":"2"}',
    )
    recorder = TenantRecorder(lambda: database.transaction(tenant), tenant)
    assert recorder.insert([first, second]) == [1, 2, 3]
    found = read_all(database, tenant)
    assert [each.metadata.actor for each in found] == ["ann", "ben", "ben"]
    assert [each.event for each in found] == [BoxOpened("1"), BoxFilled(0), BoxFilled(1)]


def test_the_leaves_are_those_of_the_stored_rows(database: Database, tenant: UUID) -> None:
    append(database, tenant, [opened(), filled(1), filled(2)])
    with database.transaction(tenant) as connection:
        log = LOGS.bind(connection, tenant)
        assert log.leaves(2) == tuple(row.leaf for row in log.stored(0, 2))
