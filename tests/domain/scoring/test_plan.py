"""A score in steps: what definitions decide, leaves, roll-up; redoing what changed is as good as redoing everything."""

from random import Random

from domain.scoring.inputs import Values
from domain.scoring.plan import Plan, plan
from domain.scoring.score import leaves, roll_up, score
from domain.values import KpiId
from tests.domain.scoring.build import CARD, LONG_AFTER, definitions, kpis, now, period, root
from tests.domain.scoring.cases import ASKED, Case, Cases

CASES = 300
KNOWN = definitions(root(placed={"a": 1, "b": 3}), kpis("a", "b"))
JANUARY = period("2026-01")


def _some(values: Values, chance: Random) -> Values:
    return {cell: known for cell, known in values.items() if chance.random() < 0.7}


def _changed(of: Plan, before: Values, after: Values) -> list[KpiId]:
    """The KPIs of the plan with a value that differs in a cell they look at."""
    cells = {code: (*gauge.cells, *gauge.back) for code, gauge in of.gauges.items()}
    return [code for code, own in cells.items() if any(before.get(cell) != after.get(cell) for cell in own)]


def _again(case: Case, chance: Random) -> int:
    """Scores the case, then changes values and measures the changed KPIs alone; how many were left as they were."""
    made = plan(case.known, ASKED, case.period)
    before, after = _some(case.values, chance), _some(case.values, chance)
    known = leaves(made, before, case.as_of)
    changed = _changed(made, before, after)
    theirs = {cell: after[cell] for code in changed for cell in made.cells if cell[0] == code and cell in after}
    renewed = {**known, **leaves(made, theirs, case.as_of, changed)}
    wanted = score(case.known, after, ASKED, case.period, case.as_of)
    assert roll_up(made, renewed, case.as_of) == wanted
    return len(known) - len(changed)


def test_measuring_only_what_a_value_changed_gives_the_tree_that_measuring_all_anew_gives() -> None:
    left = [_again(Cases(seed).case(), Random(seed)) for seed in range(50_000, 50_000 + CASES)]
    assert sum(left) > CASES, "many leaves were kept"


def test_one_plan_serves_any_values() -> None:
    made = plan(KNOWN, CARD, JANUARY)
    for a in (0, 40, 100):
        tree = roll_up(made, leaves(made, now({"a": a, "b": 80}), LONG_AFTER), LONG_AFTER)
        assert tree == score(KNOWN, now({"a": a, "b": 80}), CARD, JANUARY, LONG_AFTER)


def test_the_leaf_of_an_unchanged_kpi_stays_as_it_was() -> None:
    made = plan(KNOWN, CARD, JANUARY)
    before = leaves(made, now({"a": 50, "b": 80}), LONG_AFTER)
    after = {**before, **leaves(made, now({"a": 60}), LONG_AFTER, [KpiId("a")])}
    assert after[KpiId("b")] is before[KpiId("b")]
    assert after[KpiId("a")].raw == 60
