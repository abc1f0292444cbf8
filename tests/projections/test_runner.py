"""catch_up: whole batches, exact parking, one lease, never ahead of what it reads."""

from dataclasses import replace
from threading import Event, Thread

import pytest
from sqlalchemy import Engine, event

from domain.measurement.events import MeasurementRecorded
from infra.database import Database
from projections import progress
from projections.catalog import CATALOG
from projections.definitions_cache import DefinitionsCache
from projections.digest import digest
from projections.progress import Progress
from projections.projection import Batch, Projection
from projections.readings import READINGS
from projections.rebuild import NotComparable, cut_over, equal, rebuild, unpark
from projections.runner import Outcome, catch_up
from projections.scores import scores
from tests.projections.world import FOUNDED, World, card, defined, recorded, retracted, scaled
from tests.support.database import TestDatabase

POISON = "poison"


@pytest.fixture
def world(database: Database) -> World:
    made = World.new(database)
    made.append(FOUNDED)
    return made


def _live(world: World, projection: Projection = READINGS) -> Progress:
    with world.database.transaction(world.tenant) as connection:
        return progress.live(connection, world.tenant, [projection.name])[projection.name]


def _digest(world: World, generation: int, projection: Projection = READINGS) -> str:
    with world.database.transaction(world.tenant) as connection:
        return digest(connection, world.tenant, projection, generation)


def _choking(projection: Projection = READINGS) -> Projection:
    """The same, but it cannot apply a value of the KPI `poison`."""

    def choke(batch: Batch) -> None:
        for each in batch.events:
            if isinstance(each.event, MeasurementRecorded) and each.event.kpi == POISON:
                raise ValueError("cannot be applied")
        projection.apply(batch)

    return replace(projection, apply=choke)


def test_all_events_are_brought_in_and_the_position_says_so(world: World) -> None:
    world.append(*(recorded("a", f"2026-{month:02}", month) for month in range(1, 13)))
    assert catch_up(world.store, world.tenant, READINGS, events_max=5) is Outcome.CURRENT
    assert _live(world).position == 13


def test_a_bounded_call_says_that_there_is_more(world: World) -> None:
    world.append(*(recorded("a", f"2026-{month:02}", month) for month in range(1, 13)))
    assert catch_up(world.store, world.tenant, READINGS, events_max=5, batches_max=1) is Outcome.BEHIND
    assert _live(world).position == 5


def test_an_event_that_is_missing_from_the_log_is_noticed(world: World, module_database: TestDatabase) -> None:
    world.append(*(recorded("a", f"2026-{month:02}", month) for month in range(1, 5)))
    remove = "DELETE FROM steelyard.event WHERE tenant_id = %s AND position = 3"
    module_database.superuser(remove, (world.tenant,))
    assert catch_up(world.store, world.tenant, READINGS) is Outcome.PARKED
    assert _live(world).position == 2


@pytest.mark.parametrize("place", [1, 2, 7, 12])
def test_a_poisonous_event_parks_exactly_before_itself(world: World, place: int) -> None:
    events = [recorded("a", f"2026-{month:02}", month) for month in range(1, 13)]
    events[place - 1] = recorded(POISON, "2026-01", 1)
    world.append(*events)
    assert catch_up(world.store, world.tenant, _choking()) is Outcome.PARKED
    parked = _live(world)
    assert (parked.position, parked.status) == (place, progress.PARKED)
    assert parked.error == f"position {place + 1}: ValueError: cannot be applied"
    assert len(_rows(world)) == place - 1


def test_a_parked_projection_stays_where_it_is_and_the_others_go_on(world: World) -> None:
    other = replace(_choking(), name="other", tables=())
    world.append(recorded(POISON, "2026-01", 1))
    catch_up(world.store, world.tenant, replace(other, apply=_choking().apply))
    world.append(recorded("a", "2026-01", 1))
    assert catch_up(world.store, world.tenant, other) is Outcome.PARKED
    assert catch_up(world.store, world.tenant, READINGS) is Outcome.CURRENT
    assert _live(world).position == 3


