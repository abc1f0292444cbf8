"""The present score of every scorecard in every period that has values: its tree, its nodes, its balance.

After readings. A batch first finds what its events reach, then scores each of that once, with definitions and values as
of its last event and every period taken as ended: no clock enters, and reads put the labels of their day on.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import msgspec
from sqlalchemy import BigInteger, Boolean, Column, Integer, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import insert

from domain.calendar import Period, finer
from domain.scoring.inputs import Cell, Definitions, Values
from domain.scoring.plan import Plan, plan
from domain.scoring.score import leaves, roll_up
from domain.scoring.tree import ScoreTree
from domain.values import KpiId, ScorecardId
from infra.database import metadata
from projections import readings
from projections.balance import balance_view
from projections.definitions_cache import DefinitionsCache
from projections.packed import Packed
from projections.periods import period_of
from projections.projection import Batch, Projection
from projections.reach import Pair, Reach
from projections.score_view import node_points, tree_view
from projections.stored import StoredPeriods

NAME = "scores"
PAIRS_PER_READ_MAX = 64
"""Scored from one read of values: bounds memory when a policy reaches every period of an organization."""
STORED_BEFORE = 0
"""Instead of a position, for a row that is there and keeps the one it has."""
PAIRS_PER_TRANSACTION_MAX = 256
"""Some seconds of scoring; what is left is scored in the next transaction, before the position moves."""

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


@dataclass(frozen=True, slots=True)
class Scored:
    """A tree, when it was first stored, the last position that could have changed it, and whether it looks at several
    collection periods."""

    tree: ScoreTree
    stored_at: int
    changed_at: int
    lengthy: bool


def scores(cache: DefinitionsCache, pairs_max: int = PAIRS_PER_TRANSACTION_MAX) -> Projection:
    """The projection; it asks the cache for the definitions before each batch."""
    return Projection(NAME, (score_table,), lambda batch: apply(batch, cache, pairs_max), after=(readings.NAME,))


def apply(batch: Batch, cache: DefinitionsCache, pairs_max: int) -> bool:
    """Find what the events reach, then score it, at most `pairs_max` of it; whether that was all.

    What an earlier call for the same events has scored says so by its position, and stays: nothing after that position
    has reached it.
    """
    reach = Reach(cache.at(batch.log, batch.first - 1), _stored(batch), _value_periods(batch))
    for recorded in batch.events:
        reach.take(recorded)
    touched = reach.touched
    if len(touched) > pairs_max:
        done = _done(batch)
        touched = {pair: position for pair, position in touched.items() if done.get(pair) != position}
    waiting = iter(sorted(touched.items(), key=lambda item: (item[0][0], item[0][1].text))[:pairs_max])
    while pairs := tuple(islice(waiting, PAIRS_PER_READ_MAX)):
        _score(batch, reach, dict(pairs))
    return len(touched) <= pairs_max


def _score(batch: Batch, reach: Reach, pairs: Mapping[Pair, int]) -> None:
    """One read of values for all pairs."""
    definitions = reach.definitions
    plans = {pair: plan(definitions, *pair) for pair in pairs}
    values = _values(batch, [each.cells for each in plans.values()])
    scored = [
        Scored(
            _tree(plans[pair], values),
            reach.stored_at.get(pair, STORED_BEFORE),
            changed_at,
            _lengthy(pair[1], plans[pair].cells),
        )
        for pair, changed_at in pairs.items()
    ]
    _write(batch, definitions, scored)


def _values(batch: Batch, cells: Sequence[frozenset[Cell]]) -> Values:
    wanted = frozenset[Cell]().union(*cells)
    return readings.values_as_of(batch.connection, batch.tenant, batch.sources[readings.NAME], wanted, batch.last)


def _lengthy(period: Period, cells: frozenset[Cell]) -> bool:
    return any(finer(cell.kind, period.kind) for _, cell in cells)


def _tree(plan: Plan, values: Values) -> ScoreTree:
    as_of = plan.definitions.calendar.ends_at(plan.period)
    return roll_up(plan, leaves(plan, values, as_of), as_of)


def _write(batch: Batch, definitions: Definitions, scored: Sequence[Scored]) -> None:
    rows = [{"tenant_id": batch.tenant, "generation": batch.generation, **_row(definitions, each)} for each in scored]
    statement = insert(score_table)
    kept = ("tenant_id", "generation", "scorecard", "period", "stored_at")
    changes = {column.name: column for column in statement.excluded if column.name not in kept}
    batch.connection.execute(statement.on_conflict_do_update(index_elements=kept[:4], set_=changes), rows)


def _row(definitions: Definitions, scored: Scored) -> dict[str, object]:
    tree = scored.tree
    return {
        "scorecard": tree.scorecard,
        "period": tree.period.text,
        "stored_at": scored.stored_at,
        "changed_at": scored.changed_at,
        "lengthy": scored.lengthy,
        "version": tree.version,
        "tree": msgspec.json.encode(tree_view(tree, scored.changed_at)),
        "nodes": msgspec.json.encode(node_points(tree)),
        "balance": None if tree.root is None else msgspec.json.encode(balance_view(definitions, tree)),
    }


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


def _stored(batch: Batch) -> StoredPeriods:
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

    return StoredPeriods(load)


def _value_periods(batch: Batch) -> Callable[[frozenset[KpiId], int], frozenset[Period]]:
    def periods(kpis: frozenset[KpiId], position: int) -> frozenset[Period]:
        generation = batch.sources[readings.NAME]
        return readings.periods_with_values(batch.connection, batch.tenant, generation, kpis, position)

    return periods
