"""A superuser changes history behind the program's back: verification names the organization and the position."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import Connection, create_engine

from infra.eventstore import verify
from infra.eventstore.verify import LogAltered, verify_log
from tests.projections.world import World, recorded
from tests.support.database import TestDatabase
from tests.support.faults.company import Company
from tests.support.faults.drill import Drill
from tests.support.faults.load import write_batch
from tests.support.faults.scene import Scene

EVENTS = 60
EVENT = "UPDATE steelyard.event SET {} WHERE tenant_id = %(tenant)s AND position = %(one)s"
SWAP = (
    "UPDATE steelyard.event SET position = 1000001, version = 1000001 WHERE tenant_id = %(tenant)s"
    " AND position = %(one)s",
    "UPDATE steelyard.event SET position = %(one)s, version = %(one)s WHERE tenant_id = %(tenant)s"
    " AND position = %(other)s",
    "UPDATE steelyard.event SET position = %(other)s, version = %(other)s WHERE tenant_id = %(tenant)s"
    " AND position = 1000001",
)
BIT = "{0} = set_bit({0}, %(bit)s %% bit_length({0}), 1 - get_bit({0}, %(bit)s %% bit_length({0})))"
ATTACKS: dict[str, tuple[str, ...]] = {
    "a bit of the body": (EVENT.format(BIT.format("body")),),
    "a bit of the metadata": (EVENT.format(BIT.format("metadata")),),
    "a bit of the leaf": (EVENT.format(BIT.format("leaf")),),
    "deleted": ("DELETE FROM steelyard.event WHERE tenant_id = %(tenant)s AND position = %(one)s",),
    "swapped": SWAP,
    "re-timed": (EVENT.format("recorded_at = recorded_at + %(bit)s * interval '1 us'"),),
    "another stream": (EVENT.format("stream = stream || 'x'"),),
    "another name": (EVENT.format("name = name || 'x'"),),
}


@pytest.fixture
def world(spare_database: TestDatabase) -> World:
    """An organization with a history, and another beside it whose positions are the same."""
    for _ in range(2):
        made = World.new(spare_database.access)
        made.append(*(recorded("a", f"2026-{number % 12 + 1:02}", number) for number in range(EVENTS)))
    return made


def test_every_change_of_history_is_found_where_it_was_made(
    world: World, spare_database: TestDatabase, drill: Drill
) -> None:
    attacks = drill.size(150, 10_000)
    with _superuser(spare_database) as connection:
        for _ in range(attacks):
            name, position = _attacked(connection, world.tenant, drill.random)
            with pytest.raises(LogAltered) as found:
                verify_log(connection, world.tenant)
            assert (name, found.value.tenant, found.value.position) == (name, world.tenant, position)
            connection.rollback()
        assert verify_log(connection, world.tenant).size == EVENTS
    drill.note("changes found", attacks)


def test_the_verify_command_names_organization_and_position(scene: Scene, drill: Drill) -> None:
    wanted = {}
    for name in ("a bit of the body", "deleted", "swapped", "re-timed"):
        company = Company.founded(scene.app, 1)
        write_batch(scene.app, company, EVENTS, drill.random)
        one, other = sorted(drill.random.sample(sorted(company.told), 2))
        with _superuser(scene.database) as connection:
            _attack(connection, name, {"tenant": company.organization, "one": one, "other": other, "bit": 9})
            connection.commit()
        wanted[company.code] = one
    ended = scene.steelyard("verify", "--json")
    verdicts = json.loads(ended.stdout)
    found = {each["organization"]: each["position"] for each in verdicts if not each["whole"]}
    assert (ended.returncode, found) == (1, wanted), ended.stderr


def test_control_a_verification_that_trusts_the_stored_leaves_misses_changes(
    world: World, spare_database: TestDatabase, drill: Drill, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "leaf_of", lambda tenant, row: row.leaf)
    missed = 0
    with _superuser(spare_database) as connection:
        for _ in range(drill.size(50, 500)):
            _attacked(connection, world.tenant, drill.random)
            missed += not _noticed(lambda: verify_log(connection, world.tenant))
            connection.rollback()
    drill.note("changes missed", missed)
    assert missed > 0


def _noticed(work: Callable[[], object]) -> bool:
    try:
        work()
    except LogAltered:
        return True
    return False


def _attacked(connection: Connection, tenant: UUID, random: Random) -> tuple[str, int]:
    """What was done, and the first position at which it shows; not committed."""
    one, other = sorted(random.sample(range(1, EVENTS + 1), 2))
    name = random.choice(list(ATTACKS))
    values: dict[str, object] = {"tenant": tenant, "one": one, "other": other, "bit": random.randrange(1, 100_000)}
    _attack(connection, name, values)
    return name, one


def _attack(connection: Connection, name: str, values: dict[str, object]) -> None:
    for statement in ATTACKS[name]:
        connection.exec_driver_sql(statement, values)


@contextmanager
def _superuser(database: TestDatabase) -> Iterator[Connection]:
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(database.superuser_url))
    with engine.connect() as connection:
        yield connection
    engine.dispose()
