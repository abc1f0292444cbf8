"""Anchors and targets to scores."""

from dataclasses import replace
from fractions import Fraction

import pytest

from domain.kpi.events import Direction, Kind, Option, Target
from domain.kpi.presets import STRETCH as STRETCH_POINT
from domain.kpi.presets import compiled
from domain.kpi.scale import EqualAnchors, Scale
from domain.policy import DEFAULT_BANDS, Band
from domain.scoring.bands import shown
from domain.scoring.tree import KpiScore, State
from tests.domain.scoring.build import (
    BASELINE,
    LEVEL,
    PROGRESS,
    STRETCH,
    TARGET,
    D,
    Number,
    exactly,
    kpi,
    now,
    only,
    rated,
    scale,
)


def on(of_scale: Scale, value: Number, target: Target | None = None) -> KpiScore:
    targets = {} if target is None else {"2026-01": target}
    return only(kpi("K", LEVEL, of_scale, targets), now({"K": value}))


@pytest.mark.parametrize(("value", "score"), [(0, 0), (10, 20), (15, 60), (20, 100), (5, 10), (-50, 0), (99, 100)])
def test_linear_anchors_run_straight_between_and_hold_outside(value: int, score: int) -> None:
    assert on(scale((0, 0), (10, 20), (20, 100)), value).score == score


def test_outside_the_anchors_the_score_is_that_of_the_end_anchor() -> None:
    scarce = scale((0, 30), (10, 80))
    assert [on(scarce, value).score for value in (-5, 15)] == [30, 80]


@pytest.mark.parametrize(("value", "achievement"), [(-5, -10), (5, 10), (25, 140)])
def test_achievement_extrapolates_and_is_not_the_score(value: int, achievement: int) -> None:
    assert on(scale((0, 0), (10, 20), (20, 100)), value).achievement == achievement


def test_falling_anchors_are_lower_is_better() -> None:
    fewer = scale((100, 0), (20, 100))
    assert [on(fewer, value).score for value in (120, 100, 60, 20, 0)] == [0, 0, 50, 100, 100]
    assert [anchor.x for anchor in on(fewer, 60).trace.anchors] == [D(100), D(20)]


def test_a_range_rises_and_falls() -> None:
    between = scale((0, 0), (10, 100), (20, 100), (40, 0))
    assert [on(between, value).score for value in (-1, 5, 10, 15, 20, 30, 50)] == [0, 50, 100, 100, 100, 50, 0]


@pytest.mark.parametrize(
    ("anchors", "scores"),
    [
        (((0, 0), (10, 50), (20, 100)), {-1: 0, 0: 0, 9: 0, 10: 50, 19: 50, 20: 100, 30: 100}),
        (((0, 100), (10, 50), (20, 0)), {-1: 100, 0: 100, 1: 50, 10: 50, 11: 0, 20: 0, 30: 0}),
        (((20, 0), (10, 50), (0, 100)), {1: 50, 10: 50, 11: 0}),
        (((0, 0), (10, 100), (20, 100), (30, 0)), {0: 0, 9: 0, 10: 100, 15: 100, 20: 100, 21: 0, 30: 0}),
    ],
)
def test_a_step_on_an_anchor_gets_the_better_of_the_two_scores(
    anchors: tuple[tuple[int, int], ...], scores: dict[int, int]
) -> None:
    assert {value: on(scale(*anchors, step=True), value).score for value in scores} == scores


def test_at_most_ten_is_met_by_ten() -> None:
    at_most = scale((10, 100), (11, 0), step=True)
    assert [on(at_most, value).score for value in ("10", "10.001")] == [100, 0]


def test_one_division_keeps_thirds_exact() -> None:
    assert exactly(on(scale((0, 0), (3, 100)), 1).score) == Fraction(100, 3)
    assert on(scale((0, 0), (3, 99)), 1).score == 33


def test_target_baseline_and_stretch_fill_the_anchors() -> None:
    full = scale((BASELINE, 0), (TARGET, 70), (STRETCH, 100))
    target = Target(D(20), D(10), D(30))
    assert [on(full, value, target).score for value in (10, 15, 20, 25, 30, 40)] == [0, 35, 70, 85, 100, 100]


def test_with_a_stretch_the_preset_scores_70_at_the_target() -> None:
    preset = compiled("maximise", {"stretch": STRETCH_POINT}, LEVEL)
    assert on(preset, 20, Target(D(20), D(10), D(30))).score == 70


