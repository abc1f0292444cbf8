"""Definitions at any position: a fold of the prefix, whatever was asked before."""

from collections.abc import Sequence
from threading import Thread
from typing import cast

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from domain import streams
from domain.decider import replay
from domain.kpi.decide import KPI
from domain.kpi.events import KpiEvent
from domain.kpi.state import Kpi
from domain.scorecard.decide import SCORECARD
from domain.scorecard.events import ScorecardEvent
from domain.scorecard.state import Scorecard
from domain.scoring.inputs import Definitions
from domain.values import FreeText, KpiId, ScorecardId
from infra.database import Database
from infra.eventstore.log import Recorded
from projections.definitions import NOTHING_DEFINED, Folded, fold
from projections.definitions_cache import SNAPSHOTS_PER_TENANT_MAX, DefinitionsCache
from tenants.access import Role
from tenants.organization.events import ApiKeyIssued, OrganizationRenamed
from tests.projections.histories import histories
from tests.projections.world import FOUNDED, LOGS, World, defined, recorded, stream_of
from tests.support.statements import counted


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
    cache = DefinitionsCache(events_max=5)
    worlds = [World.new(database) for _ in range(3)]
    for number, world in enumerate(worlds):
        world.append(FOUNDED, defined(f"kpi-{number}"))
        _at(cache, world, 2)
    assert len(cache._snapshots) == 2
    for number, world in enumerate(worlds):
        assert list(_at(cache, world, 2).kpis) == [KpiId(f"kpi-{number}")]


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(events=histories())
def test_a_fold_of_the_log_is_what_each_stream_alone_comes_to(database: Database, events: list[object]) -> None:
    world = World.new(database)
    world.append(*events)
    with world.database.transaction(world.tenant) as connection:
        log = LOGS.bind(connection, world.tenant)
        folded = world.definitions.at_head(log, log.head())
        for stream in {stream_of(event) for event in events if isinstance(event, KpiEvent | ScorecardEvent)}:
            loaded = log.load(stream)
            assert _known(folded.definitions, stream) == _replayed(stream, loaded)
            assert folded.versions[stream] == loaded[-1].version


def _known(definitions: Definitions, stream: str) -> Kpi | Scorecard:
    code = streams.code_of(stream)
    if streams.category(stream) == streams.KPI:
        return definitions.kpis[KpiId(code)]
    return definitions.scorecards[ScorecardId(code)]


def _replayed(stream: str, loaded: Sequence[Recorded]) -> Kpi | Scorecard:
    code, history = streams.code_of(stream), [(each.event, each.position) for each in loaded]
    if streams.category(stream) == streams.KPI:
        return replay(KPI.evolve, KPI.initial(code), cast("list[tuple[KpiEvent, int]]", history))
    return replay(SCORECARD.evolve, SCORECARD.initial(code), cast("list[tuple[ScorecardEvent, int]]", history))


def test_the_organization_is_folded_without_its_keys(database: Database) -> None:
    world = World.new(database)
    world.append(FOUNDED, ApiKeyIssued("k", FreeText("k"), "p", Role.OWNER, (), ()), OrganizationRenamed("Acme Group"))
    with world.database.transaction(world.tenant) as connection:
        log = LOGS.bind(connection, world.tenant)
        organization = world.definitions.at_head(log, log.head()).organization
    assert (organization.code, organization.name, organization.keys) == ("acme", "Acme Group", ())


def test_after_facts_the_head_says_that_nothing_is_to_be_read(database: Database) -> None:
    world, cache = World.new(database), DefinitionsCache()
    world.append(FOUNDED, defined("a"))
    before, _ = _at_head(cache, world)
    world.append(recorded("a", "2026-01", 1))
    after, reads = _at_head(cache, world)
    assert after is before
    assert reads == 0


def test_a_definition_of_another_process_is_read_before_anything_is_decided_on_it(database: Database) -> None:
    world, cache = World.new(database), DefinitionsCache()
    world.append(FOUNDED, defined("a"))
    _at_head(cache, world)
    world.append(recorded("a", "2026-01", 1), defined("b"), recorded("a", "2026-02", 1))
    folded, reads = _at_head(cache, world)
    assert sorted(folded.definitions.kpis) == ["a", "b"]
    assert reads == 1


def _at_head(cache: DefinitionsCache, world: World) -> tuple[Folded, int]:
    """What is folded at the locked head, and how often the log was read for it."""
    with world.database.transaction(world.tenant) as connection, counted(connection) as sent:
        log = LOGS.bind(connection, world.tenant)
        folded = cache.at_head(log, log.lock_head())
    return folded, sum("AND NOT fact" in statement for statement in sent)


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
