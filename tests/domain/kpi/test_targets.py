"""Targets: a series by period, revised with a reason, flagged when late."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from domain.calendar import Calendar, Period
from domain.kpi.commands import SetTargets, WantedTarget
from domain.kpi.events import (
    Aggregation,
    Direction,
    Kind,
    KpiDefined,
    KpiEvent,
    KpiRetired,
    Milestone,
    PeriodTarget,
    Target,
    TargetRevised,
    TargetSet,
)
from domain.values import FreeText
from tests.domain.kpi.given import DEFINED, DEFINITION, SALES, START, context, kind, kpi, refusal, targets, wanted, when

MARCH = Period.parse("2026-03")
HUNDRED = Target(Decimal(100))
SET = TargetSet(SALES, (PeriodTarget(MARCH, HUNDRED),))


def one(period: str, target: Target) -> SetTargets:
    return SetTargets(SALES, (WantedTarget(Period.parse(period), target),))


def test_targets_are_set_in_one_event_in_order_of_their_periods() -> None:
    assert when([DEFINED], targets(("2026-04", 120), ("2026-03", 100))) == [
        TargetSet(SALES, (PeriodTarget(MARCH, HUNDRED), PeriodTarget(Period.parse("2026-04"), Target(Decimal(120)))))
    ]


def test_an_equal_target_is_no_event_even_if_written_differently() -> None:
    assert when([DEFINED, SET], targets(("2026-03", "100.00"))) == []


def test_another_target_is_a_revision_which_keeps_the_old_one_and_says_why() -> None:
    assert refusal([DEFINED, SET], targets(("2026-03", 90))) == ("reason-missing", "/reason")
    assert when([DEFINED, SET], targets(("2026-03", 90), reason="Lost a customer.")) == [
        TargetRevised(SALES, MARCH, HUNDRED, Target(Decimal(90)), False, FreeText("Lost a customer."))
    ]


def test_one_command_may_set_leave_and_revise() -> None:
    command = targets(("2026-02", 80), ("2026-03", 100), ("2026-04", 1), reason="plan")
    april = TargetSet(SALES, (PeriodTarget(Period.parse("2026-04"), HUNDRED),))
    events = when([DEFINED, SET, april], command)
    assert [type(event) for event in events] == [TargetSet, TargetRevised]


def test_a_revision_after_the_last_day_of_its_period_is_late() -> None:
    command = targets(("2026-03", 90), reason="r")
    for today, late in ((date(2026, 3, 31), False), (date(2026, 4, 1), True)):
        (event,) = when([DEFINED, SET], command, context(today))
        assert isinstance(event, TargetRevised)
        assert event.late is late


@pytest.mark.parametrize(
    ("today", "measured", "late"),
    [
        (date(2026, 4, 1), ["2026-03"], True),
        (date(2026, 4, 1), [], False),
        (date(2026, 4, 1), ["2026-02"], False),
        (date(2026, 3, 31), ["2026-03"], False),
    ],
)
def test_a_first_target_is_late_after_the_last_day_when_a_value_is_known(
    today: date, measured: list[str], late: bool
) -> None:
    (event,) = when([DEFINED], targets(("2026-03", 100)), context(today, *measured))
    assert event == TargetSet(SALES, (PeriodTarget(MARCH, HUNDRED, late),))


def test_a_first_target_of_a_longer_period_is_late_when_a_month_inside_it_is_known() -> None:
    (event,) = when([DEFINED], targets(("2026-Q1", 300)), context(date(2026, 4, 1), "2026-02"))
    assert isinstance(event, TargetSet)
    assert event.targets[0].late


def test_a_period_ends_in_the_zone_of_the_organization() -> None:
    known = context(date(2026, 4, 1), "2026-03", calendar=Calendar(time_zone="America/New_York"))
    (event,) = when([DEFINED], targets(("2026-03", 100)), known)
    assert event == SET


def test_a_longer_period_may_have_its_own_target_a_shorter_one_not() -> None:
    assert when([DEFINED], targets(("2026", 1200), ("2026-Q1", 300)))
    assert refusal([DEFINED], targets(("2026-W07", 1))) == ("target-period-too-short", "/targets/0/period")


@pytest.mark.parametrize(
    ("command", "code", "field"),
    [
        (SetTargets(SALES, ()), "targets-invalid", "/targets"),
        (targets(("2026-03", 1), ("2026-03", 1)), "targets-invalid", "/targets/1/period"),
        (targets(("2026-03", "NaN")), "not-a-number", "/targets/0/target"),
        (targets(("2026-03", "0.123456789012345678901")), "too-many-digits", "/targets/0/target"),
        (
            one("2026-03", Target(Decimal(100), stretch=Decimal(90))),
            "stretch-not-beyond-target",
            "/targets/0/stretch",
        ),
        (
            one("2026-03", Target(Decimal(100), milestones=(Milestone(MARCH, Decimal(1)),))),
            "milestones-unfit",
            "/targets/0/milestones",
        ),
        (
            one("2026", Target(Decimal(100), milestones=(Milestone(Period.parse("2027-01"), Decimal(1)),))),
            "milestones-invalid",
            "/targets/0/milestones/0/period",
        ),
        (
            one(
                "2026",
                Target(
                    Decimal(100),
                    milestones=(Milestone(MARCH, Decimal(1)), Milestone(Period.parse("2026-Q1"), Decimal(2))),
                ),
            ),
            "milestones-invalid",
            "/targets/0/milestones",
        ),
    ],
)
def test_a_target_that_makes_no_sense_is_refused_by_name(command: SetTargets, code: str, field: str) -> None:
    assert refusal([DEFINED], command) == (code, field)


def test_the_stretch_of_a_kpi_of_which_less_is_better_lies_below_the_target() -> None:
    lower = KpiDefined(SALES, replace(DEFINITION, direction=Direction.LOWER), START)
    assert when([lower], one("2026-03", Target(Decimal(100), Decimal(150), Decimal(90))))
    assert (
        refusal([lower], one("2026-03", Target(Decimal(100), stretch=Decimal(110))))[0] == "stretch-not-beyond-target"
    )


def test_the_target_of_a_survey_lies_within_its_ends() -> None:
    survey = KpiDefined(SALES, kind(Kind.SURVEY, Aggregation.MEAN), START)
    assert when([survey], targets(("2026-03", "4.2")))
    assert refusal([survey], targets(("2026-03", 6))) == ("out-of-range", "/targets/0/target")


def test_milestones_are_kept_in_order_of_time() -> None:
    june, march = Milestone(Period.parse("2026-06"), Decimal(60)), Milestone(MARCH, Decimal(30))
    (event,) = when([DEFINED], one("2026", Target(Decimal(100), milestones=(june, march))))
    assert isinstance(event, TargetSet)
    assert event.targets[0].target.milestones == (march, june)


def test_no_target_lies_after_the_end_of_the_kpi() -> None:
    history: list[KpiEvent] = [DEFINED, KpiRetired(SALES, date(2026, 3, 31))]
    assert refusal(history, targets(("2026-04", 1))) == ("kpi-retired", "/targets/0/period")
    assert when(history, targets(("2026-03", 1)))


def test_a_series_has_a_limit() -> None:
    many = SetTargets(
        SALES, tuple(wanted(f"{2000 + year}-{month:02}", 1) for year in range(84) for month in range(1, 13))
    )
    assert refusal([DEFINED], many) == ("targets-invalid", "/targets")


def test_the_last_target_known_counts_and_says_whether_it_was_late_or_revised() -> None:
    revision = TargetRevised(SALES, MARCH, HUNDRED, Target(Decimal(90)), True, FreeText("r"))
    earlier = TargetSet(SALES, (PeriodTarget(Period.parse("2026-01"), HUNDRED, True),))
    january, march = kpi(DEFINED, SET, earlier, revision).targets
    assert (january.position, january.late, january.revised) == (3, True, False)
    assert (march.position, march.late, march.revised, march.target.target) == (4, True, True, Decimal(90))
