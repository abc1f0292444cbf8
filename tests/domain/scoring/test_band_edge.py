"""A score of exactly 70 is green, whatever the digits say."""

from decimal import Decimal

from domain.policy import DEFAULT_BANDS
from domain.scoring.bands import band_of
from domain.scoring.tree import State
from domain.values import q
from tests.domain.scoring.build import definitions, kpis, node, now, objective, root, top


def test_example_1_of_the_hard_cases_is_green() -> None:
    known = definitions(
        root(node("P", 4, {"A": 4, "B": 3}), node("Q", 2, {"C": 1, "D": 2, "E": 4})), kpis("A", "B", "C", "D", "E")
    )
    result = top(known, now({"A": 75, "B": 65, "C": 60, "D": 60, "E": 75}))
    assert q(result.raw_score or Decimal(0)) == 70
    assert result.band == "green"


def test_a_root_that_misses_70_at_fifty_digits_is_green() -> None:
    """Sevenths below elevenths: exactly 70, and 69.99...9 in fifty digits; only q() sees it."""
    known = definitions(
        root(
            node("P", 2, nodes=(objective("O1", 5, {"A": 4, "B": 3}), objective("O2", 6, {"C": 4, "D": 3}))),
            node("Q", 6, nodes=(objective("O3", 5, {"E": 4, "F": 3}), objective("O4", 6, {"G": 4, "H": 3}))),
        ),
        kpis(*"ABCDEFGH"),
    )
    entered = dict(zip("ABCDEFGH", (55, 90, 40, 50, 40, 80, 100, 75), strict=True))
    result = top(known, now(entered))
    assert result.raw_score is not None
    assert result.raw_score < 70, "the case is there to catch a missing q(); find another one"
    assert q(result.raw_score) == 70
    assert (result.band, result.band_of_score) == ("green", "green")


def test_bands_are_half_open_and_the_last_is_closed() -> None:
    edges = {"0": "red", "49.99": "red", "50": "amber", "69.99": "amber", "70": "green", "100": "green"}
    assert {text: band_of(Decimal(text), DEFAULT_BANDS) for text in edges} == edges


def test_coverage_of_exactly_the_minimum_is_enough_though_fifty_digits_fall_short() -> None:
    """3/12 of 7/11 and 9/12 of 5/11 are a half, and 0.49...9 in fifty digits."""
    known = definitions(root(node("P", 3, {"A": 7, "B": 4}), node("Q", 9, {"C": 6, "D": 5})), kpis(*"ABCD"))
    result = top(known, now({"A": 90, "D": 90}))
    assert result.coverage is not None
    assert result.coverage < Decimal("0.5"), "the case is there to catch a missing q(); find another one"
    assert (result.state, result.score) == (State.INCOMPLETE, Decimal(90))
