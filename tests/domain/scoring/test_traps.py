"""The ten traps, each as a test that fails where the trap is stepped into."""

from dataclasses import replace
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import permutations

import pytest

from domain.kpi.events import Direction
from domain.kpi.presets import compiled
from domain.policy import DEFAULT_BANDS, MissingData
from domain.scoring.bands import band_of
from domain.scoring.tree import State
from domain.values import q
from tests.domain.scoring.build import (
    DIRECT,
    LEVEL,
    YEARLY,
    D,
    definitions,
    exactly,
    find,
    kpi,
    kpis,
    node,
    now,
    objective,
    only,
    root,
    scale,
    top,
    values,
)


def test_1_every_score_lies_in_exactly_one_band() -> None:
    """Published bands had gaps (33.5 in none) and overlaps (66 in two)."""
    bounds = [*(band.lower for band in DEFAULT_BANDS), Decimal(101)]
    ranges = list(zip((band.name for band in DEFAULT_BANDS), bounds, bounds[1:], strict=False))
    for cents in range(0, 10_001, 5):
        score = Decimal(cents) / 100
        assert [name for name, low, high in ranges if low <= score < high] == [band_of(score, DEFAULT_BANDS)]


def test_2_a_target_of_the_value_is_not_a_threshold_of_the_score() -> None:
    """A KPI that misses its target is green where its score lies in the green band, and meets it in red."""
    lenient = kpi("K", of_scale=scale((0, 0), (100, 100)), targets={"2026-01": 90})
    assert only(lenient, now({"K": 80})).band == "green"
    strict = kpi("K", of_scale=scale((0, 0), (1000, 100)), targets={"2026-01": 90})
    assert only(strict, now({"K": 95})).band == "red"


def test_3_direction_changes_the_score_and_not_an_arrow_only() -> None:
    fewer = replace(LEVEL, direction=Direction.LOWER)
    assert only(kpi("K", fewer, compiled("direct", {}, fewer)), now({"K": 75})).score == 25


@pytest.mark.parametrize("times", [1, 2, 7])
def test_4_weights_that_do_not_add_up_to_100_do_not_deflate(times: int) -> None:
    placed = {"A": 30 * times, "B": 20 * times}
    assert top(definitions(root(placed=placed), kpis("A", "B")), now({"A": 80, "B": 80})).score == 80


def test_5_order_and_arithmetic_cannot_change_a_band_edge() -> None:
    """Floats gave 69.99999999999999 in some orders of the same children."""
    scores = {"A": "70.1", "B": "69.9", "C": "70.2", "D": "69.8"}
    seen = set()
    for order in permutations(scores):
        known = definitions(root(placed=dict.fromkeys(order, "0.1")), kpis(*scores))
        seen.add(top(known, now(dict(scores))).band)
    assert seen == {"green"}


def test_6_nothing_is_rounded_on_the_way_up() -> None:
    """Rounded at two decimals per level the root would be 66.67 * 0.5 + 33.34 * 0.5, not 50."""
    known = definitions(
        root(node("P", placed={"A": 2, "B": 1}), node("Q", placed={"C": 1, "D": 2})), kpis("A", "B", "C", "D")
    )
    result = top(known, now({"A": 100, "B": 0, "C": 100, "D": 0}))
    assert q(result.raw_score or Decimal(0)) == 50
    assert exactly(find(result, "P").raw_score) == Fraction(200, 3)


def test_7_one_kpi_has_one_frequency_and_other_rows_do_not_enter() -> None:
    """A yearly value of a monthly KPI is not averaged with its months; the month's value stays its own."""
    mixed = values({"K": {"2026-01": 40, "2026-02": 60, "2026": 1000, "2026-Q1": 500}})
    assert only(kpi("K"), mixed, "2026-Q1", as_of="2026-03-01").value == 50
    assert only(kpi("K", YEARLY), mixed, "2026").value == 1000


def test_8_a_branch_without_anything_vanishes_and_does_not_count_as_zero() -> None:
    known = definitions(root(node("P", placed={"A": 1}), node("empty", nodes=(objective("O"),))), kpis("A"))
    result = top(known, now({"A": 80}))
    assert (result.score, result.state) == (D(80), State.COMPLETE)
    assert find(result, "empty").state is State.NOT_APPLICABLE


def test_8_a_branch_of_which_nothing_is_scored_is_empty_and_its_weight_goes_to_the_others() -> None:
    known = definitions(root(node("P", placed={"A": 1}), node("Q", placed={"B": 1})), kpis("A", "B"))
    result = top(known, now({"A": 80}))
    assert (result.score, result.coverage) == (D(80), D("0.5"))
    assert find(result, "Q").state is State.EMPTY
    assert top(known, now({})).state is State.EMPTY


def test_9_weights_that_are_all_zero_divide_nothing() -> None:
    known = definitions(root(placed={"A": 0, "B": 0}), kpis("A", "B"))
    result = top(known, now({"A": 10, "B": 20}))
    assert (result.state, result.score, result.coverage) == (State.NOT_APPLICABLE, None, None)


def test_9_weight_zero_for_every_child_with_a_score_is_empty() -> None:
    result = top(definitions(root(placed={"A": 0, "B": 5}), kpis("A", "B")), now({"A": 10}))
    assert (result.state, result.score, result.coverage) == (State.EMPTY, None, D(0))
    assert [(child.score, child.applied_share) for child in result.kpis()] == [(D(10), None), (None, None)]


@pytest.mark.parametrize("policy", list(MissingData))
def test_10_zero_is_a_value(policy: MissingData) -> None:
    known = definitions(root(placed={"A": 1, "B": 1}), kpis("A", "B"), policy)
    result = top(known, now({"A": 0, "B": 100}))
    assert (result.score, result.coverage, result.state) == (D(50), D(1), State.COMPLETE)


def test_the_threads_own_context_is_never_used() -> None:
    known = definitions(root(placed={"A": 3, "B": 4}), [kpi("A", of_scale=DIRECT), kpi("B", of_scale=DIRECT)])
    plain_run = top(known, now({"A": 10, "B": 11}))
    with localcontext() as narrow:
        narrow.prec = 5
        assert top(known, now({"A": 10, "B": 11})) == plain_run
