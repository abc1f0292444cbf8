"""The present score of every scorecard in every period that has values: its tree, its nodes, its balance.

After readings. A batch first finds what its events reach, then scores each of that once, with definitions and values as
of its last event and every period taken as ended: no clock enters, and reads put the labels of their day on.
"""

from collections.abc import Callable, Collection, Mapping

from sqlalchemy import BigInteger, Boolean, Column, Integer, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import insert

from domain.calendar import Period
from domain.measurement.events import MeasurementEvent
from domain.scoring.inputs import Cell, Definitions, Values
from domain.values import KpiId, ScorecardId
from infra.database import metadata
from projections import readings
from projections.definitions_cache import DefinitionsCache
from projections.kept_scores import Memories, Memory
from projections.packed import Packed
from projections.periods import period_of
from projections.projection import Batch, Projection
from projections.reach import Pair, Reach
from projections.rescoring import cells_of, row_of, work_of
from projections.stored import StoredPeriods

NAME = "scores"
PAIRS_PER_READ_MAX = 32
"""Scored from one read of values: bounds memory when a policy reaches every period of an organization, and the time
until the next look at the clock."""
STORED_BEFORE = 0
"""Instead of a position, for a row that is there and keeps the one it has."""
PAIRS_PER_TRANSACTION_MAX = 1_024
"""Some seconds of scoring; what is left is scored in the next transaction, before the position moves."""
EVENTS_MAX = 10_000
"""What a batch reaches is scored once, so a larger one costs less per event, until it takes several transactions."""

score_table = Table(
    "score",
    metadata,
    Column("tenant_id", Uuid, primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("scorecard", Text(collation="C"), primary_key=True),
    Column("period", Text(collation="C"), primary_key=True),
    # The event that made it stored: where one batch takes several transactions, each must begin with what was stored
    # before the batch.
    Column("stored_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    # Whether a KPI collects over shorter periods: then coverage depends on the day until the period has ended.
    Column("lengthy", Boolean, nullable=False),
    # The one in force; NULL while there is none, and then the tree has no root and there is no balance.
    Column("version", Integer),
    Column("tree", Packed, nullable=False),
    # What a history shows of each node, in order of code.
    Column("nodes", Packed, nullable=False),
    Column("balance", Packed),
)


def scores(
    cache: DefinitionsCache, pairs_max: int = PAIRS_PER_TRANSACTION_MAX, memories: Memories | None = None
) -> Projection:
    """The projection; it asks the cache for the definitions before each batch, and keeps what it did last."""
    kept = memories or Memories()
    return Projection(
        NAME,
        (score_table,),
        lambda batch: apply(batch, cache, kept, pairs_max),
        after=(readings.NAME,),
        events_max=EVENTS_MAX,
    )


def apply(batch: Batch, cache: DefinitionsCache, memories: Memories, pairs_max: int) -> bool:
    """Find what the events reach, then score it, at most `pairs_max` of it and no longer than there is time; whether
    that was all.

    What an earlier call for the same events has scored says so by its position, and stays: nothing after that position
    has reached it.
    """
    memory = memories.take(batch.tenant, batch.generation, batch.first - 1)
    before = cache.at(batch.log, batch.first - 1)
    reach = _reach(batch, before, memory)
    touched = reach.touched
    # Fewer are always scored at once.
    if len(touched) > min(pairs_max, PAIRS_PER_READ_MAX):
        done = _done(batch)
        touched = {pair: position for pair, position in touched.items() if done.get(pair) != position}
    waiting = sorted(touched.items(), key=lambda item: (item[0][0], item[0][1].text))
    scored = 0
    while pairs := dict(waiting[scored : min(scored + PAIRS_PER_READ_MAX, pairs_max)]):
        _score(batch, reach, memory, pairs)
        scored += len(pairs)
        if batch.late:
            break
    if scored < len(touched):
        return False
    if reach.definitions is not before:
        memory.forget_definitions()
    memory.position = batch.last
    memories.keep(batch.tenant, batch.generation, memory)
    return True


def _reach(batch: Batch, definitions: Definitions, memory: Memory) -> Reach:
    """What the events reach; they bring the values in the memory forward."""
    reach = Reach(definitions, _stored(batch, memory), _value_periods(batch))
    for recorded in batch.events:
        reach.take(recorded)
        if isinstance(recorded.event, MeasurementEvent):
            memory.values.take(recorded.event, recorded.position)
    return reach


def _score(batch: Batch, reach: Reach, memory: Memory, pairs: Mapping[Pair, int]) -> None:
    """One read of the values that are missing, for all pairs."""
    memory.trim()
    works = [work_of(reach, memory, pair, changed_at) for pair, changed_at in pairs.items()]
    memory.values.ask(cells_of(works), lambda cells: _values(batch, cells))
    rows = [
        {
            "tenant_id": batch.tenant,
            "generation": batch.generation,
            "stored_at": reach.stored_at.get(work.pair, STORED_BEFORE),
            **row_of(work, memory),
        }
        for work in works
    ]
    statement = insert(score_table)
    fixed = ("tenant_id", "generation", "scorecard", "period", "stored_at")
    changes = {column.name: column for column in statement.excluded if column.name not in fixed}
    batch.connection.execute(statement.on_conflict_do_update(index_elements=fixed[:4], set_=changes), rows)


def _values(batch: Batch, cells: Collection[Cell]) -> Values:
    return readings.values_as_of(batch.connection, batch.tenant, batch.sources[readings.NAME], cells, batch.last)


def _done(batch: Batch) -> dict[Pair, int]:
    """What was scored for events of this batch already, by an earlier transaction that did not finish them."""
    rows = batch.connection.execute(
        text("""
            SELECT s.scorecard, s.period, s.changed_at FROM steelyard.score s
            WHERE s.tenant_id = :tenant AND s.generation = :generation AND s.changed_at >= :first
        """),
        {"tenant": batch.tenant, "generation": batch.generation, "first": batch.first},
    )
    return {(ScorecardId(row.scorecard), period_of(row.period)): row.changed_at for row in rows}


def _stored(batch: Batch, memory: Memory) -> StoredPeriods:
    """What was stored before the batch, whatever an earlier transaction of the same batch has added."""

    def load(scorecards: frozenset[ScorecardId]) -> list[tuple[ScorecardId, Period]]:
        rows = batch.connection.execute(
            text("""
                SELECT s.scorecard, s.period FROM steelyard.score s
                WHERE s.tenant_id = :tenant AND s.generation = :generation AND s.scorecard = ANY(:scorecards)
                    AND s.stored_at < :first
            """),
            {
                "tenant": batch.tenant,
                "generation": batch.generation,
                "scorecards": sorted(scorecards),
                "first": batch.first,
            },
        )
        return [(ScorecardId(row.scorecard), period_of(row.period)) for row in rows]

    return StoredPeriods(load, memory.stored)


def _value_periods(batch: Batch) -> Callable[[frozenset[KpiId], int], frozenset[Period]]:
    def periods(kpis: frozenset[KpiId], position: int) -> frozenset[Period]:
        generation = batch.sources[readings.NAME]
        return readings.periods_with_values(batch.connection, batch.tenant, generation, kpis, position)

    return periods