def test_poison_in_one_organization_parks_no_other(world: World, database: Database) -> None:
    healthy = World.new(database)
    healthy.append(FOUNDED, recorded("a", "2026-01", 1))
    world.append(recorded(POISON, "2026-01", 1))
    choking = _choking()
    assert catch_up(world.store, world.tenant, choking) is Outcome.PARKED
    assert catch_up(healthy.store, healthy.tenant, choking) is Outcome.CURRENT


def test_once_repaired_and_unparked_it_equals_a_rebuild(world: World) -> None:
    world.append(recorded("a", "2026-01", 1), recorded(POISON, "2026-01", 1), recorded("b", "2026-01", 1))
    catch_up(world.store, world.tenant, _choking())
    with world.database.transaction(world.tenant) as connection:
        assert unpark(connection, world.tenant, READINGS, 1)
        assert not unpark(connection, world.tenant, READINGS, 1)
    assert catch_up(world.store, world.tenant, READINGS) is Outcome.CURRENT
    assert _digest(world, 1) == _digest(world, rebuild(world.store, world.tenant, READINGS))


def _slow(world: World) -> Projection:
    """The scores, which take many transactions for the values of eight months."""
    world.append(defined("a"), scaled("a"), *card("c", ("a", 1)))
    world.append(*(recorded("a", f"2026-{month:02}", month) for month in range(1, 9)))
    catch_up(world.store, world.tenant, READINGS)
    return scores(DefinitionsCache(), pairs_max=2)


def test_a_batch_of_several_transactions_ends_however_many_events_come_meanwhile(world: World) -> None:
    slow = _slow(world)
    head = 15
    for turn in range(10):
        catch_up(world.store, world.tenant, slow, batches_max=1)
        world.append(*(recorded("a", f"2026-{month:02}", 100 * turn + month) for month in range(1, 9)))
        catch_up(world.store, world.tenant, READINGS)
    assert _live(world, slow).position >= head
    assert catch_up(world.store, world.tenant, slow) is Outcome.CURRENT
    assert _digest(world, 1, slow) == _digest(world, rebuild(world.store, world.tenant, slow), slow)


@pytest.mark.parametrize("place", [8, 11, 15])
def test_poison_that_shows_after_several_transactions_parks_as_exactly_and_leaves_what_a_rebuild_has(
    world: World, place: int
) -> None:
    slow = _slow(world)

    def choke_at_the_end(batch: Batch) -> bool | None:
        whole = slow.apply(batch)
        if whole and batch.first <= place <= batch.last:
            raise ValueError("cannot be applied")
        return whole

    choking = replace(slow, apply=choke_at_the_end)
    assert catch_up(world.store, world.tenant, choking, batches_max=200) is Outcome.PARKED
    assert _live(world, slow).position == place - 1
    with world.database.transaction(world.tenant) as connection:
        assert unpark(connection, world.tenant, slow, 1)
    assert catch_up(world.store, world.tenant, slow) is Outcome.CURRENT
    assert _digest(world, 1, slow) == _digest(world, rebuild(world.store, world.tenant, slow), slow)


def test_an_error_of_the_world_parks_nothing_and_moves_nothing(world: World) -> None:
    world.append(recorded("a", "2026-01", 1))

    def cut(_batch: Batch) -> None:
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        catch_up(world.store, world.tenant, replace(READINGS, apply=cut))
    live = _live(world)
    assert (live.position, live.status) == (0, progress.RUNNING)


