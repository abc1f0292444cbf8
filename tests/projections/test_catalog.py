"""The inline catalog: what the next measurement is checked against."""

from dataclasses import replace
from decimal import Decimal
from typing import NoReturn

import pytest

from domain.calendar import Period
from domain.measurement.events import Reading
from domain.values import MANUAL, KpiId, Source
from infra.database import Database, exchange
from infra.round_trip import RoundTrip
from projections import catalog, progress
from projections.catalog import CATALOG
from projections.digest import digest
from projections.projection import CatalogBehind, Projection
from projections.rebuild import rebuild
from tests.projections.world import FOUNDED, World, corrected, not_applicable, recorded, retracted

JANUARY = Period.parse("2026-01")
A = KpiId("a")


@pytest.fixture
def world(database: Database) -> World:
    made = World.new(database)
    made.append(FOUNDED)
    return made


def _in_force(world: World, kpi: str = "a", source: Source = MANUAL) -> Reading | None:
    key = (KpiId(kpi), JANUARY, source)
    with world.database.transaction(world.tenant) as connection:
        found = catalog.values_in_force(connection, world.tenant, [key]).get(key)
    return found.reading if found else None


def test_the_value_in_force_is_there_when_the_command_has_committed(world: World) -> None:
    world.append(recorded("a", "2026-01", "12.5"))
    assert _in_force(world) == Reading(Decimal("12.5"))


def test_a_correction_takes_the_place_of_the_value(world: World) -> None:
    (first,) = world.append(recorded("a", "2026-01", 1))
    world.append(corrected("a", "2026-01", 2, first.position))
    assert _in_force(world) == Reading(Decimal(2))


def test_a_retraction_leaves_no_value_and_no_measured_period(world: World) -> None:
    (first,) = world.append(recorded("a", "2026-01", 1))
    world.append(retracted("a", "2026-01", first.position))
    assert _in_force(world) is None
    with world.database.transaction(world.tenant) as connection:
        assert catalog.measured_periods(connection, world.tenant, [A]) == frozenset()


def test_not_applicable_counts_as_measured(world: World) -> None:
    world.append(not_applicable("a", "2026-01"), recorded("b", "2026-02", 1))
    assert _in_force(world) == Reading()
    with world.database.transaction(world.tenant) as connection:
        assert catalog.measured_periods(connection, world.tenant, [A]) == {JANUARY}
        assert catalog.all_measured_periods(connection, world.tenant) == {JANUARY, Period.parse("2026-02")}


def test_recorded_and_retracted_in_one_command_leaves_nothing(world: World) -> None:
    world.append(recorded("a", "2026-01", 1), retracted("a", "2026-01", 2), recorded("b", "2026-01", 3))
    assert _in_force(world) is None
    assert _in_force(world, "b") == Reading(Decimal(3))


def test_sources_are_kept_apart(world: World) -> None:
    world.append(recorded("a", "2026-01", 1), recorded("a", "2026-01", 2, Source("erp")))
    assert _in_force(world) == Reading(Decimal(1))
    assert _in_force(world, source=Source("erp")) == Reading(Decimal(2))


def test_an_external_id_stays_with_its_first_value_for_ever(world: World) -> None:
    (first,) = world.append(recorded("a", "2026-01", 1, external_id="x"))
    world.append(retracted("a", "2026-01", first.position))
    world.append(recorded("b", "2026-02", 9, external_id="x"))
    with world.database.transaction(world.tenant) as connection:
        keys = [(MANUAL, "x"), (Source("erp"), "x")]
        trip = RoundTrip()
        reply = trip.ask(catalog.asking_external(world.tenant, keys))
        exchange(connection, trip)
    found = catalog.external_of(reply)
    assert {key: known.position for key, known in found.items()} == {(MANUAL, "x"): first.position}


def test_a_command_is_refused_while_the_catalog_is_behind(world: World) -> None:
    with world.database.transaction(world.tenant) as connection:
        progress.set_status(connection, world.tenant, CATALOG.name, 1, progress.RUNNING)
        connection.exec_driver_sql(
            "UPDATE steelyard.progress SET position = 0 WHERE tenant_id = %s AND projection = 'catalog'",
            (world.tenant,),
        )
    with pytest.raises(CatalogBehind):
        world.append(recorded("a", "2026-01", 1))
    with world.database.transaction(world.tenant) as connection:
        assert world.store.logs.bind(connection, world.tenant).head().position == 1


def test_a_failing_inline_projection_rolls_the_command_back_and_never_parks(world: World) -> None:
    world.append(recorded("a", "2026-01", 1))
    with pytest.raises(OverflowError):
        replace(world, projections=(_raising(CATALOG),)).append(recorded("a", "2026-02", 1))
    with world.database.transaction(world.tenant) as connection:
        assert world.store.logs.bind(connection, world.tenant).head().position == 2
        live = progress.live(connection, world.tenant, [CATALOG.name])[CATALOG.name]
    assert (live.position, live.status) == (2, progress.RUNNING)


def test_the_inline_catalog_equals_a_rebuild(world: World) -> None:
    (first,) = world.append(recorded("a", "2026-01", 1, external_id="x"))
    world.append(corrected("a", "2026-01", "2.50", first.position), recorded("b", "2026-01", 3, external_id="y"))
    world.append(retracted("b", "2026-01", 4), not_applicable("c", "2026-03"))
    generation = rebuild(world.store, world.tenant, CATALOG, events_max=2)
    with world.database.transaction(world.tenant) as connection:
        assert digest(connection, world.tenant, CATALOG, 1) == digest(connection, world.tenant, CATALOG, generation)


def test_organizations_with_equal_codes_and_positions_share_nothing(world: World, database: Database) -> None:
    other = World.new(database)
    other.append(FOUNDED)
    world.append(recorded("a", "2026-01", 1))
    other.append(recorded("a", "2026-01", 2))
    assert (_in_force(world), _in_force(other)) == (Reading(Decimal(1)), Reading(Decimal(2)))


def _raising(projection: Projection) -> Projection:
    def fail(_batch: object) -> NoReturn:
        raise OverflowError("broken")

    return replace(projection, apply=fail, inline=fail)