@pytest.mark.parametrize("of_scale", [PROGRESS, compiled("progress", {}, LEVEL)])
def test_a_target_on_its_baseline_is_degenerate(of_scale: Scale) -> None:
    result = on(of_scale, 10, Target(D(10), D("10.00")))
    assert (result.state, result.reason, result.score, result.coverage) == (
        State.ERROR,
        "degenerate_target",
        None,
        D(0),
    )


def test_a_target_on_its_baseline_is_met_where_the_scale_says_so() -> None:
    met = replace(PROGRESS, equal_anchors=EqualAnchors.MET)
    assert (on(met, 3, Target(D(10), D(10))).score, on(met, 3, Target(D(10), D(0))).score) == (D(100), D(30))


def test_met_if_equal_does_not_excuse_a_target_on_its_stretch() -> None:
    full = replace(scale((BASELINE, 0), (TARGET, 70), (STRETCH, 100)), equal_anchors=EqualAnchors.MET)
    assert on(full, 3, Target(D(10), D(0), D(10))).reason == "degenerate_target"


def test_a_scale_that_does_not_use_the_baseline_does_not_care_for_it() -> None:
    assert on(scale((0, 0), (TARGET, 100)), 5, Target(D(10), D(10))).score == 50


def test_red_on_goal_is_degenerate() -> None:
    result = on(compiled("goal_red", {"red": BASELINE}, LEVEL), 7, Target(D(7), D(7)))
    assert result.reason == "degenerate_target"


def test_a_target_on_its_baseline_is_degenerate_with_a_fixed_anchor_between_them_too() -> None:
    through = scale((BASELINE, 0), (9, 50), (TARGET, 100))
    met = replace(through, equal_anchors=EqualAnchors.MET)
    target = Target(D(5), D(5))
    assert (on(through, 3, target).reason, on(met, 3, target).score) == ("degenerate_target", D(100))


def test_anchors_that_targets_put_out_of_order_are_an_error() -> None:
    full = scale((BASELINE, 0), (TARGET, 70), (STRETCH, 100))
    assert on(full, 3, Target(D(10), D(0), D(5))).reason == "anchors_unordered"


def test_numerically_equal_inputs_are_equal() -> None:
    assert on(scale(("10.0", 50), (20, 100)), "1E+1").score == 50


def test_a_kpi_without_a_scale_has_no_score_and_stays_in_coverage() -> None:
    result = only(kpi("K", of_scale=None), now({"K": 5}))
    assert (result.state, result.reason, result.value, result.coverage) == (State.EMPTY, "no_scale", D(5), D(0))


def test_options_surveys_and_yes_or_no_need_no_scale_of_their_own() -> None:
    options = (Option("bad", D(0)), Option("fair", D(60)), Option("good", D(100)))
    ordinal = replace(LEVEL, kind=Kind.ORDINAL, options=options)
    assert [only(kpi("K", ordinal, None), now({"K": rank})).score for rank in (1, 2, 3)] == [0, 60, 100]
    survey = replace(LEVEL, kind=Kind.SURVEY, survey_low=D(1), survey_high=D(5))
    assert only(kpi("K", survey, None), now({"K": rated(4, 20)})).score == 75
    wanted, unwanted = replace(LEVEL, kind=Kind.BINARY), replace(LEVEL, kind=Kind.BINARY, direction=Direction.LOWER)
    assert [only(kpi("K", each, None), now({"K": 1})).score for each in (wanted, unwanted)] == [100, 0]


# Display -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("score", "decimals", "text"),
    [
        ("69.96", 1, "69.9"),
        ("69.94", 1, "69.9"),
        ("70", 1, "70.0"),
        ("69.9999999999999999999999999", 2, "70.00"),
        ("49.5", 0, "49"),
        ("50.5", 0, "50"),
        ("51.5", 0, "52"),
        ("70.04", 0, "70"),
        ("0", 2, "0.00"),
        ("100", 0, "100"),
    ],
)
def test_a_shown_score_never_contradicts_its_band(score: str, decimals: int, text: str) -> None:
    assert shown(D(score), decimals, DEFAULT_BANDS) == text


def test_a_shown_score_may_have_to_go_up_or_need_more_decimals() -> None:
    bands = (Band("low", D(0)), Band("mid", D("33.333333")), Band("high", D("33.9")))
    assert shown(D("33.34"), 1, bands) == "33.4"
    assert shown(D("33.34"), 0, bands) == "33.4"
    assert shown(D("33.5"), 2, bands) == "33.50"


def test_without_bands_rounding_is_half_even() -> None:
    assert [shown(D(text), 0) for text in ("0.5", "1.5", "2.5", "-0.4")] == ["0", "2", "2", "0"]
