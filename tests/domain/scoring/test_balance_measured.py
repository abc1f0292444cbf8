"""Balance of what is measured and of what came out."""

from fractions import Fraction

from domain.policy import MissingData
from domain.scoring.balance import balance
from domain.scoring.bands import shown
from tests.domain.scoring.balanced import balanced, part, perspectives, profile
from tests.domain.scoring.build import (
    NA,
    D,
    definitions,
    kpis,
    node,
    root,
    scored,
    values,
)


def test_measurement_is_coverage_times_nearness_of_what_was_counted() -> None:
    """25 x 4 of which two report: 16.7."""
    found = balanced(*perspectives(25, 25, 25, 25), {"K0": 50, "K1": 50})
    assert [part(found.measurement, name) for name in ("coverage", "weights")] == [Fraction(1, 2), Fraction(1, 3)]
    assert found.measurement.value is not None
    assert shown(found.measurement.value, 1) == "16.7"


def test_nothing_counted_is_a_measurement_of_zero() -> None:
    found = balanced(*perspectives(25, 25))
    assert (found.measurement.value, found.measurement.state) == (D(0), "complete")
    assert (balanced(*perspectives(25)).measurement.value) is None


def test_what_is_not_applicable_is_not_missed_by_the_measurement() -> None:
    found = balanced(*perspectives(1, 1, 2), {"K0": 50, "K1": 50, "K2": NA}, profile(1, 1, 2))
    assert [part(found.measurement, name) for name in ("coverage", "weights")] == [1, Fraction(1, 3)]


def test_carried_values_do_not_count_for_the_measurement() -> None:
    of_root, of_kpis = perspectives(1, 1)
    known = definitions(of_root, of_kpis, MissingData.CARRY)
    tree = scored(known, values({"K0": {"2026-02": 50}, "K1": {"2026-01": 50}}), "2026-02")
    assert part(balance(known, tree).measurement, "coverage") == Fraction(1, 2)


def test_outcome_is_100_less_the_spread_and_names_the_weakest() -> None:
    """2016 of the demo company: 72.5, Financial."""
    of_root, of_kpis = perspectives(1, 1, 1, 1)
    found = balanced(of_root, of_kpis, {"K0": "58.5", "K1": 70, "K2": 75, "K3": 86})
    assert (found.outcome.value, found.outcome.weakest, found.outcome.scored) == (D("72.5"), "P0", 4)
    assert (found.outcome.lowest, found.outcome.highest) == (D("58.5"), D(86))


def test_of_equally_weak_perspectives_the_first_is_named() -> None:
    assert balanced(*perspectives(1, 1, 1), {"K0": 70, "K1": 50, "K2": "50.0"}).outcome.weakest == "P1"


def test_outcome_leaves_out_insufficient_and_weightless_perspectives() -> None:
    of_root = root(node("P", 1, {"A": 1, "B": 1, "C": 1}), node("Q", 1, {"D": 1}), node("R", 0, {"E": 1}))
    found = balanced(of_root, kpis(*"ABCDE"), {"A": 10, "D": 50, "E": 90})
    assert (found.outcome.value, found.outcome.scored, found.outcome.undefined) == (None, 1, ("perspectives",))
