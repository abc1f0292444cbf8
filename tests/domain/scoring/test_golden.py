"""Published and recomputed examples."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from domain.kpi.events import Target
from domain.kpi.presets import compiled
from domain.kpi.presets import fixed as at
from domain.kpi.scale import Scale
from domain.policy import MissingData
from domain.scorecard.state import Node
from domain.scoring.bands import shown
from domain.scoring.tree import State
from tests.domain.scoring.build import (
    LEVEL,
    NA,
    PROGRESS,
    RATIO,
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
    scorecard,
    scored,
    top,
    values,
    version,
)


def goal_red(goal: int, red: int) -> Scale:
    return compiled("goal_red", {"red": at(red), "goal": at(goal)}, LEVEL)


@pytest.mark.parametrize(
    ("goal", "red", "actual", "score"),
    [
        (700, 500, 300, Fraction(0)),
        (700, 500, 900, Fraction(100)),
        (700, 500, 500, Fraction(100, 3)),
        (700, 500, 700, Fraction(200, 3)),
        (700, 500, 600, Fraction(50)),
        (700, 500, 1000, Fraction(100)),
        (260_000, 255_000, 257_500, Fraction(50)),
        (500, 700, 600, Fraction(50)),
        (500, 700, 300, Fraction(100)),
    ],
)
def test_g1_goal_and_red_flag_are_exact(goal: int, red: int, actual: int, score: Fraction) -> None:
    result = only(kpi("K", of_scale=goal_red(goal, red)), now({"K": actual}))
    assert exactly(result.score) == score
    if score.denominator == 1:
        assert result.score == score.numerator


HOSPITALS = [
    ("010001", ("60", "45", "40", "0"), "36.25"),
    ("010005", ("38", "35", "40", "0"), "28.25"),
    ("010006", ("22", "25", "56", "0"), "25.75"),
    ("050454", ("78", "44", "8", "0"), "32.5"),
    ("220071", ("92", "44", "14", "0"), "37.5"),
    ("240010", ("88", "90", "32", "20"), "57.5"),
    ("360180", ("80", "50", "26", "20"), "44"),
    ("010007", ("6.666666666667", "52", NA, "0"), "19.555555555556"),
    ("010034", ("50", "49", NA, "100"), "66.333333333333"),
    ("010087", (NA, "26", "58", "0"), "28"),
    ("050763", ("96.666666666667", NA, "66.666666666667", "0"), "54.444444444445"),
    ("360185", ("30", "45", "42.5", NA), "39.166666666667"),
]
DOMAINS = ("clinical", "engagement", "safety", "efficiency")


@pytest.mark.parametrize(("ccn", "entered", "total"), HOSPITALS)
def test_g3_hospital_totals_to_twelve_decimals(ccn: str, entered: tuple[str, ...], total: str) -> None:
    """050763 was published one unit lower (54.444444444444), from domain scores that were not rounded yet."""
    known = definitions(root(*(node(domain, 25, {domain: 1}) for domain in DOMAINS)), kpis(*DOMAINS))
    result = top(known, now(dict(zip(DOMAINS, entered, strict=True))))
    assert result.raw_score is not None
    assert Decimal(shown(result.raw_score, 12)) == Decimal(total), ccn
    assert result.state is State.COMPLETE


def test_g4_weights_of_a_missing_domain_go_to_the_others_in_proportion() -> None:
    weights = {"A": 10, "B": 25, "C": 40, "D": 25}
    result = top(definitions(root(placed=weights), kpis(*weights)), now({"A": 1, "B": 1, "C": 1}))
    shares = [child.applied_share for child in result.children]
    assert [exactly(share) for share in shares[:3]] == [Fraction(10, 75), Fraction(25, 75), Fraction(40, 75)]
    assert shares[3] is None
    assert [shown(share * 100, 1) for share in shares[:3] if share is not None] == ["13.3", "33.3", "53.3"]


def test_g5_quotients_add_numerators_and_denominators_not_percentages() -> None:
    meals = kpi("K", RATIO)
    flights = values({"K": {"2026-01": (2, 4), "2026-02": (2, 100)}})
    assert only(meals, flights, "2026-01").value == 50
    assert only(meals, flights, "2026-02").value == 2
    quarter = only(meals, flights, "2026-Q1", as_of="2026-03-01")
    assert quarter.value is not None
    assert exactly(quarter.value) == Fraction(400, 104)
    assert shown(quarter.value, 1) == "3.8"


@pytest.mark.parametrize(("scores", "mean"), [((50, 50, 25, 25, 0), 30), ((50, 50, 0, 0), 25)])
def test_g6_children_average(scores: tuple[int, ...], mean: int) -> None:
    codes = [f"K{index}" for index in range(len(scores))]
    known = definitions(root(placed=dict.fromkeys(codes, 1)), kpis(*codes))
    assert top(known, now(dict(zip(codes, scores, strict=True)))).score == mean


def test_g10_a_negative_target_is_progress_from_its_baseline() -> None:
    profit = kpi("K", of_scale=PROGRESS, targets={"2026-01": Target(Decimal(-2), Decimal(-5))})
    result = only(profit, now({"K": 3}))
    assert (result.score, result.raw_score) == (D(100), D(100))
    assert result.achievement is not None
    assert exactly(result.achievement) == Fraction(800, 3)
    assert shown(result.achievement, 1) == "266.7"


@pytest.mark.parametrize(("policy", "score"), [(MissingData.PROPORTIONAL, 50), (MissingData.ZERO, Fraction(100, 3))])
def test_g11_a_null_is_left_out_or_counts_as_zero(policy: MissingData, score: Fraction) -> None:
    known = definitions(root(placed={"A": 1, "B": 1, "C": 1}), kpis("A", "B", "C"), policy)
    assert exactly(top(known, now({"A": 30, "B": 70})).score) == score


ACTUALS: dict[str, tuple[int, int, int, int, int, int]] = {
    "2014": (64, 75, 71, 81, 90, 97),
    "2015": (55, 63, 48, 66, 70, 81),
    "2016": (57, 65, 55, 70, 75, 86),
    "2017": (61, 67, 60, 74, 79, 90),
    "2018": (70, 69, 65, 78, 84, 89),
}
KPIS = ("K1", "K2", "K3", "K4", "K5", "K6")


def demo_company(*weights: int) -> Node:
    financial, customer, internal, learning = weights
    return root(
        node(
            "financial",
            financial,
            nodes=(objective("turnover", 50, {"K1": 1}), objective("investment", 50, {"K2": 50, "K3": 50})),
        ),
        node("customer", customer, nodes=(objective("satisfaction", 1, {"K4": 1}),)),
        node("internal", internal, nodes=(objective("processes", 1, {"K5": 1}),)),
        node("learning", learning, nodes=(objective("skills", 1, {"K6": 1}),)),
    )


def actuals(**changed: dict[str, int]) -> dict[str, dict[str, int]]:
    found = {code: {year: row[index] for year, row in ACTUALS.items()} for index, code in enumerate(KPIS)}
    for code, series in changed.items():
        found[code] = {**found[code], **series}
    return found


def company(year: str, *weights: int, **changed: dict[str, int]) -> Decimal | None:
    known = definitions(demo_company(*weights), kpis(*KPIS, definition=YEARLY))
    return top(known, values(actuals(**changed)), year).score


@pytest.mark.parametrize(
    ("year", "vision"),
    [("2014", "84.125"), ("2015", "68.0625"), ("2016", "72.375"), ("2017", "76.3125"), ("2018", "79.875")],
)
def test_g17_the_vision_of_every_year(year: str, vision: str) -> None:
    assert company(year, 25, 25, 25, 25) == Decimal(vision)


def test_g17_with_k3_of_2016_at_50() -> None:
    assert company("2016", 25, 25, 25, 25, K3={"2016": 50}) == Decimal("72.0625")


def test_g17_financial_2016_is_the_mean_of_its_objectives() -> None:
    known = definitions(demo_company(25, 25, 25, 25), kpis(*KPIS, definition=YEARLY))
    assert find(top(known, values(actuals()), "2016"), "financial").score == Decimal("58.5")


@pytest.mark.parametrize(("year", "vision"), [("2016", "72.375"), ("2017", "73.5"), ("2018", "77.6")])
def test_g17_new_weights_from_2017_leave_the_years_before_alone(year: str, vision: str) -> None:
    card = scorecard(
        version(1, demo_company(25, 25, 25, 25)), version(2, demo_company(40, 20, 20, 20), date(2017, 1, 1))
    )
    known = definitions(card, kpis(*KPIS, definition=YEARLY))
    tree = scored(known, values(actuals()), year)
    assert tree.root is not None
    assert tree.root.score == Decimal(vision)
    assert tree.version == (1 if year == "2016" else 2)
