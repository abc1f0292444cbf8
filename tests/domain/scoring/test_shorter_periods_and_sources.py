"""Periods shorter than a KPI's own, weeks, several sources."""

from dataclasses import replace
from datetime import date

import pytest

from domain.calendar import PeriodKind
from domain.kpi.events import AcrossSources, Aggregation, Kind, Target
from domain.kpi.scale import Anchor, Point
from domain.kpi.state import Kpi, ScaleKnown
from domain.measurement.events import ValueKnown
from domain.scoring.inputs import Cell
from domain.scoring.tree import State
from domain.values import MANUAL, Source
from tests.domain.scoring.build import (
    BASELINE,
    DIRECT,
    FLOW,
    LEVEL,
    NA,
    RATIO,
    TARGET,
    TO_TARGET,
    D,
    Entered,
    by_source,
    kpi,
    only,
    rated,
    scale,
    values,
)

QUARTER = "2026-Q1"
MONTHS = ("2026-01", "2026-02", "2026-03")


def months(*entered: Entered | None) -> dict[str, Entered]:
    return {text: each for text, each in zip(MONTHS, entered, strict=False) if each is not None}


QUARTERLY = replace(LEVEL, frequency=PeriodKind.QUARTER)


def test_a_shorter_period_shows_the_latest_collection_period_with_its_target_and_label() -> None:
    quarterly = kpi("K", QUARTERLY, TO_TARGET, {"2026-Q1": 80, "2026-Q2": 10})
    entered = values({"K": {"2026-Q1": 40, "2026-Q2": 10}})
    for text in ("2026-03", "2026-04", "2026-05"):
        result = only(quarterly, entered, text)
        assert (result.period.text, result.value, result.target, result.score) == ("2026-Q1", D(40), D(80), D(50))
    assert only(quarterly, entered, "2026-06").period.text == "2026-Q2"


def test_if_the_latest_collection_period_is_missing_it_is_missing() -> None:
    quarterly = kpi("K", QUARTERLY)
    result = only(quarterly, values({"K": {"2025-Q4": 40}}), "2026-05")
    assert (result.state, result.reason, result.period.text) == (State.EMPTY, "missing", "2026-Q1")


def test_before_its_first_collection_period_a_kpi_is_not_applicable() -> None:
    young = kpi("K", QUARTERLY, effective_from=date(2026, 4, 1))
    assert only(young, values({}), "2026-05").state is State.NOT_APPLICABLE
    assert only(young, values({"K": {"2026-Q1": 40}}), "2026-05").score == 40
    assert only(young, values({}), "2026-06").state is State.EMPTY


def test_the_scale_is_the_one_in_force_on_the_last_day_of_the_asked_period() -> None:
    """Also where the shown collection period lies before the change."""
    strict = ScaleKnown(scale((0, 0), (200, 100)), date(2026, 5, 1), 50)
    quarterly = kpi("K", QUARTERLY)
    changed = Kpi(quarterly.id, quarterly.definitions, (*quarterly.scales, strict))
    entered = values({"K": {"2026-Q1": 40}})
    assert only(changed, entered, "2026-04").score == 40
    assert only(changed, entered, "2026-05").score == 20


def test_weeks_belong_to_the_month_that_holds_their_last_day() -> None:
    """2026-W05 ends on 1 February."""
    weekly = kpi("K", replace(FLOW, frequency=PeriodKind.WEEK))
    entered = values({"K": {f"2026-W{week:02}": week for week in range(1, 10)}})
    assert only(weekly, entered, "2026-01").value == 1 + 2 + 3 + 4
    assert only(weekly, entered, "2026-02").value == 5 + 6 + 7 + 8
    assert only(weekly, entered, "2026-01").expected == 4


def test_a_monthly_kpi_in_a_week_shows_the_latest_month_ended_by_then() -> None:
    entered = values({"K": {"2026-01": 40, "2025-12": 30}})
    assert only(kpi("K"), entered, "2026-W05").period.text == "2026-01"
    assert only(kpi("K"), entered, "2026-W04").period.text == "2025-12"


TWO = (Source("erp"), MANUAL)


