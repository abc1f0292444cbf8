"""Rules of roll-up other than the mean, bands and limiters."""

from itertools import permutations

import pytest

from domain.policy import MissingData
from domain.scorecard.events import Limiter, Rollup, RollupRule, Tie
from domain.scoring.tree import NodeScore, State
from domain.values import KpiId
from tests.domain.scoring.build import D, Number, definitions, find, kpis, node, now, root, top

ENTERED = {"A": 80, "B": 60, "C": 20}


def rolled(rollup: Rollup, entered: dict[str, Number], placed: dict[str, Number] | None = None) -> NodeScore:
    weights = placed or dict.fromkeys(entered, 1)
    return top(definitions(root(placed=weights, rollup=rollup), kpis(*weights)), now(dict(entered)))


@pytest.mark.parametrize(("rule", "score", "attaining"), [(RollupRule.MIN, 20, 2), (RollupRule.MAX, 80, 0)])
def test_min_and_max_ignore_the_size_of_weights(rule: RollupRule, score: int, attaining: int) -> None:
    for weights in ({"A": 1, "B": 1, "C": 1}, {"A": 90, "B": 9, "C": 1}):
        result = rolled(Rollup(rule), dict(ENTERED), dict(weights))
        assert result.score == score
        assert [child.applied_share for child in result.children] == [D(int(i == attaining)) for i in range(3)]


def test_min_leaves_out_a_child_of_weight_zero() -> None:
    assert rolled(Rollup(RollupRule.MIN), dict(ENTERED), {"A": 1, "B": 1, "C": 0}).score == 60


@pytest.mark.parametrize("rule", [RollupRule.MIN, RollupRule.MAX])
def test_of_equal_children_the_first_in_order_is_named(rule: RollupRule) -> None:
    result = rolled(Rollup(rule), {"A": 50, "B": 50})
    assert [child.applied_share for child in result.children] == [D(1), D(0)]


def test_children_are_equal_if_they_are_so_by_q() -> None:
    """The second child is exactly 70 too, though fifty digits put it below."""
    nested = node(
        "N",
        1,
        nodes=(
            node("P", 2, nodes=(node("O1", 5, {"A": 4, "B": 3}), node("O2", 6, {"C": 4, "D": 3}))),
            node("Q", 6, nodes=(node("O3", 5, {"E": 4, "F": 3}), node("O4", 6, {"G": 4, "H": 3}))),
        ),
    )
    known = definitions(root(node("first", 1, {"X": 1}), nested, rollup=Rollup(RollupRule.MIN)), kpis(*"ABCDEFGHX"))
    result = top(known, now(dict(zip("ABCDEFGHX", (55, 90, 40, 50, 40, 80, 100, 75, 70), strict=True))))
    assert (find(result, "N").raw_score or D(70)) < 70
    assert [child.applied_share for child in result.children] == [D(1), D(0)]


def test_self_names_a_kpi_beside_nodes() -> None:
    named = Rollup(RollupRule.SELF, kpi=KpiId("B"))
    known = definitions(root(node("P", 1, {"A": 1}), placed={"C": 1, "B": 1}, rollup=named), kpis("A", "B", "C"))
    assert top(known, now(dict(ENTERED))).score == 60


def test_min_keeps_the_coverage_of_all_children() -> None:
    result = rolled(Rollup(RollupRule.MIN), {"A": 80, "B": 60}, {"A": 1, "B": 1, "C": 2})
    assert (result.score, result.coverage, result.state) == (D(60), D("0.5"), State.INCOMPLETE)


def test_self_gives_all_weight_to_the_named_kpi() -> None:
    result = rolled(Rollup(RollupRule.SELF, kpi=KpiId("B")), dict(ENTERED), {"A": 5, "B": 0, "C": 5, "D": 7})
    assert (result.score, result.coverage, result.state) == (D(60), D(1), State.COMPLETE)
    assert [leaf.leaf_share for leaf in result.kpis()] == [D(0), D(1), D(0), D(0)]


def test_self_is_empty_while_its_kpi_has_no_value() -> None:
    result = rolled(Rollup(RollupRule.SELF, kpi=KpiId("D")), dict(ENTERED), {"A": 1, "D": 1})
    assert (result.state, result.coverage) == (State.EMPTY, D(0))


