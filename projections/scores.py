"""The present score of every scorecard in every period that has values: as a tree, by node, and its balance.

After readings. A batch first finds what its events reach, then scores each of that once, with definitions and values as
of its last event and every period taken as ended: no clock enters, and reads put the labels of their day on.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import msgspec
from sqlalchemy import BigInteger, Boolean, Column, Date, Integer, LargeBinary, Numeric, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import insert

from domain.calendar import Period, finer
from domain.scoring.inputs import Cell, Definitions, Values
from domain.scoring.score import needed, score
from domain.scoring.tree import NodeScore, ScoreTree
from domain.values import KpiId, ScorecardId, plain, q
from infra.database import metadata
from projections import balance, readings, writing
from projections.definitions_cache import DefinitionsCache
from projections.periods import period_of
from projections.projection import Batch, Projection
from projections.reach import Pair, Reach
from projections.score_view import tree_view
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
    Column("kind", Text, nullable=False),
    Column("last_day", Date, nullable=False),
    # The event that made it stored: where one batch takes several transactions, each must begin with what was stored
    # before the batch.
    Column("stored_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    # Whether a KPI collects over shorter periods: then coverage depends on the day until the period has ended.
    Column("lengthy", Boolean, nullable=False),
    Column("tree", LargeBinary, nullable=False),
)

score_node = Table(
    "score_node",
    metadata,
    Column("tenant_id", Uuid, primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("scorecard", Text(collation="C"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("last_day", Date, primary_key=True),
    Column("node", Text(collation="C"), primary_key=True),
    Column("period", Text(collation="C"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("raw_score", Numeric),
    Column("score", Numeric),
    Column("coverage", Numeric),
    Column("state", Text, nullable=False),
    Column("band", Text),
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
    tables = (score_table, score_node, balance.balance_table)
    return Projection(NAME, tables, lambda batch: apply(batch, cache, pairs_max), after=(readings.NAME,))


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
    cells = {pair: needed(definitions, *pair) for pair in pairs}
    values = _values(batch, cells)
    scored = [
        Scored(
            _tree(definitions, values, pair),
            reach.stored_at.get(pair, STORED_BEFORE),
            changed_at,
            _lengthy(pair[1], cells[pair]),
        )
        for pair, changed_at in pairs.items()
    ]
    _write_trees(batch, definitions, scored)
    _write_nodes(batch, definitions, [each.tree for each in scored])
    balance.write(batch, definitions, [(each.tree, each.changed_at) for each in scored])


def _values(batch: Batch, cells: Mapping[Pair, frozenset[Cell]]) -> Values:
    wanted = frozenset[Cell]().union(*cells.values())
    return readings.values_as_of(batch.connection, batch.tenant, batch.sources[readings.NAME], wanted, batch.last)


def _lengthy(period: Period, cells: frozenset[Cell]) -> bool:
    return any(finer(cell.kind, period.kind) for _, cell in cells)


def _tree(definitions: Definitions, values: Values, pair: Pair) -> ScoreTree:
    scorecard, period = pair
    return score(definitions, values, scorecard, period, definitions.calendar.ends_at(period))


def _write_trees(batch: Batch, definitions: Definitions, scored: Sequence[Scored]) -> None:
    rows = [
        {
            "tenant_id": batch.tenant,
            "generation": batch.generation,
            "scorecard": each.tree.scorecard,
            "period": each.tree.period.text,
            "kind": each.tree.period.kind.value,
            "last_day": definitions.calendar.last_day(each.tree.period),
            "stored_at": each.stored_at,
            "changed_at": each.changed_at,
            "lengthy": each.lengthy,
            "tree": msgspec.json.encode(tree_view(each.tree, each.changed_at)),
        }
        for each in scored
    ]
    statement = insert(score_table)
    new = statement.excluded
    changes = {"changed_at": new.changed_at, "lengthy": new.lengthy, "tree": new.tree}
    key = ["tenant_id", "generation", "scorecard", "period"]
    batch.connection.execute(statement.on_conflict_do_update(index_elements=key, set_=changes), rows)


def _write_nodes(batch: Batch, definitions: Definitions, trees: Sequence[ScoreTree]) -> None:
    """Anew for the period: under another version there are other nodes."""
    where = batch.connection, score_node, batch.tenant, batch.generation
    keys = [_period_key(definitions, tree) for tree in trees]
    writing.remove(*where, keys)
    rows = [
        {**key, **_node_row(tree, node)}
        for key, tree in zip(keys, trees, strict=True)
        if tree.root is not None
        for node in tree.root.nodes()
    ]
    writing.insert(*where, rows)


def _period_key(definitions: Definitions, tree: ScoreTree) -> dict[str, object]:
    last_day = definitions.calendar.last_day(tree.period)
    return {"scorecard": tree.scorecard, "kind": tree.period.kind.value, "last_day": last_day}


def _node_row(tree: ScoreTree, node: NodeScore) -> dict[str, object]:
    return {
        "node": node.id,
        "period": tree.period.text,
        "version": tree.version,
        "raw_score": None if node.raw_score is None else plain(q(node.raw_score)),
        "score": None if node.score is None else plain(q(node.score)),
        "coverage": None if node.coverage is None else plain(q(node.coverage)),
        "state": node.state.value,
        "band": node.band,
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