@pytest.mark.parametrize(
    ("across", "entered", "value", "reason"),
    [
        (AcrossSources.SUM, {"erp": 30, "manual": 40}, 70, None),
        (AcrossSources.MEAN, {"erp": 30, "manual": 40}, 35, None),
        (AcrossSources.PRIORITY, {"erp": 30, "manual": 40}, 30, None),
        (AcrossSources.PRIORITY, {"manual": 40}, 40, None),
        (AcrossSources.PRIORITY, {"erp": NA, "manual": 40}, 40, None),
        (AcrossSources.SUM, {"manual": 40}, None, "sources 1 of 2"),
        (AcrossSources.MEAN, {"erp": NA, "manual": 40}, 40, None),
        (AcrossSources.SUM, {"erp": NA}, None, "missing"),
        (AcrossSources.SUM, {"erp": NA, "manual": NA}, None, "not_applicable"),
        (AcrossSources.SUM, {"undeclared": 5}, None, "missing"),
        (AcrossSources.SUM, {}, None, "missing"),
    ],
)
def test_sources_are_brought_together_before_anything_else(
    across: AcrossSources, entered: dict[str, Entered], value: int | None, reason: str | None
) -> None:
    two = kpi("K", replace(FLOW, sources=TWO, across_sources=across))
    result = only(two, by_source("K", "2026-01", entered))
    assert (result.value, result.reason) == (None if value is None else D(value), reason)


def test_sources_of_a_ratio_add_their_parts() -> None:
    ratio = kpi("K", replace(RATIO, sources=TWO, across_sources=AcrossSources.SUM))
    assert only(ratio, by_source("K", "2026-01", {"erp": (1, 2), "manual": (0, 6)})).value == D("12.5")


def test_weighted_sources_add_up_with_sum_and_are_weighed_with_mean() -> None:
    weighted = replace(FLOW, aggregation=Aggregation.WEIGHTED_MEAN, sources=TWO)
    both = by_source("K", "2026-01", {"erp": rated(10, 1), "manual": rated(40, 2)})
    for across, value in ((AcrossSources.SUM, 50), (AcrossSources.MEAN, 30)):
        assert only(kpi("K", replace(weighted, across_sources=across)), both).value == value


@pytest.mark.parametrize(
    ("first", "last", "anchors"),
    [(10, 7, ((2, 0), (3, 60), (9, 100))), (5, 17, ((3, 60), (4, 0)))],
    ids=["at least 3 a month", "at most 3 a month"],
)
def test_what_is_exactly_on_a_step_is_on_it_even_where_fifty_digits_are_not(
    first: int, last: int, anchors: tuple[tuple[int, int], ...]
) -> None:
    """Means of three sources, such as 10/3, 10/3 and 7/3, add up to 9; in 50 digits to a hair beside it."""
    three = (Source("a"), Source("b"), Source("c"))
    definition = replace(FLOW, sources=three, across_sources=AcrossSources.MEAN)
    entered: dict[Cell, tuple[ValueKnown, ...]] = {}
    for text, of_a in zip(MONTHS, (first, first, last), strict=True):
        entered.update(by_source("K", text, {"a": of_a, "b": 0, "c": 0}))
    result = only(kpi("K", definition, scale(*anchors, step=True)), entered, QUARTER)
    assert (result.value == 9, result.score) == (False, D(60))


def test_sources_of_a_survey_are_weighed_by_respondents() -> None:
    survey = kpi("K", replace(LEVEL, kind=Kind.SURVEY, sources=TWO, across_sources=AcrossSources.MEAN))
    both = by_source("K", "2026-01", {"erp": rated(2, 30), "manual": rated(4, 10)})
    assert only(survey, both).value == D("2.5")


def test_fixed_parts_beside_a_target_grow_and_the_target_does_not_twice() -> None:
    """Anchors at target - 10 and target: over two months the sum of targets less 20, and the sum of targets."""
    near = replace(DIRECT, anchors=(Anchor(Point(fixed=D(-10), target=D(1)), D(0)), Anchor(TARGET, D(100))))
    result = only(kpi("K", FLOW, near, {"2026-01": 100, "2026-02": 50}), values({"K": months(95, 45)}), QUARTER)
    assert [anchor.x for anchor in result.trace.anchors] == [D(130), D(150)]
    assert result.score == 50


def test_baselines_are_aggregated_like_targets() -> None:
    anchors = scale((BASELINE, 0), (TARGET, 100))
    flow = kpi("K", FLOW, anchors, {"2026-01": Target(D(20), D(10)), "2026-02": Target(D(40), D(10))})
    result = only(flow, values({"K": months(20, 20)}), QUARTER)
    assert (result.baseline, result.target, result.score) == (D(20), D(60), D(50))


def test_a_target_of_count_adds_up() -> None:
    counted = kpi("K", replace(FLOW, aggregation=Aggregation.COUNT), TO_TARGET, dict.fromkeys(MONTHS, 2))
    result = only(counted, values({"K": months(7, None, 7)}), QUARTER)
    assert (result.value, result.target, result.score) == (D(2), D(4), D(50))
