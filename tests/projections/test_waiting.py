"""Read your writes: a read waits for a projection that is on its way, and for no other."""

import time

import pytest

from infra.database import Database
from projections import progress
from projections.waiting import wait_for
from tests.projections.world import FOUNDED, World, defined, recorded


@pytest.fixture
def world(database: Database) -> World:
    made = World.new(database)
    made.append(FOUNDED, defined("A"))
    made.catch_up()
    return made


def test_waiting_ends_when_the_projection_arrives_or_the_time_is_over(world: World) -> None:
    position = world.append(recorded("A", "2026-03", 10))[0].position
    assert wait_for(world.database, world.tenant, "scores", position, seconds=0.05) == position - 1
    world.catch_up()
    assert wait_for(world.database, world.tenant, "scores", position, seconds=0.05) == position


def test_a_parked_projection_is_not_waited_for(world: World) -> None:
    position = world.append(recorded("A", "2026-03", 10))[0].position
    with world.database.transaction(world.tenant) as connection:
        progress.set_status(connection, world.tenant, "scores", progress.FIRST_GENERATION, progress.PARKED, "poison")
    began = time.monotonic()
    assert wait_for(world.database, world.tenant, "scores", position, seconds=5) == position - 1
    assert time.monotonic() - began < 1
