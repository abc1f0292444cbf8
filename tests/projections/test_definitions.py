"""Definitions at any position: a fold of the prefix, whatever was asked before."""

from threading import Thread

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from domain.scoring.inputs import Definitions
from domain.values import KpiId
from infra.database import Database
from projections.definitions import NOTHING_DEFINED, SNAPSHOTS_PER_TENANT_MAX, DefinitionsCache, fold
from tests.projections.histories import histories
from tests.projections.world import FOUNDED, LOGS, World, defined, recorded


def _at(cache: DefinitionsCache, world: World, position: int) -> Definitions:
    with world.database.transaction(world.tenant) as connection:
        return cache.at(LOGS.bind(connection, world.tenant), position)


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(events=histories(), data=st.data())
def test_any_position_in_any_order_equals_a_fold_of_the_prefix(
    database: Database, events: list[object], data: st.DataObject
) -> None:
    world = World.new(database)
    appended = world.append(*events)
    cache = DefinitionsCache()
    for position in data.draw(st.lists(st.integers(0, len(events)), min_size=3, max_size=2 * SNAPSHOTS_PER_TENANT_MAX)):
        assert _at(cache, world, position) == fold(NOTHING_DEFINED, appended[:position])


def test_facts_cost_no_new_fold(database: Database) -> None:
    world, cache = World.new(database), DefinitionsCache()
    world.append(FOUNDED, defined("a"), recorded("a", "2026-01", 1))
    before = _at(cache, world, 2)
    world.append(recorded("a", "2026-02", 1))
    assert _at(cache, world, 4) is before


def test_what_is_kept_is_bounded_and_what_was_dropped_is_folded_again(database: Database) -> None:
    cache = DefinitionsCache(tenants_max=2)
    worlds = [World.new(database) for _ in range(3)]
    for number, world in enumerate(worlds):
        world.append(FOUNDED, defined(f"kpi-{number}"))
        _at(cache, world, 2)
    assert len(cache._snapshots) == 2
    for number, world in enumerate(worlds):
        assert list(_at(cache, world, 2).kpis) == [KpiId(f"kpi-{number}")]


def test_threads_share_it(database: Database) -> None:
    world, cache = World.new(database), DefinitionsCache()
    appended = world.append(FOUNDED, *(defined(f"k{number}") for number in range(30)))
    wrong: list[int] = []

    def ask() -> None:
        for position in range(1, 32):
            if _at(cache, world, position) != fold(NOTHING_DEFINED, appended[:position]):
                wrong.append(position)

    threads = [Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
