"""Policies about missing data, weights, coverage and states."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from domain.kpi.scale import Point
from domain.kpi.state import Kpi
from domain.policy import MissingData, Policy, PolicyKnown
from domain.scorecard.events import Rollup, RollupRule
from domain.scorecard.state import Card
from domain.scoring.bands import shown
from domain.scoring.tree import State
from tests.domain.scoring.build import (
    FLOW,
    LEVEL,
    LONG_AGO,
    NA,
    RATIO,
    TARGET,
    TO_TARGET,
    D,
    definitions,
    exactly,
    find,
    find_kpi,
    kpi,
    kpis,
    node,
    now,
    only,
    root,
    scale,
    scored,
    top,
    values,
)

CARRY = MissingData.CARRY
PARTS = {"A": 40, "B": 30, "C": 30}


@pytest.mark.parametrize(
    ("policy", "result"),
    [
        (MissingData.PROPORTIONAL, "71.43"),
        (MissingData.EVEN, "71.00"),
        (MissingData.ZERO, "50.00"),
        (MissingData.BLANK, None),
        (MissingData.CARRY, "71.43"),
    ],
)
def test_what_each_policy_makes_of_40_30_30_with_80_60_and_missing(policy: MissingData, result: str | None) -> None:
    root_score = top(definitions(root(placed=PARTS), kpis(*PARTS), policy), now({"A": 80, "B": 60}))
    assert (None if root_score.score is None else shown(root_score.score, 2)) == result
    assert root_score.coverage == D("0.7")


def test_effective_weights_of_proportional_and_even() -> None:
    shares = {}
    for policy in (MissingData.PROPORTIONAL, MissingData.EVEN):
        children = top(definitions(root(placed=PARTS), kpis(*PARTS), policy), now({"A": 80, "B": 60})).children
        shares[policy] = [None if c.applied_share is None else exactly(c.applied_share) for c in children]
    assert shares[MissingData.PROPORTIONAL] == [Fraction(4, 7), Fraction(3, 7), None]
    assert shares[MissingData.EVEN] == [Fraction(55, 100), Fraction(45, 100), None]


def test_carry_takes_the_last_counted_value_and_leaves_coverage() -> None:
    known = definitions(root(placed=PARTS), kpis(*PARTS), MissingData.CARRY)
    result = top(known, values({"A": {"2026-03": 80}, "B": {"2026-03": 60}, "C": {"2026-01": 90}}), "2026-03")
    assert (result.score, result.coverage, result.state) == (D(77), D("0.7"), State.INCOMPLETE)
    carried = find_kpi(result, "C")
    assert (carried.carried, carried.score, carried.coverage, carried.state) == (True, D(90), D(0), State.INCOMPLETE)
    assert [value.period.text for value in carried.trace.values] == ["2026-01"]
    assert (carried.counted, carried.expected, carried.reason) == (0, 1, "carried")


def test_a_denominator_of_zero_is_a_value_and_not_carried_over() -> None:
    result = only(kpi("K", RATIO), values({"K": {"2026-01": (1, 2), "2026-02": (1, 0)}}), "2026-02", policy=CARRY)
    assert (result.state, result.carried) == (State.ERROR, False)


def test_a_value_that_had_no_target_was_not_counted_and_is_not_carried() -> None:
    near = scale((Point(fixed=D(-10), target=D(1)), 0), (TARGET, 100))
    of_kpi = kpi("K", of_scale=near, targets={"2026-01": 100})
    result = only(of_kpi, values({"K": {"2026-01": 95, "2026-02": 90}}), "2026-03", policy=CARRY)
    assert [value.period.text for value in result.trace.values] == ["2026-01"]
    assert result.score == 50


def test_without_a_scale_nothing_was_counted_and_nothing_is_carried() -> None:
    earlier = values({"K": {"2026-01": 95}})
    for of_kpi in (kpi("K", of_scale=None), kpi("K", replace(LEVEL, scored=False))):
        result = only(of_kpi, earlier, "2026-02", policy=CARRY)
        assert (result.value, result.carried, result.score) == (None, False, None)


def test_a_value_older_than_the_policy_allows_is_not_carried() -> None:
    known = definitions(root(placed=PARTS), kpis(*PARTS), MissingData.CARRY)
    result = top(known, values({"A": {"2026-04": 80}, "B": {"2026-04": 60}, "C": {"2026-01": 90}}), "2026-04")
    assert shown(result.score or D(0), 2) == "71.43"


def test_a_value_is_carried_with_its_own_target() -> None:
    behind = kpi("K", of_scale=TO_TARGET, targets={"2026-01": 100, "2026-02": 200})
    assert only(behind, values({"K": {"2026-01": 50}}), "2026-02", policy=MissingData.CARRY).score == 50


def test_a_carried_value_does_not_enter_a_longer_period() -> None:
    result = only(kpi("K", FLOW), values({"K": {"2026-01": 50}}), "2026-Q1", policy=MissingData.CARRY)
    assert (result.value, result.counted, result.expected, result.carried) == (D(50), 1, 3, False)
    assert only(kpi("K"), values({"K": {"2025-12": 50}}), "2026-Q1", policy=MissingData.CARRY).state is State.EMPTY


def test_a_not_applicable_period_is_not_filled_by_carrying() -> None:
    result = only(kpi("K"), values({"K": {"2026-01": 50, "2026-02": NA}}), "2026-02", policy=MissingData.CARRY)
    assert (result.state, result.reason) == (State.NOT_APPLICABLE, "not_applicable")


def test_a_node_of_carried_values_only_is_incomplete_and_below_the_minimum_it_is_insufficient() -> None:
    """Minimum coverage asks how much weight entered the score, carried or not."""
    all_carried = definitions(root(placed={"A": 1}), kpis("A"), MissingData.CARRY)
    result = top(all_carried, values({"A": {"2026-01": 80}}), "2026-02")
    assert (result.state, result.score, result.coverage) == (State.INCOMPLETE, D(80), D(0))
    few = definitions(root(placed=dict.fromkeys("ABCDE", 1)), kpis(*"ABCDE"), MissingData.CARRY)
    result = top(few, values({"A": {"2026-01": 80}, "B": {"2026-02": 80}}), "2026-02")
    assert (result.state, result.score, result.raw_score) == (State.INSUFFICIENT, None, D(80))


def test_zero_counts_every_applicable_leaf_without_a_value_and_calls_the_node_incomplete() -> None:
    known = definitions(
        root(node("P", placed={"A": 1, "B": 1}), node("Q", placed={"C": 1})), kpis(*"ABC"), MissingData.ZERO
    )
    result = top(known, now({"A": 80}))
    assert (result.score, result.state, result.coverage) == (D(20), State.INCOMPLETE, D("0.25"))
    leaf = find_kpi(result, "C")
    assert (leaf.state, leaf.score, leaf.band, leaf.flags) == (State.INCOMPLETE, D(0), "red", ("as_zero",))
    assert find(result, "Q").score == 0


def test_under_zero_a_leaf_in_error_contributes_zero_and_stays_in_error() -> None:
    known = definitions(root(placed={"A": 1, "B": 1}), [kpi("A"), kpi("B", RATIO)], MissingData.ZERO)
    result = top(known, now({"A": 80, "B": (1, 0)}))
    assert (result.score, result.state, result.errors) == (D(40), State.INCOMPLETE, 1)
    leaf = find_kpi(result, "B")
    assert (leaf.state, leaf.reason, leaf.raw_score, leaf.score) == (State.ERROR, "division_by_zero", D(0), None)


def test_a_leaf_in_error_is_uncounted_and_the_nodes_above_say_how_many() -> None:
    known = definitions(root(node("P", placed={"A": 1, "B": 1})), [kpi("A"), kpi("B", RATIO)])
    result = top(known, now({"A": 80, "B": (1, 0)}))
    assert (result.score, result.state, result.coverage, result.errors) == (D(80), State.INCOMPLETE, D("0.5"), 1)


def test_blank_leaves_a_node_with_an_unscored_applicable_child_empty() -> None:
    known = definitions(
        root(node("P", placed={"A": 1, "B": 1}), node("Q", placed={"C": 1})), kpis(*"ABC"), MissingData.BLANK
    )
    result = top(known, now({"A": 80, "C": 60}))
    p, q_node = find(result, "P"), find(result, "Q")
    assert (p.state, p.reason, p.raw_score, p.coverage) == (State.EMPTY, "blank", None, D("0.5"))
    assert (q_node.state, q_node.score) == (State.COMPLETE, D(60))
    assert (result.state, result.reason) == (State.EMPTY, "blank")
    assert (top(known, now({})).state, top(known, now({})).reason) == (State.EMPTY, "blank")


def test_blank_asks_nothing_of_what_is_not_applicable() -> None:
    known = definitions(root(placed={"A": 1, "B": 1}), kpis("A", "B"), MissingData.BLANK)
    assert top(known, now({"A": 80, "B": NA})).score == 80


def test_missing_weight_is_spread_per_level_and_not_over_leaves() -> None:
    """70, as the weight goes to siblings; spread over all leaves it would be 73.33."""
    known = definitions(root(node("P", 50, {"a": 50, "b": 50}), node("Q", 50, {"c": 1})), kpis("a", "b", "c"))
    result = top(known, now({"a": 60, "c": 80}))
    assert (result.score, result.coverage, result.state) == (D(70), D("0.75"), State.INCOMPLETE)


def test_an_insufficient_child_still_counts_with_its_raw_score() -> None:
    """It has no score of its own to show, and 90 enters the parent with the whole weight of the child."""
    known = definitions(
        root(node("P", 40, {"a": 1, "b": 1, "c": 1}), node("Q", 60, {"d": 1})), kpis("a", "b", "c", "d")
    )
    result = top(known, now({"a": 90, "d": 50}))
    p = find(result, "P")
    assert (p.state, p.score, p.band, p.raw_score) == (State.INSUFFICIENT, None, None, D(90))
    assert exactly(p.coverage) == Fraction(1, 3)
    assert (result.score, result.state) == (D(66), State.INCOMPLETE)
    assert exactly(result.coverage) == Fraction(11, 15)


def test_coverage_of_exactly_the_minimum_is_sufficient() -> None:
    result = top(definitions(root(placed={"A": 1, "B": 1}), kpis("A", "B")), now({"A": 90}))
    assert (result.state, result.score) == (State.INCOMPLETE, D(90))


def test_a_minimum_of_zero_never_hides_a_score() -> None:
    known = definitions(root(placed=dict.fromkeys("ABCD", 1)), kpis(*"ABCD"), Policy(minimum_coverage=D(0)))
    assert top(known, now({"A": 90})).score == 90


def test_what_is_not_applicable_leaves_weights_and_coverage_at_every_level() -> None:
    known = definitions(root(node("P", 1, {"A": 1, "B": 1}), node("Q", 1, {"C": 1})), kpis("A", "B", "C"))
    result = top(known, now({"A": 80, "B": 40, "C": NA}))
    assert (result.score, result.coverage, result.state) == (D(60), D(1), State.COMPLETE)
    assert find(result, "Q").state is State.NOT_APPLICABLE
    assert [leaf.leaf_share for leaf in result.kpis()] == [D("0.5"), D("0.5"), D(0)]


def test_a_scorecard_of_which_nothing_is_applicable_is_not_applicable() -> None:
    result = top(definitions(root(placed={"A": 1}), kpis("A")), now({"A": NA}))
    assert (result.state, result.coverage, result.score) == (State.NOT_APPLICABLE, None, None)


@pytest.mark.parametrize(
    ("of_kpi", "reason"),
    [
        (kpi("B", replace(LEVEL, scored=False)), "unscored"),
        (kpi("B", effective_from=date(2026, 2, 1)), "not_in_force"),
        (kpi("B", retired_after=date(2026, 1, 30)), "retired"),
    ],
)
def test_what_is_not_scored_not_in_force_or_retired_is_not_applicable(of_kpi: Kpi, reason: str) -> None:
    known = definitions(root(placed={"A": 1, "B": 9}), [kpi("A"), of_kpi])
    result = top(known, now({"A": 80, "B": 10}))
    assert (result.score, result.coverage, result.state) == (D(80), D(1), State.COMPLETE)
    leaf = find_kpi(result, "B")
    assert (leaf.state, leaf.reason, leaf.score) == (State.NOT_APPLICABLE, reason, None)


def test_a_kpi_retired_on_the_last_day_of_the_period_still_counts() -> None:
    assert only(kpi("K", retired_after=date(2026, 1, 31)), now({"K": 40})).score == 40


def test_an_unscored_kpi_shows_its_value() -> None:
    assert only(kpi("K", replace(LEVEL, scored=False)), now({"K": 40})).value == 40


def test_a_kpi_of_weight_zero_is_scored_and_shown_and_not_counted() -> None:
    result = top(definitions(root(placed={"A": 1, "B": 0}), kpis("A", "B")), now({"A": 80, "B": 10}))
    assert (result.score, result.coverage) == (D(80), D(1))
    leaf = find_kpi(result, "B")
    assert (leaf.score, leaf.applied_share, leaf.leaf_share) == (D(10), None, D(0))
    assert top(definitions(root(placed={"A": 1, "B": 0}), kpis("A", "B")), now({"A": 80})).coverage == 1


def test_the_scorecards_own_rule_goes_before_the_organizations() -> None:
    card = Card(root(placed=PARTS), missing_data=MissingData.ZERO)
    tree = scored(definitions(card, kpis(*PARTS), MissingData.EVEN), now({"A": 80, "B": 60}))
    assert tree.root is not None
    assert (tree.missing_data, tree.root.score) == (MissingData.ZERO, D(50))


def test_the_policy_is_the_one_in_force_on_the_last_day_of_the_period() -> None:
    policies = (
        PolicyKnown(Policy(missing_data=MissingData.ZERO), LONG_AGO, 3),
        PolicyKnown(Policy(missing_data=MissingData.EVEN), date(2026, 2, 1), 4),
    )
    known = definitions(root(placed=PARTS), kpis(*PARTS), policies)
    entered = values({"A": {"2026-01": 80, "2026-02": 80}, "B": {"2026-01": 60, "2026-02": 60}})
    assert [
        (scored(known, entered, text).policy_position, top(known, entered, text).score)
        for text in ("2026-01", "2026-02")
    ] == [
        (3, D(50)),
        (4, D(71)),
    ]


def test_even_gives_what_it_says_under_min_and_self_too() -> None:
    """The worst child and a KPI of its own have no weights to spread."""
    for rollup in (Rollup(RollupRule.MIN), Rollup(RollupRule.SELF, kpi=kpis("B")[0].id)):
        known = definitions(root(placed=PARTS, rollup=rollup), kpis(*PARTS), MissingData.EVEN)
        assert top(known, now({"A": 80, "B": 60})).raw_score == 60
