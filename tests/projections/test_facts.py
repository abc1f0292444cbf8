"""Rows that the database makes by itself: those that one event after the other would make, and no others."""

from dataclasses import replace
from datetime import UTC
from decimal import Decimal

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from domain.calendar import Period
from domain.measurement.events import (
    NOT_APPLICABLE,
    MeasurementCorrected,
    MeasurementEvent,
    MeasurementRecorded,
    MeasurementRetracted,
    Reading,
    ValueDeclaredNotApplicable,
)
from domain.values import MANUAL, FreeText, KpiId, Source
from infra.database import Database
from infra.eventstore.canonical import JsonObject
from infra.eventstore.codec import Codec, EventType
from infra.eventstore.log import LogFactory
from infra.eventstore.sealing import Sealer
from projections import progress
from projections.catalog import CATALOG
from projections.digest import digest
from projections.facts import SCHEMAS
from projections.projection import Projection, Store
from projections.reading_rows import write_one_by_one
from projections.readings import READINGS
from projections.rebuild import rebuild
from projections.runner import Outcome, catch_up
from services.registry import EVENT_TYPES
from tests.projections.world import CODEC, FOUNDED, World, recorded
from tests.support.database import TestDatabase

ONE_BY_ONE = replace(READINGS, apply=write_one_by_one)

_numbers = st.decimals(-(10**20), 10**20, allow_nan=False) | st.sampled_from([Decimal("0.00"), Decimal("-1.50")])
_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20)
_instants = st.datetimes(timezones=st.just(UTC))
_periods = st.sampled_from(["2026-01", "2026-Q1", "2026-H2", "2026", "2026-W07", "2026-03-14"]).map(Period.parse)
_readings = st.one_of(
    st.builds(Reading, _numbers, st.none(), st.none()),
    st.builds(Reading, st.none(), _numbers, _numbers),
    st.builds(Reading, _numbers, st.none(), _numbers),
    st.just(NOT_APPLICABLE),
)
_place = {
    "kpi": st.sampled_from(["a", "b-1"]).map(KpiId),
    "period": _periods,
    "source": st.sampled_from([MANUAL, Source("erp")]),
}
_told = {"observed_at": st.none() | _instants, "external_id": st.none() | st.sampled_from(["x", "y"]) | _texts}
_free = st.none() | _texts.map(FreeText)
_positions = st.integers(1, 2**53 - 1)
_measurements: st.SearchStrategy[MeasurementEvent] = st.one_of(
    st.builds(MeasurementRecorded, **_place, reading=_readings, note=_free, **_told),
    st.builds(
        MeasurementCorrected, **_place, reading=_readings, replaces=_positions, reason=_texts.map(FreeText), **_told
    ),
    st.builds(MeasurementRetracted, **_place, replaces=_positions, reason=_texts.map(FreeText)),
    st.builds(ValueDeclaredNotApplicable, **_place, reason=_free, **_told),
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(events=st.lists(_measurements, min_size=1, max_size=30))
def test_the_database_makes_the_rows_that_events_one_by_one_make(database: Database, events: list[object]) -> None:
    world = World.new(database)
    world.append(FOUNDED, *events)
    generations = [rebuild(world.store, world.tenant, each) for each in (READINGS, ONE_BY_ONE)]
    assert _count(world, generations[0]) == len(events)
    assert _digest(world, READINGS, generations[0]) == _digest(world, READINGS, generations[1])
    # The live catalog was made of the events in hand.
    filled = [rebuild(world.store, world.tenant, CATALOG, events_max=size) for size in (1, 7, len(events) + 1)]
    assert {_digest(world, CATALOG, each) for each in filled} == {_digest(world, CATALOG, progress.FIRST_GENERATION)}


def test_the_statement_knows_every_measurement_in_its_present_schema() -> None:
    registered = {each.name: each.schema for each in EVENT_TYPES if issubclass(each.cls, MeasurementEvent)}
    assert registered == SCHEMAS


def test_an_older_measurement_is_lifted_before_it_becomes_a_row(database: Database) -> None:
    world = World.new(database)
    world.append(FOUNDED, recorded("a", "2026-01", 1), recorded("a", "2026-02", 2))
    later = _store_of_a_later_program(world)
    assert catch_up(later, world.tenant, READINGS) is Outcome.CURRENT
    found = {"reading": progress.FIRST_GENERATION, "value_in_force": rebuild(later, world.tenant, CATALOG)}
    with database.transaction(world.tenant) as connection:
        for table, generation in found.items():
            sources = f"SELECT source FROM steelyard.{table} WHERE tenant_id = :tenant AND generation = :generation"
            rows = connection.execute(text(sources), {"tenant": world.tenant, "generation": generation})
            assert set(rows.scalars()) == {"lifted"}


def test_an_event_this_program_does_not_know_parks_readings_exactly_before_it(
    database: Database, module_database: TestDatabase
) -> None:
    world = World.new(database)
    world.append(FOUNDED, *(recorded("a", f"2026-{month:02}", month) for month in range(1, 10)))
    _change(module_database, world, "name = 'measurement-doubted'", 7)
    assert catch_up(world.store, world.tenant, READINGS) is Outcome.PARKED
    _assert_parked_before(world, 7)


def test_a_body_that_cannot_be_read_parks_readings_exactly_before_it(
    database: Database, module_database: TestDatabase
) -> None:
    for place, body in (
        (2, "{"),
        (5, '{"kpi":"a"}'),
        (9, '{"kpi":"a","period":"2026-08","source":"manual","x":"\\u0000"}'),
    ):
        world = World.new(database)
        world.append(FOUNDED, *(recorded("a", f"2026-{month:02}", month) for month in range(1, 10)))
        _change(module_database, world, f"body = convert_to('{body}', 'UTF8')", place)
        assert catch_up(world.store, world.tenant, READINGS) is Outcome.PARKED
        _assert_parked_before(world, place)


def _change(database: TestDatabase, world: World, change: str, position: int) -> None:
    where = "tenant_id = %s AND position = %s"
    database.superuser(f"UPDATE steelyard.event SET {change} WHERE {where}", (world.tenant, position))


def _assert_parked_before(world: World, position: int) -> None:
    with world.database.transaction(world.tenant) as connection:
        parked = progress.live(connection, world.tenant, [READINGS.name])[READINGS.name]
    assert (parked.position, parked.status) == (position - 1, progress.PARKED)
    assert (parked.error or "").startswith(f"position {position}: ")
    assert _count(world, parked.generation) == position - 2


def _store_of_a_later_program(world: World) -> Store:
    """In which a measurement has a second schema: the first is lifted by putting another source."""

    def lift(body: JsonObject) -> JsonObject:
        return {**body, "source": "lifted"}

    types = [
        EventType(each.name, 2, each.cls, (lift,)) if each.name == "measurement-recorded" else each
        for each in CODEC.event_types
    ]
    codec = Codec(types, {Period: (str, Period.parse)}, [FreeText])
    return Store(world.database, LogFactory(codec, Sealer(b"k" * 32)))


def _count(world: World, generation: int) -> int:
    count = "SELECT count(*) FROM steelyard.reading WHERE tenant_id = :tenant AND generation = :generation"
    with world.database.transaction(world.tenant) as connection:
        return int(connection.execute(text(count), {"tenant": world.tenant, "generation": generation}).scalar_one())


def _digest(world: World, projection: Projection, generation: int) -> str:
    with world.database.transaction(world.tenant) as connection:
        return digest(connection, world.tenant, projection, generation)
