"""Longer and shorter periods than a KPI's own."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from domain.calendar import Calendar, PeriodKind
from domain.kpi.events import Aggregation, Definition, Kind, Milestone, Prorate, Target
from domain.scoring.bands import shown
from domain.scoring.tree import State
from tests.domain.scoring.build import (
    DIRECT,
    FLOW,
    LEVEL,
    NA,
    PROGRESS,
    RATIO,
    TO_TARGET,
    D,
    Entered,
    Number,
    exactly,
    kpi,
    now,
    only,
    period,
    rated,
    values,
)

QUARTER = "2026-Q1"
MONTHS = ("2026-01", "2026-02", "2026-03")


def months(*entered: Entered | None) -> dict[str, Entered]:
    return {text: each for text, each in zip(MONTHS, entered, strict=False) if each is not None}


def aggregated(aggregation: Aggregation, *entered: Entered | None, kind: Kind = Kind.FLOW) -> object:
    definition = replace(LEVEL, kind=kind, aggregation=aggregation)
    return only(kpi("K", definition, DIRECT), values({"K": months(*entered)}), QUARTER).value


def test_actual_and_target_are_taken_over_the_same_months() -> None:
    """140 of 180, not 140 of 300: the targets of the months that have values."""
    flow = kpi("K", FLOW, TO_TARGET, dict(zip(MONTHS, (100, 80, 120), strict=True)))
    result = only(flow, values({"K": months(80, 60)}), QUARTER)
    assert (result.value, result.target, result.counted, result.expected) == (D(140), D(180), 2, 3)
    assert shown(result.raw_score or D(0), 2) == "77.78"
    assert exactly(result.coverage) == Fraction(2, 3)
    assert (result.state, result.band) == (State.INCOMPLETE, "green")


def test_fixed_anchors_of_a_flow_grow_with_the_counted_months() -> None:
    """The same with anchors at 0 and 100."""
    result = only(kpi("K", FLOW), values({"K": months(80, 60)}), QUARTER)
    assert [anchor.x for anchor in result.trace.anchors] == [D(0), D(200)]
    assert result.score == 70


def test_fixed_anchors_of_a_level_stay() -> None:
    assert only(kpi("K"), values({"K": months(80, 60)}), QUARTER).score == 70


def test_a_target_of_a_ratio_is_weighted_by_denominators() -> None:
    """60 over 4 and 10 over 100 are 1240/104; their plain mean would be 35."""
    ratio = kpi("K", RATIO, TO_TARGET, {"2026-01": 60, "2026-02": 10})
    result = only(ratio, values({"K": months((2, 4), (2, 100))}), QUARTER)
    assert shown(result.value or D(0), 3) == "3.846"
    assert exactly(result.target) == Fraction(1240, 104)
    assert shown(result.target or D(0), 3) == "11.923"


def test_a_chain_of_corrections_shows_what_was_known_at_each_position() -> None:
    """Recorded 60, corrected to 50 and 55, retracted, recorded anew as 55."""
    entered: list[Number | None] = [60, 50, 55, None, 55]
    known = [only(kpi("K"), now({} if each is None else {"K": each})).score for each in entered]
    assert known == [60, 50, 55, None, 55]


@pytest.mark.parametrize(
    ("aggregation", "value"),
    [
        (Aggregation.SUM, 60),
        (Aggregation.MEAN, 20),
        (Aggregation.LAST, 40),
        (Aggregation.FIRST, 10),
        (Aggregation.MIN, 10),
        (Aggregation.MAX, 40),
        (Aggregation.COUNT, 3),
        (Aggregation.MEDIAN, 10),
    ],
)
def test_each_aggregation(aggregation: Aggregation, value: int) -> None:
    assert aggregated(aggregation, 10, 10, 40) == value


def test_the_median_of_two_is_their_middle_and_last_is_of_the_last_month_with_a_value() -> None:
    assert aggregated(Aggregation.MEDIAN, 10, 25) == D("17.5")
    assert aggregated(Aggregation.MEDIAN, 10, 40, 25) == 25
    assert aggregated(Aggregation.LAST, 10, 25) == 25
    assert aggregated(Aggregation.FIRST, None, 25, 30) == 25


def test_a_weighted_mean_weighs_by_the_denominator() -> None:
    assert aggregated(Aggregation.WEIGHTED_MEAN, rated(10, 1), rated(40, 2)) == 30


def test_a_mean_of_yes_and_no_is_the_share_of_yes() -> None:
    asked = kpi("K", replace(LEVEL, kind=Kind.BINARY), None)
    answers: dict[str, Entered] = {**months(1, 1, 0), "2026-04": 1}
    assert only(asked, values({"K": answers}), "2026").raw_score == 75


def test_survey_means_weigh_by_respondents_and_their_targets_too() -> None:
    survey = replace(LEVEL, kind=Kind.SURVEY)
    result = only(
        kpi("K", survey, TO_TARGET, {"2026-01": 4, "2026-02": 3}),
        values({"K": months(rated(3, 10), rated(5, 30))}),
        QUARTER,
    )
    assert (result.value, result.target) == (D("4.5"), D("3.25"))


def test_a_survey_with_too_few_respondents_is_missing() -> None:
    survey = replace(LEVEL, kind=Kind.SURVEY, respondents_min=10)
    result = only(kpi("K", survey), values({"K": months(rated(3, 9), rated(5, 10))}), QUARTER)
    assert (result.value, result.counted, result.expected) == (D(5), 1, 3)
    assert only(kpi("K", survey), values({"K": months(rated(3, 9))}), "2026-01").reason == "respondents"


@pytest.mark.parametrize("aggregation", [Aggregation.NONE, Aggregation.DISTINCT_COUNT])
def test_what_cannot_be_aggregated_is_not_applicable_in_longer_periods(aggregation: Aggregation) -> None:
    definition = replace(FLOW, aggregation=aggregation)
    result = only(kpi("K", definition), values({"K": months(1, 2, 3)}), QUARTER)
    assert (result.state, result.reason) == (State.NOT_APPLICABLE, "no_longer_period")
    assert only(kpi("K", definition), values({"K": months(50)}), "2026-01").score == 50


def test_last_takes_value_and_target_of_the_last_counted_month() -> None:
    stock = replace(LEVEL, aggregation=Aggregation.LAST)
    result = only(
        kpi("K", stock, TO_TARGET, dict(zip(MONTHS, (10, 20, 40), strict=True))), values({"K": months(10, 10)}), QUARTER
    )
    assert (result.value, result.target, result.score) == (D(10), D(20), D(50))


def test_a_month_with_a_value_and_no_target_is_left_out_of_both() -> None:
    flow = kpi("K", FLOW, TO_TARGET, {"2026-01": 100, "2026-03": 100})
    result = only(flow, values({"K": months(50, 1000, 60)}), QUARTER)
    assert (result.value, result.target, result.counted, result.expected) == (D(110), D(200), 2, 3)


def test_without_any_target_the_kpi_has_no_target_and_stays_in_coverage() -> None:
    for text in (QUARTER, "2026-02"):
        result = only(kpi("K", FLOW, TO_TARGET, {"2025-12": 9}), values({"K": months(50, 60, 70)}), text)
        assert (result.state, result.reason, result.coverage, result.score) == (State.EMPTY, "no_target", D(0), None)
        assert result.counted == 0


def test_a_target_that_not_every_counted_month_has_is_not_shown_for_the_quarter() -> None:
    """The scale does not use it, so the month counts; a target over other months would be unlike."""
    result = only(kpi("K", FLOW, DIRECT, {"2026-01": 10}), values({"K": months(50, 60)}), QUARTER)
    assert (result.counted, result.target, len(result.trace.targets)) == (2, None, 1)


def test_a_missing_baseline_is_a_missing_target_where_the_scale_uses_it() -> None:
    half = kpi("K", LEVEL, PROGRESS, {"2026-01": Target(D(10))})
    assert only(half, now({"K": 5})).reason == "no_target"


def test_a_target_of_the_quarter_wins_there_and_does_not_serve_the_year() -> None:
    flow = kpi("K", FLOW, TO_TARGET, {**dict.fromkeys(MONTHS, 10), QUARTER: 300})
    entered = values({"K": months(50, 50, 50)})
    assert only(flow, entered, QUARTER).target == 300
    assert only(flow, entered, "2026").target == 30
    assert only(kpi("K", FLOW, TO_TARGET, {QUARTER: 300}), entered, "2026").reason == "no_target"


def test_with_a_target_of_its_own_the_quarter_counts_months_without_one() -> None:
    result = only(kpi("K", FLOW, TO_TARGET, {QUARTER: 300}), values({"K": months(50, 70)}), QUARTER)
    assert (result.value, result.counted, result.score) == (D(120), 2, D(40))


@pytest.mark.parametrize(
    ("definition", "target", "expected"),
    [
        (replace(FLOW, prorate=Prorate.NONE), Target(D(1200)), (D(1200), None)),
        (replace(FLOW, prorate=Prorate.LINEAR), Target(D(1200), D(600)), (D(200), D(100))),
        (replace(LEVEL, prorate=Prorate.LINEAR), Target(D(60), D(48)), (D(50), D(48))),
        (replace(LEVEL, prorate=Prorate.LINEAR), Target(D(60)), (D(60), None)),
    ],
)
def test_a_target_of_the_year_is_prorated_by_counted_of_all_months(
    definition: Definition, target: Target, expected: tuple[object, object]
) -> None:
    """Two of twelve, whatever day it is."""
    result = only(kpi("K", definition, DIRECT, {"2026": target}), values({"K": months(5, 5)}), "2026", "2026-03-01")
    assert (result.target, result.baseline) == expected


@pytest.mark.parametrize(("last", "target"), [("2026-01", None), ("2026-02", 20), ("2026-04", 20), ("2026-05", 60)])
def test_a_step_target_is_the_last_milestone_reached(last: str, target: int | None) -> None:
    steps = (Milestone(period("2026-02"), D(20)), Milestone(period("2026-05"), D(60)))
    stepped = replace(LEVEL, prorate=Prorate.STEP, aggregation=Aggregation.LAST)
    result = only(
        kpi("K", stepped, TO_TARGET, {"2026": Target(D(100), milestones=steps)}), values({"K": {last: 10}}), "2026"
    )
    assert result.target == target
    assert (result.reason == "no_target") == (target is None)


def test_a_milestone_of_a_day_is_reached_on_that_day() -> None:
    daily = replace(LEVEL, frequency=PeriodKind.DAY, prorate=Prorate.STEP, aggregation=Aggregation.LAST)
    target = Target(D(100), milestones=(Milestone(period("2026-01-10"), D(20)),))
    found = [
        only(kpi("K", daily, TO_TARGET, {"2026-01": target}), values({"K": {day: 10}})).target
        for day in ("2026-01-09", "2026-01-10")
    ]
    assert found == [None, D(20)]


def test_a_denominator_of_zero_is_an_error_there_and_its_parts_count_in_the_quarter() -> None:
    ratio = kpi("K", RATIO)
    entered = values({"K": months((2, 4), (3, 0), (1, 4))})
    month = only(ratio, entered, "2026-02")
    assert (month.state, month.reason, month.coverage, month.score) == (State.ERROR, "division_by_zero", D(0), None)
    quarter = only(ratio, entered, QUARTER)
    assert (quarter.value, quarter.counted, quarter.coverage, quarter.state) == (D(75), 3, D(1), State.COMPLETE)
    assert only(ratio, values({"K": months((1, 0))}), QUARTER).state is State.ERROR


def test_a_ratio_that_is_not_added_up_takes_its_target_from_the_month_it_takes_its_value_from() -> None:
    last = replace(RATIO, aggregation=Aggregation.LAST)
    ratio = kpi("K", last, TO_TARGET, {"2026-01": 50, "2026-02": 80})
    result = only(ratio, values({"K": months((1, 4), (1, 0))}), "2026-Q1", "2026-03-15")
    assert (result.value, result.target, result.score, result.coverage) == (D(25), D(50), D(50), D(1))
    assert [target.period.text for target in result.trace.targets] == ["2026-01"]
    alone = only(ratio, values({"K": months(None, (1, 0))}), QUARTER)
    assert (alone.state, alone.reason) == (State.ERROR, "division_by_zero")


def test_not_applicable_months_leave_the_expected_ones() -> None:
    result = only(kpi("K"), values({"K": months(50, NA)}), QUARTER)
    assert (result.counted, result.expected, result.coverage, result.state) == (1, 2, D("0.5"), State.INCOMPLETE)
    assert only(kpi("K"), values({"K": months(NA, NA, NA)}), QUARTER).state is State.NOT_APPLICABLE


def test_months_before_the_first_definition_are_not_expected_unless_they_have_a_value() -> None:
    young = kpi("K", effective_from=date(2026, 3, 1))
    result = only(young, values({"K": {"2026-03": 60}}), QUARTER)
    assert (result.expected, result.coverage) == (1, D(1))
    result = only(young, values({"K": {"2026-01": 20, "2026-03": 60}}), QUARTER)
    assert (result.value, result.expected) == (D(40), 2)


def test_a_value_recorded_early_counts_and_only_absence_waits_for_the_end() -> None:
    early = values({"K": months(50, None, 70)})
    result = only(kpi("K"), early, QUARTER, as_of="2026-02-10")
    assert (result.value, result.counted, result.expected, result.coverage) == (D(60), 2, 2, D(1))
    result = only(kpi("K"), early, QUARTER, as_of="2026-03-01")
    assert (result.value, result.counted, result.expected) == (D(60), 2, 3)


def test_a_longer_period_nobody_expects_anything_of_yet_is_empty() -> None:
    result = only(kpi("K"), values({}), QUARTER, as_of="2026-01-05")
    assert (result.state, result.counted, result.expected, result.coverage) == (State.EMPTY, 0, 0, D(0))


def test_minimum_coverage_is_asked_of_a_kpi_in_a_longer_period() -> None:
    result = only(kpi("K"), values({"K": months(50)}), QUARTER)
    assert (result.state, result.raw_score, result.score, result.band) == (State.INSUFFICIENT, D(50), None, None)


def test_a_longer_period_ends_when_its_day_ends_in_the_organizations_zone() -> None:
    """At 14:30 UTC on 31 March it is April in Auckland."""
    auckland = Calendar(time_zone="Pacific/Auckland")
    entered = values({"K": months(50)})
    at_noon = "2026-03-31T14:30"
    assert only(kpi("K"), entered, QUARTER, at_noon, calendar=auckland).expected == 3
    assert only(kpi("K"), entered, QUARTER, at_noon).expected == 2
