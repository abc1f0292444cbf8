"""What the anchors of presets score: published examples, and the edges of steps."""

from dataclasses import replace
from decimal import Decimal, localcontext

import pytest

from domain.kpi.events import Aggregation, Definition, Direction, Kind
from domain.kpi.presets import STRETCH, compiled, fixed
from domain.kpi.scale import Point
from domain.scoring.scale import Aim, Judged, fill, judge
from domain.values import ARITHMETIC
from tests.domain.kpi.given import DEFINITION, kind

LOWER = replace(DEFINITION, direction=Direction.LOWER)
RED_500 = {"red": fixed(500)}
GOAL_700 = Aim(Decimal(700))


def judged(
    preset: str, arguments: dict[str, Point], aim: Aim, value: int | str, definition: Definition = DEFINITION
) -> Judged:
    with localcontext(ARITHMETIC):
        filled = fill(compiled(preset, arguments, definition), aim, 1)
        assert filled is not None
        return judge(filled, Decimal(value))


@pytest.mark.parametrize(("value", "score"), [(300, 0), (600, 50), (900, 100), (1000, 100), (200, 0)])
def test_goal_and_red_flag_score_as_published(value: int, score: int) -> None:
    assert judged("goal_red", RED_500, GOAL_700, value).score == score


@pytest.mark.parametrize(("value", "thirds"), [(500, 1), (700, 2)])
def test_red_is_a_third_and_the_goal_two_thirds(value: int, thirds: int) -> None:
    with localcontext(ARITHMETIC):
        assert judged("goal_red", RED_500, GOAL_700, value).score == Decimal(100 * thirds) / 3


@pytest.mark.parametrize(("value", "score"), [(600, 50), (300, 100)])
def test_the_goal_may_lie_below_the_red_flag(value: int, score: int) -> None:
    assert judged("goal_red", {"red": fixed(700), "goal": fixed(500)}, Aim(), value, LOWER).score == score


def test_a_negative_target_is_judged_from_the_baseline() -> None:
    result = judged("maximise", {}, Aim(Decimal(-2), Decimal(-5)), 3)
    with localcontext(ARITHMETIC):
        assert (result.score, result.achievement) == (Decimal(100), Decimal(800) / 3)


@pytest.mark.parametrize(("value", "score"), [(0, 0), (100, 70), (150, 100), (125, 85), (50, 35)])
def test_with_a_stretch_the_target_scores_70(value: int, score: int) -> None:
    aim = Aim(Decimal(100), Decimal(0), Decimal(150))
    assert judged("maximise", {"stretch": STRETCH}, aim, value).score == score


@pytest.mark.parametrize(("value", "score"), [("9.99", 100), (10, 100), ("10.01", 0), (11, 0), (12, 0)])
def test_at_most_10_is_met_by_10_and_missed_by_any_more(value: str, score: int) -> None:
    assert judged("binary", {"at_most": fixed(10)}, Aim(), value, LOWER).score == score


@pytest.mark.parametrize(("value", "score"), [(8, 0), ("9.99", 0), (10, 100), (11, 100)])
def test_at_least_10_is_met_by_10_and_missed_by_any_less(value: str, score: int) -> None:
    assert judged("binary", {"at_least": fixed(10)}, Aim(), value).score == score


@pytest.mark.parametrize(("value", "score"), [(0, 0), (1, 0), ("1.5", 50), (2, 100), (3, 100), ("3.5", 50), (4, 0)])
def test_a_range_rises_holds_and_falls(value: str, score: int) -> None:
    arguments = {"low_red": fixed(1), "low": fixed(2), "high": fixed(3), "high_red": fixed(4)}
    assert judged("range", arguments, Aim(), value).score == score


def test_the_ends_of_a_survey_are_0_and_100() -> None:
    survey = kind(Kind.SURVEY, Aggregation.MEAN)
    assert [judged("survey", {}, Aim(), value, survey).score for value in (1, 3, 5)] == [0, 50, 100]
