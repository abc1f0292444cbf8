"""Readings as of any position equal a replay of the log up to it."""

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from domain.measurement.events import (
    NOT_APPLICABLE,
    MeasurementEvent,
    MeasurementRetracted,
    ValueDeclaredNotApplicable,
    ValueKnown,
)
from domain.scoring.inputs import Cell
from domain.values import Source
from infra.database import Database
from projections.readings import READINGS, latest_of, latest_question, periods_with_values, values_as_of
from projections.runner import catch_up
from tests.projections.histories import histories
from tests.projections.world import World


def _replayed(events: list[object], position: int) -> dict[Cell, tuple[ValueKnown, ...]]:
    """The values in force after the first `position` events, by the plainest of folds."""
    known: dict[tuple[Cell, Source], ValueKnown | None] = {}
    for number, event in enumerate(events[:position], 1):
        if not isinstance(event, MeasurementEvent):
            continue
        key = (event.kpi, event.period), event.source
        if isinstance(event, MeasurementRetracted):
            known[key] = None
        else:
            reading = NOT_APPLICABLE if isinstance(event, ValueDeclaredNotApplicable) else event.reading
            known[key] = ValueKnown(event.kpi, event.period, event.source, reading, number)
    found: dict[Cell, tuple[ValueKnown, ...]] = {}
    for (cell, _), value in sorted(known.items(), key=lambda item: item[0][1]):
        if value is not None:
            found[cell] = (*found.get(cell, ()), value)
    return found


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(events=histories(events_max=60), data=st.data())
def test_values_at_any_position_equal_a_replay_of_the_prefix(
    database: Database, events: list[object], data: st.DataObject
) -> None:
    world = World.new(database)
    world.append(*events)
    catch_up(world.store, world.tenant, READINGS, events_max=7)
    measured = [event for event in events if isinstance(event, MeasurementEvent)]
    cells = {(event.kpi, event.period) for event in measured}
    kpis = {event.kpi for event in measured}
    for position in data.draw(st.lists(st.integers(0, len(events)), min_size=3, max_size=6)):
        replayed = _replayed(events, position)
        with database.transaction(world.tenant) as connection:
            where = connection, world.tenant, 1
            assert values_as_of(*where, cells, position) == replayed
            latest = {kpi: max((p for k, p in replayed if k == kpi), key=str) for kpi in {k for k, _ in replayed}}
            asked = latest_question(world.tenant, 1, kpis, position)
            assert latest_of(database.ask(world.tenant, asked)[0]) == latest
            ever = {e.period for e in events[:position] if isinstance(e, MeasurementEvent)}
            assert periods_with_values(*where, kpis, position) == ever
