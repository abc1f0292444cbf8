"""One scorecard in one period scored again: what its events changed is measured, the rest is as it was.

The result is what scoring everything anew would give: a plan holds as long as the definitions do, and a leaf as long as
no value in a cell of its KPI changes.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

import msgspec

from domain.scoring.balance import Designed, balance_of, designed
from domain.scoring.inputs import Cell
from domain.scoring.plan import Plan, plan
from domain.scoring.score import leaves, roll_up
from domain.values import KpiId
from projections.balance import view_of
from projections.kept_scores import Kept, Memory
from projections.reach import Pair, Reach
from projections.tree_json import points_json, root_of, tree_json


@dataclass(frozen=True, slots=True)
class Work:
    """A pair to be scored: `before` is what it was, if its plan still holds, and then only `measured` is measured."""

    pair: Pair
    changed_at: int
    plan: Plan
    before: Kept | None
    measured: Collection[KpiId]


def work_of(reach: Reach, memory: Memory, pair: Pair, changed_at: int) -> Work:
    """What there is to do for a pair that was touched."""
    kept = memory.pairs.get(pair)
    if kept is None or kept.plan.definitions is not reach.definitions or pair not in reach.changed:
        planned = plan(reach.definitions, *pair)
        return Work(pair, changed_at, planned, None, planned.gauges.keys())
    return Work(pair, changed_at, kept.plan, kept, reach.changed[pair] & kept.plan.gauges.keys())


def cells_of(works: Iterable[Work]) -> Iterator[Cell]:
    """The cells whose values they look at."""
    for work in works:
        for kpi in work.measured:
            gauge = work.plan.gauges[kpi]
            yield from gauge.cells
            yield from gauge.back


def row_of(work: Work, memory: Memory) -> Mapping[str, object]:
    """The pair scored with every period taken as ended, by column; the memory has its cells, and keeps it."""
    planned = work.plan
    as_of = planned.definitions.calendar.ends_at(planned.period)
    measured = leaves(planned, memory.values.cells, as_of, work.measured)
    every = measured if work.before is None else {**work.before.leaves, **measured}
    tree = roll_up(planned, every, as_of)
    root = root_of(tree, None if work.before is None else work.before.root, memory.values.written)
    design = _designed(planned) if work.before is None else work.before.designed
    memory.put(work.pair, Kept(planned, design, every, root))
    return {
        "scorecard": tree.scorecard,
        "period": tree.period.text,
        "changed_at": work.changed_at,
        "lengthy": planned.lengthy,
        "version": tree.version,
        "tree": tree_json(tree, work.changed_at, root),
        "nodes": points_json(root),
        "balance": None if tree.root is None else msgspec.json.encode(view_of(tree, balance_of(design, tree.root))),
    }


def _designed(planned: Plan) -> Designed | None:
    if planned.structure is None:
        return None
    return designed(planned.definitions, planned.scorecard, planned.period, "in_force")
