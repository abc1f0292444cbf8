"""What a process keeps of its last scores never makes another row, whoever worked meanwhile and whatever failed."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from infra.database import Database
from projections import kept_scores
from projections.definitions_cache import DefinitionsCache
from projections.digest import digest
from projections.kept_scores import Memories, Memory
from projections.progress import FIRST_GENERATION
from projections.projection import Batch, Projection
from projections.rebuild import rebuild
from projections.runner import Outcome, catch_up
from projections.scores import PAIRS_PER_TRANSACTION_MAX, scores
from tests.projections.histories import histories
from tests.projections.world import FOUNDED, World, card, defined, recorded, scaled


class Careless(Memories):
    """The negative control: takes what it kept for whatever it is asked for."""

    def take(self, tenant: UUID, generation: int, position: int) -> Memory:
        found = self._kept.pop((tenant, generation), None)
        return found or Memory(position)


class Forgetful(Memories):
    """Begins anew with every batch."""

    def keep(self, tenant: UUID, generation: int, memory: Memory) -> None:
        pass


class ProcessKilled(BaseException):
    """Nothing of ours catches it: the transaction is rolled back as if the process had ended."""


def _process(memories: Memories, pairs_max: int = PAIRS_PER_TRANSACTION_MAX) -> Projection:
    """The projection as one process runs it."""
    return scores(DefinitionsCache(), pairs_max, memories)


def _turn(world: World, process: Projection, events_max: int = 500, batches_max: int = 1_000) -> Outcome:
    return catch_up(world.store, world.tenant, process, events_max=events_max, batches_max=batches_max)


def _killed_before_the_commit(process: Projection) -> Projection:
    def apply(batch: Batch) -> bool | None:
        process.apply(batch)
        raise ProcessKilled

    return replace(process, apply=apply)


def _differs_from_a_rebuild(world: World) -> bool:
    """Whether a process that keeps nothing would have other rows."""
    fresh = _process(Forgetful())
    rebuilt = rebuild(world.store, world.tenant, fresh)
    with world.database.transaction(world.tenant) as connection:
        found = [digest(connection, world.tenant, fresh, each) for each in (FIRST_GENERATION, rebuilt)]
    return found[0] != found[1]


@pytest.fixture
def world(database: Database) -> World:
    """Two KPIs on a scorecard, scored for one month."""
    made = World.new(database)
    made.append(FOUNDED, defined("a"), defined("b"), scaled("a"), scaled("b"), *card("c", ("a", 1), ("b", 1)))
    made.append(recorded("a", "2026-01", 10), recorded("b", "2026-01", 20))
    return made


def _append(world: World, *events: object) -> None:
    world.append(*events)
    catch_up(world.store, world.tenant, world.projection("readings"))


Step = tuple[int, int, bool]
"""Which of the processes, how many events at once, and whether it is killed before the commit."""

_STEPS = st.lists(st.tuples(st.integers(0, 1), st.sampled_from((1, 3, 500)), st.booleans()), min_size=1, max_size=6)


# A history is told as it was found: shrinking it takes minutes of database work.
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(events=histories(), turns=st.lists(_STEPS, min_size=1, max_size=5), pairs_max=st.sampled_from((1_024, 3)))
def test_two_processes_taking_turns_and_killed_at_any_time_leave_the_rows_of_a_rebuild(
    database: Database, events: Sequence[object], turns: list[list[Step]], pairs_max: int
) -> None:
    world = World.new(database)
    processes = [_process(Memories(), pairs_max), _process(Memories(), pairs_max)]
    part = -(-len(events) // len(turns))
    for number, steps in enumerate(turns):
        appended = events[number * part : (number + 1) * part]
        if not appended:
            break
        _append(world, *appended)
        for which, size, killed in steps:
            if killed:
                _append(world, recorded("m", "2026-03", size))
                with pytest.raises(ProcessKilled):
                    _turn(world, _killed_before_the_commit(processes[which]), size, 1)
            else:
                _turn(world, processes[which], size, 2)
    _turn(world, processes[0], 7)
    assert not _differs_from_a_rebuild(world)


@pytest.mark.parametrize(("memories", "stale"), [(Memories, False), (Careless, True)])
def test_a_batch_of_another_process_is_noticed(world: World, memories: type[Memories], stale: bool) -> None:
    one, other = _process(memories()), _process(memories())
    _append(world)
    _turn(world, one)
    _append(world, recorded("a", "2026-01", 90))
    _turn(world, other)
    _append(world, recorded("b", "2026-01", 50))
    _turn(world, one)
    assert _differs_from_a_rebuild(world) is stale


@pytest.mark.parametrize(("memories", "stale"), [(Memories, False), (Careless, True)])
def test_a_batch_that_was_rolled_back_is_noticed(world: World, memories: type[Memories], stale: bool) -> None:
    _append(world)
    process = _process(memories())
    _turn(world, process)
    _append(world, recorded("a", "2026-02", 90), recorded("b", "2026-01", 50))
    with pytest.raises(ProcessKilled):
        _turn(world, _killed_before_the_commit(process))
    _turn(world, process, events_max=1)
    assert _differs_from_a_rebuild(world) is stale


def test_a_new_definition_is_no_matter_of_values_alone(world: World) -> None:
    _append(world)
    process = _process(Memories())
    _turn(world, process)
    _append(world, scaled("a", 50), recorded("b", "2026-01", 50))
    _turn(world, process)
    _append(world, recorded("b", "2026-01", 60))
    _turn(world, process)
    assert not _differs_from_a_rebuild(world)


def test_what_is_kept_is_used(world: World) -> None:
    _append(world)
    memories = Memories()
    process = _process(memories)
    _turn(world, process)
    _append(world, recorded("b", "2026-01", 30))
    _turn(world, process)
    kept = memories._kept[world.tenant, FIRST_GENERATION]
    _append(world, recorded("a", "2026-01", 90))
    before = dict(kept.pairs)
    _turn(world, process)
    assert memories._kept[world.tenant, FIRST_GENERATION] is kept
    assert kept.pairs.keys() == before.keys()
    for pair, now in kept.pairs.items():
        was = before[pair]
        same = {kpi for kpi, leaf in now.leaves.items() if was.leaves[kpi] is leaf}
        assert (now.plan is was.plan, same) == (True, {"b"})


def test_what_is_kept_stays_within_its_limits(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_scores, "LEAVES_MAX", 5)
    monkeypatch.setattr(kept_scores, "CELLS_MAX", 5)
    memories = Memories()
    process = _process(memories)
    _append(world, *(recorded(kpi, f"2026-{month:02}", month) for month in range(1, 9) for kpi in ("a", "b")))
    _turn(world, process, events_max=3)
    assert not _differs_from_a_rebuild(world)
    for _ in range(2):
        memories.keep(UUID(int=1), 1, Memory(0, leaves=4))
    assert list(memories._kept) == [(UUID(int=1), 1)]


def test_scorecards_with_many_stored_periods_and_few_leaves_stay_within_their_limit(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_scores, "STORED_MAX", 10)
    memories = Memories()
    process = _process(memories)
    for month in range(1, 5):
        _append(world, recorded("a", f"2026-{month:02}", month))
        _turn(world, process)
    (kept,) = memories._kept.values()
    assert kept.stored_count() == 4 + 2 + 1 + 1
    memories.keep(UUID(int=1), 1, Memory(0, stored=kept.stored))
    assert list(memories._kept) == [(UUID(int=1), 1)]
    assert not _differs_from_a_rebuild(world)
