"""Trend against the previous comparable period."""

from decimal import Decimal

import pytest

from domain.scoring.trend import trend
from tests.domain.scoring.build import (
    LEVEL,
    D,
    kpi,
    only,
    scale,
    values,
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