def test_self_under_blank_asks_for_its_own_kpi_only() -> None:
    rollup = Rollup(RollupRule.SELF, kpi=KpiId("A"))
    known = definitions(root(placed={"A": 1, "B": 1}, rollup=rollup), kpis("A", "B"), MissingData.BLANK)
    assert top(known, now({"A": 70})).score == 70


@pytest.mark.parametrize(
    ("scores", "tie", "band"),
    [
        ((90, 80, 10), Tie.WORST, "green"),
        ((90, 60, 10), Tie.WORST, "red"),
        ((90, 60, 10), Tie.BEST, "green"),
        ((90, 60, 60, 90), Tie.WORST, "amber"),
    ],
)
def test_most_frequent_changes_the_band_and_never_the_score(scores: tuple[int, ...], tie: Tie, band: str) -> None:
    entered: dict[str, Number] = {f"K{index}": score for index, score in enumerate(scores)}
    result = rolled(Rollup(RollupRule.MOST_FREQUENT, tie=tie), entered)
    assert result.band == band
    assert result.score == rolled(Rollup(), entered).score
    assert result.band_of_score == rolled(Rollup(), entered).band


def test_most_frequent_counts_neither_children_without_band_nor_of_weight_zero() -> None:
    result = rolled(
        Rollup(RollupRule.MOST_FREQUENT), {"A": 90, "C": 10, "D": 10, "E": 90}, {"A": 1, "B": 1, "C": 0, "D": 0, "E": 1}
    )
    assert result.band == "green"


@pytest.mark.parametrize(
    ("scores", "level", "band"),
    [((100, 100, 60), "green", "green"), ((100, 100, 40), "amber", "amber"), ((100, 100, 60), "amber", "green")],
)
def test_all_at_least_caps_at_its_level(scores: tuple[int, ...], level: str, band: str) -> None:
    """Not all at least green caps at green, which caps nothing; not all at least amber caps at amber."""
    entered: dict[str, Number] = {f"K{index}": score for index, score in enumerate(scores)}
    result = rolled(Rollup(RollupRule.ALL_AT_LEAST, level=level), entered)
    assert (result.band, result.band_of_score) == (band, "green")
    assert bool(result.limited_by) == (band == "amber")


LIMITERS = (Limiter(1, "red", "amber"), Limiter(2, "red", "red"), Limiter(1, "amber", "amber"))


@pytest.mark.parametrize(
    ("scores", "band", "limits"),
    [
        ((100, 100, 100), "green", 0),
        ((100, 100, 40), "amber", 1),
        ((100, 100, 100, 100, 40, 40), "red", 2),
        ((100, 100, 60), "amber", 1),
    ],
)
def test_the_strictest_limiter_wins_in_any_order(scores: tuple[int, ...], band: str, limits: int) -> None:
    entered: dict[str, Number] = {f"K{index}": score for index, score in enumerate(scores)}
    for order in permutations(LIMITERS):
        result = rolled(Rollup(limiters=order), entered)
        assert (result.band, result.band_of_score, len(result.limited_by)) == (band, "green", limits)


def test_in_a_band_means_exactly_that_band() -> None:
    """Two reds are not two ambers."""
    assert (
        rolled(Rollup(limiters=(Limiter(2, "amber", "red"),)), {"A": 100, "B": 100, "C": 10, "D": 10}).limited_by == ()
    )


def test_a_limiter_never_raises_a_band() -> None:
    result = rolled(Rollup(limiters=(Limiter(1, "red", "amber"),)), {"A": 10, "B": 20})
    assert (result.band, result.limited_by) == ("red", ())


def test_limiters_read_the_final_bands_of_children() -> None:
    """P is green by its score and red by its own limiter; that is what the root's limiter sees."""
    p = node("P", 1, {"A": 9, "B": 1}, rollup=Rollup(limiters=(Limiter(1, "red", "red"),)))
    known = definitions(
        root(p, placed={"C": 9}, rollup=Rollup(limiters=(Limiter(1, "red", "amber"),))), kpis("A", "B", "C")
    )
    result = top(known, now({"A": 100, "B": 0, "C": 100}))
    assert (find(result, "P").band, find(result, "P").band_of_score) == ("red", "green")
    assert (result.band, result.band_of_score) == ("amber", "green")


def test_a_limiter_that_names_a_band_the_policy_no_longer_has_limits_nothing() -> None:
    result = rolled(Rollup(limiters=(Limiter(1, "blue", "red"), Limiter(1, "green", "blue"))), {"A": 100})
    assert (result.band, result.limited_by) == ("green", ())
