"""Any change of a stored log is found, with the first position at which it shows."""

import random
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from infra import clock
from infra.database import Database
from infra.eventstore import verify
from infra.eventstore.errors import UnknownOrganization
from infra.eventstore.leaf import StoredRow, leaf_of
from infra.eventstore.merkle import EMPTY_ROOT, root
from infra.eventstore.verify import Flaw, LogAltered, Verified, verify_log
from tests.infra.eventstore.world import ANN, BEN, LOGS, append, filled, noted, opened
from tests.support.database import TestDatabase, founded

SIZE = 12
RANDOM_MUTATIONS = 250

Sql = Callable[[str], None]


@pytest.fixture
def log(database: Database, tenant: UUID) -> UUID:
    """A log of SIZE events: definitions at 1, 5, 9, facts between."""
    for command in range(SIZE // 4):
        append(database, tenant, [opened(version=command + 1), filled(command), noted("note"), filled(7)], ANN)
    return tenant


def _verify(database: Database, tenant: UUID, checkpoints: dict[int, bytes] | None = None) -> Verified:
    with database.transaction(tenant) as connection:
        return verify_log(connection, tenant, checkpoints=checkpoints or {})


def _flaw(database: Database, tenant: UUID, checkpoints: dict[int, bytes] | None = None) -> tuple[int, Flaw]:
    with pytest.raises(LogAltered) as found:
        _verify(database, tenant, checkpoints)
    assert found.value.tenant == tenant
    assert f"position {found.value.position}:" in str(found.value)
    return found.value.position, found.value.flaw


def _rows(database: Database, tenant: UUID) -> tuple[StoredRow, ...]:
    with database.transaction(tenant) as connection:
        return LOGS.bind(connection, tenant).stored(0, 1_000)


def test_an_untouched_log_is_whole(database: Database, log: UUID) -> None:
    leaves = [row.leaf for row in _rows(database, log)]
    assert _verify(database, log) == Verified(SIZE, root(leaves))
    assert _verify(database, log, {3: root(leaves[:3]), SIZE: root(leaves)}).size == SIZE


def test_an_empty_log_is_whole_and_an_unknown_one_is_none(database: Database, tenant: UUID) -> None:
    assert _verify(database, tenant) == Verified(0, EMPTY_ROOT)
    with pytest.raises(UnknownOrganization):
        _verify(database, clock.new_id())


EVENT = "UPDATE steelyard.event SET {} WHERE tenant_id = %s AND position = {}"
MUTATIONS = {
    "a bit of a body": (EVENT.format("body = set_bit(body, 9, 1 - get_bit(body, 9))", 6), 6, Flaw.ALTERED),
    "a body of the same meaning": (EVENT.format("body = body || ' '::bytea", 6), 6, Flaw.ALTERED),
    "an event gone": ("DELETE FROM steelyard.event WHERE tenant_id = %s AND position = 6", 6, Flaw.MISSING),
    "the first event gone": ("DELETE FROM steelyard.event WHERE tenant_id = %s AND position = 1", 1, Flaw.MISSING),
    "the last event gone": ("DELETE FROM steelyard.event WHERE tenant_id = %s AND position = 12", 12, Flaw.MISSING),
    "the tail gone": ("DELETE FROM steelyard.event WHERE tenant_id = %s AND position > 6", 7, Flaw.MISSING),
    "all gone": ("DELETE FROM steelyard.event WHERE tenant_id = %s", 1, Flaw.MISSING),
    "another actor": (
        EVENT.format("metadata = replace(metadata::text, '616e6e', '62656e')::bytea", 6),
        6,
        Flaw.ALTERED,
    ),
    "another time": (EVENT.format("recorded_at = recorded_at + interval '1 us'", 6), 6, Flaw.ALTERED),
    "another stream": (EVENT.format("stream = 'box/2/fillings'", 6), 6, Flaw.ALTERED),
    "another version": (EVENT.format("version = 77", 5), 5, Flaw.ALTERED),
    "a fact with another version": (
        "UPDATE steelyard.event SET version = 77, fact = false WHERE tenant_id = %s AND position = 6",
        6,
        Flaw.ALTERED,
    ),
    "another name": (EVENT.format("name = 'noted'", 6), 6, Flaw.ALTERED),
    "another schema": (EVENT.format("schema = 2", 6), 6, Flaw.ALTERED),
    "a fact made a definition": (EVENT.format("fact = false", 6), 6, Flaw.ALTERED),
    "another leaf": (EVENT.format("leaf = sha256(leaf)", 6), 6, Flaw.ALTERED),
    "a shorter head": ("UPDATE steelyard.tenant_head SET position = 10 WHERE tenant_id = %s", 11, Flaw.HEAD_TOO_SHORT),
    "a longer head": ("UPDATE steelyard.tenant_head SET position = 14 WHERE tenant_id = %s", 13, Flaw.MISSING),
    "an earlier head": (
        "UPDATE steelyard.tenant_head SET recorded_at = '2020-01-01' WHERE tenant_id = %s",
        12,
        Flaw.HEAD_TOO_EARLY,
    ),
    "a head that passes a definition over": (
        "UPDATE steelyard.tenant_head SET definition_position = 2 WHERE tenant_id = %s",
        9,
        Flaw.OTHER_DEFINITION,
    ),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_change_is_found_and_named(database: Database, log: UUID, module_database: TestDatabase, name: str) -> None:
    statement, position, flaw = MUTATIONS[name]
    module_database.superuser(statement, (log,))
    assert _flaw(database, log) == (position, flaw)


def test_two_events_that_changed_places_are_found(database: Database, log: UUID, module_database: TestDatabase) -> None:
    for old, new in ((6, 99), (8, 6), (99, 8)):
        module_database.superuser(
            "UPDATE steelyard.event SET position = %s, version = %s WHERE tenant_id = %s AND position = %s",
            (new, new, log, old),
        )
    assert _flaw(database, log) == (6, Flaw.ALTERED)


def test_an_event_put_in_front_of_others_is_found(database: Database, log: UUID, module_database: TestDatabase) -> None:
    """The others moved up, and the head with them: each now stands where its leaf does not say."""
    module_database.superuser(
        "UPDATE steelyard.event SET position = position + 100, version = version + 100 WHERE tenant_id = %s", (log,)
    )
    module_database.superuser(
        "UPDATE steelyard.event SET position = position - 99, version = version - 99 WHERE tenant_id = %s", (log,)
    )
    _insert(module_database, log, replace(_rows(database, log)[0], position=1, version=500, fact=False))
    module_database.superuser("UPDATE steelyard.tenant_head SET position = 13 WHERE tenant_id = %s", (log,))
    assert _flaw(database, log)[0] <= 2


def test_an_event_of_another_organization_is_found(
    database: Database, log: UUID, other_tenant: UUID, module_database: TestDatabase
) -> None:
    append(database, other_tenant, [opened()])
    module_database.superuser("DELETE FROM steelyard.event WHERE tenant_id = %s AND position = 1", (log,))
    module_database.superuser("UPDATE steelyard.event SET tenant_id = %s WHERE tenant_id = %s", (log, other_tenant))
    assert _flaw(database, log) == (1, Flaw.ALTERED)


def test_a_time_before_the_one_in_front_is_found_even_with_a_leaf_that_fits(
    database: Database, log: UUID, module_database: TestDatabase
) -> None:
    row = _rows(database, log)[5]
    _rewrite(module_database, log, replace(row, recorded_at=row.recorded_at - timedelta(days=1)))
    assert _flaw(database, log) == (6, Flaw.BEFORE_ITS_TIME)


def test_history_rewritten_as_a_whole_is_found_by_any_root_that_was_kept_at_or_behind_it(
    database: Database, log: UUID, module_database: TestDatabase
) -> None:
    leaves = [row.leaf for row in _rows(database, log)]
    kept = {size: root(leaves[:size]) for size in range(1, SIZE + 1)}
    _rewrite(module_database, log, replace(_rows(database, log)[5], metadata=b'{"actor":"ben","command_id":"1"}'))
    assert _verify(database, log).root != kept[SIZE]
    for size in range(1, SIZE + 1):
        if size < 6:
            _verify(database, log, {size: kept[size]})
        else:
            assert _flaw(database, log, {size: kept[size]}) == (size, Flaw.NOT_THE_CHECKPOINT)


def test_a_log_shorter_than_a_root_that_was_kept_is_found(
    database: Database, log: UUID, module_database: TestDatabase
) -> None:
    kept = {SIZE: _verify(database, log).root}
    module_database.superuser("DELETE FROM steelyard.event WHERE tenant_id = %s AND position > 8", (log,))
    module_database.superuser(
        "UPDATE steelyard.tenant_head SET position = 8, definition_position = 5 WHERE tenant_id = %s", (log,)
    )
    assert _verify(database, log).size == 8
    assert _flaw(database, log, kept) == (9, Flaw.MISSING)


def _rewrite(module_database: TestDatabase, tenant: UUID, row: StoredRow) -> None:
    """As a superuser who knows the format would: with a leaf that fits."""
    module_database.superuser(
        "DELETE FROM steelyard.event WHERE tenant_id = %s AND position = %s", (tenant, row.position)
    )
    _insert(module_database, tenant, replace(row, leaf=leaf_of(tenant, row)))


def _insert(module_database: TestDatabase, tenant: UUID, row: StoredRow) -> None:
    module_database.superuser(
        "INSERT INTO steelyard.event (tenant_id, position, stream, version, name, schema, body, metadata, recorded_at,"
        " fact, leaf) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            tenant,
            row.position,
            row.stream,
            row.version,
            row.name,
            row.schema,
            row.body,
            row.metadata,
            row.recorded_at,
            row.fact,
            row.leaf,
        ),
    )


def test_random_changes_are_all_found_and_undoing_them_makes_the_log_whole(
    database: Database, module_database: TestDatabase
) -> None:
    chance = random.Random(20_261_124)
    tenant = founded(database)
    append(database, tenant, [opened(), *(filled(count) for count in range(30)), noted("note")], BEN)
    rows = _rows(database, tenant)
    whole = _verify(database, tenant)
    for _ in range(RANDOM_MUTATIONS):
        row = chance.choice(rows)
        changed = _mutated(row, chance)
        _replace(module_database, tenant, changed)
        assert _flaw(database, tenant)[0] == row.position, changed
        _replace(module_database, tenant, row)
    assert _verify(database, tenant) == whole


def _mutated(row: StoredRow, chance: random.Random) -> StoredRow:
    match chance.randrange(8):
        case 0:
            return replace(row, body=_flipped(row.body, chance))
        case 1:
            return replace(row, metadata=_flipped(row.metadata, chance))
        case 2:
            return replace(row, leaf=_flipped(row.leaf, chance))
        case 3:
            return replace(row, recorded_at=row.recorded_at + timedelta(microseconds=chance.choice([-1, 1, 10**6])))
        case 4:
            return replace(row, stream=row.stream + "x")
        case 5:
            return replace(row, name=row.name + "x")
        case 6:
            return replace(row, schema=row.schema + 1)
        case _:
            return replace(row, fact=not row.fact, version=row.position)


def _flipped(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _replace(module_database: TestDatabase, tenant: UUID, row: StoredRow) -> None:
    module_database.superuser(
        "UPDATE steelyard.event SET stream = %s, version = %s, name = %s, schema = %s, body = %s, metadata = %s,"
        " recorded_at = %s, fact = %s, leaf = %s WHERE tenant_id = %s AND position = %s",
        (
            row.stream,
            row.version,
            row.name,
            row.schema,
            row.body,
            row.metadata,
            row.recorded_at,
            row.fact,
            row.leaf,
            tenant,
            row.position,
        ),
    )


def test_it_reads_page_by_page_and_tells_how_far_it_is(
    database: Database, log: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "PAGE_SIZE", 5)
    told: list[tuple[int, int]] = []
    with database.transaction(log) as connection:
        verify_log(connection, log, lambda done, size: told.append((done, size)))
    assert told == [(5, SIZE), (10, SIZE), (12, SIZE)]


def test_its_memory_does_not_grow_with_the_log(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "PAGE_SIZE", 100)
    peaks = []
    for size in (1_000, 6_000):
        tenant = founded(database)
        for _ in range(size // 1_000):
            append(database, tenant, [filled(count) for count in range(1_000)])
        _verify(database, tenant)
        tracemalloc.start()
        _verify(database, tenant)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.5


def test_what_is_appended_meanwhile_is_left_to_the_next_time(database: Database, log: UUID) -> None:
    appended = []

    def meanwhile(done: int, size: int) -> None:
        appended.append(append(database, log, [filled(1)]))

    with database.transaction(log) as connection:
        assert verify_log(connection, log, meanwhile).size == SIZE
    assert appended
    assert _verify(database, log).size == SIZE + 1