def test_rows_and_position_are_kept_together_or_not_at_all(world: World) -> None:
    world.append(recorded("a", "2026-01", 1))
    before = _digest(world, progress.FIRST_GENERATION)

    def cut(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if "UPDATE steelyard.progress SET position" in statement:
            raise ConnectionResetError

    event.listen(Engine, "before_cursor_execute", cut)
    with pytest.raises(ConnectionResetError):
        catch_up(world.store, world.tenant, READINGS)
    event.remove(Engine, "before_cursor_execute", cut)
    assert (_digest(world, progress.FIRST_GENERATION), _live(world).position) == (before, 0)


def test_a_second_worker_is_sent_away_and_the_first_sees_what_came_meanwhile(world: World) -> None:
    world.append(recorded("a", "2026-01", 1))
    inside, go_on = Event(), Event()

    def slow(batch: Batch) -> None:
        READINGS.apply(batch)
        inside.set()
        assert go_on.wait(10)

    outcomes: list[Outcome] = []
    slow_readings = replace(READINGS, apply=slow)
    first = Thread(target=lambda: outcomes.append(catch_up(world.store, world.tenant, slow_readings)))
    first.start()
    assert inside.wait(10)
    world.append(recorded("b", "2026-01", 2))
    assert catch_up(world.store, world.tenant, READINGS) is Outcome.BUSY
    go_on.set()
    first.join(10)
    assert outcomes == [Outcome.CURRENT]
    assert (_live(world).position, len(_rows(world))) == (3, 2)


def test_many_workers_bring_every_event_in_once(world: World) -> None:
    for month in range(1, 13):
        world.append(recorded("a", f"2026-{month:02}", month))
    work = [Thread(target=lambda: catch_up(world.store, world.tenant, READINGS, events_max=1)) for _ in range(4)]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join(30)
    while catch_up(world.store, world.tenant, READINGS) is Outcome.BUSY:
        pass
    assert (_live(world).position, len(_rows(world))) == (13, 12)


def test_a_projection_never_gets_ahead_of_those_it_reads(world: World) -> None:
    reader = Projection("reader", (), lambda batch: None, after=(READINGS.name,))
    world.append(recorded("a", "2026-01", 1), recorded("b", "2026-01", 1))
    assert catch_up(world.store, world.tenant, reader) is Outcome.CURRENT
    assert _live(world, reader).position == 0
    catch_up(world.store, world.tenant, READINGS, events_max=2, batches_max=1)
    assert catch_up(world.store, world.tenant, reader) is Outcome.CURRENT
    assert _live(world, reader).position == 2


def test_a_rebuild_leaves_the_live_generation_alone_until_the_switch(world: World) -> None:
    world.append(recorded("a", "2026-01", 1), retracted("a", "2026-01", 2))
    catch_up(world.store, world.tenant, READINGS)
    generation = rebuild(world.store, world.tenant, READINGS, events_max=1)
    assert (_live(world).generation, generation) == (1, 2)
    world.append(recorded("a", "2026-01", 2))
    catch_up(world.store, world.tenant, READINGS)
    cut_over(world.store, world.tenant, READINGS, generation)
    live = _live(world)
    assert (live.generation, live.status, live.position) == (2, progress.RUNNING, 4)


def test_generations_at_different_positions_are_not_compared(world: World) -> None:
    world.append(recorded("a", "2026-01", 1))
    generation = rebuild(world.store, world.tenant, READINGS)
    with (
        pytest.raises(NotComparable),
        world.database.transaction(world.tenant) as connection,
    ):
        equal(connection, world.tenant, READINGS, 1, generation)


def test_a_row_that_was_tampered_with_shows_in_the_comparison(world: World) -> None:
    world.append(recorded("a", "2026-01", 1))
    catch_up(world.store, world.tenant, READINGS)
    generation = rebuild(world.store, world.tenant, READINGS)
    with world.database.transaction(world.tenant) as connection:
        assert equal(connection, world.tenant, READINGS, 1, generation)
        update = "UPDATE steelyard.reading SET value = 1.0 WHERE tenant_id = %s AND generation = 1"
        connection.exec_driver_sql(update, (world.tenant,))
        assert not equal(connection, world.tenant, READINGS, 1, generation)


def test_founding_begins_every_projection_so_that_the_sweep_sees_it(world: World) -> None:
    with world.database.transaction(world.tenant) as connection:
        started = progress.live(connection, world.tenant, [CATALOG.name, READINGS.name])
    assert {name: each.position for name, each in started.items()} == {CATALOG.name: 1, READINGS.name: 0}


def _rows(world: World) -> list[tuple[str, str]]:
    with world.database.transaction(world.tenant) as connection:
        found = connection.exec_driver_sql(
            "SELECT kpi, period FROM steelyard.reading WHERE tenant_id = %s AND generation = 1", (world.tenant,)
        )
        return [(row.kpi, row.period) for row in found]
