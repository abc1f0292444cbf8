"""Trend against the previous comparable period (hard-cases.md H3.14)."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from domain.scoring.trend import kpi_differences, tree_differences, trend
from tests.domain.scoring.build import (
    LEVEL,
    TO_TARGET,
    D,
    definitions,
    kpi,
    kpis,
    only,
    root,
    scale,
    scorecard,
    scored,
    values,
    version,
)


@pytest.mark.parametrize(
    ("now", "before", "word"),
    [
        (70, 60, "up"),
        (60, 70, "down"),
        (60, 60, "level"),
        (None, 60, "unknown"),
        (60, None, "unknown"),
        (0, 0, "level"),
    ],
)
def test_trend_is_the_sign_of_the_change(now: int | None, before: int | None, word: str) -> None:
    assert trend(None if now is None else D(now), None if before is None else D(before)) == word


def test_a_difference_beyond_twenty_decimals_is_none() -> None:
    assert trend(Decimal("69." + "9" * 40), D(70)) == "level"
    assert trend(Decimal("69." + "9" * 20), D(70)) == "down"


def test_a_kpi_that_wants_a_range_improves_by_coming_nearer_from_above() -> None:
    best_at_ten = kpi("K", LEVEL, scale((0, 0), (10, 100), (20, 0)))
    entered = values({"K": {"2026-01": 18, "2026-02": 12}})
    before, now = (only(best_at_ten, entered, month).raw_score for month in ("2026-01", "2026-02"))
    assert trend(now, before) == "up"


def test_what_differs_besides_the_value_is_named() -> None:
    entered = values({"K": {"2026-01": 5, "2026-02": 5}})
    same = kpi("K", LEVEL, TO_TARGET, {"2026-01": 10, "2026-02": "10.0"})
    moved = kpi("K", LEVEL, TO_TARGET, {"2026-01": 10, "2026-02": 20})
    january, february = (only(same, entered, month) for month in ("2026-01", "2026-02"))
    assert kpi_differences(february, january) == ()
    assert kpi_differences(only(moved, entered, "2026-02"), january) == ("target",)
    trace = replace(january.trace, definition_position=99, scale_position=98)
    assert kpi_differences(replace(february, trace=trace), january) == ("definition", "scale")


def test_a_version_or_policy_that_differs_is_named() -> None:
    card = scorecard(version(1, root(placed={"K": 1})), version(2, root(placed={"K": 1}), date(2026, 2, 1)))
    known = definitions(card, kpis("K"))
    january, february, march = (scored(known, {}, month) for month in ("2026-01", "2026-02", "2026-03"))
    assert tree_differences(february, january) == ("version",)
    assert tree_differences(march, february) == ()
    assert tree_differences(replace(march, policy_position=77), february) == ("policy",)
