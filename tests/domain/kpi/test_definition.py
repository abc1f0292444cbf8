"""Defining and redefining a KPI: what fits together, what is fixed, what is a restatement."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from domain.calendar import PeriodKind
from domain.kpi.commands import AssignOwner, DefineKpi, RedefineKpi, RetireKpi, SetScale
from domain.kpi.definition_rules import AGGREGATIONS, checked_definition
from domain.kpi.events import (
    AcrossSources,
    Aggregation,
    Definition,
    Direction,
    Kind,
    KpiDefined,
    KpiEvent,
    KpiRedefined,
    KpiRetired,
    Option,
    OwnerAssigned,
    Prorate,
    ScaleSet,
)
from domain.kpi.state import Kpi, definition_for
from domain.values import FreeText, KpiId, Source
from tests.domain.kpi.given import DEFINED, DEFINITION, SALES, START, context, kind, kpi, refusal, scale, when

LIKERT = scale((0, 0), (100, 100))
RENAMED = replace(DEFINITION, name="Net sales")
LABELS = (Option("poor", Decimal(0)), Option("good", Decimal(100)))
ORDINAL = replace(kind(Kind.ORDINAL, Aggregation.LAST), options=LABELS)


def test_a_new_kpi_is_defined() -> None:
    assert when([], DefineKpi(SALES, DEFINITION, START, " What we sold. ")) == [
        KpiDefined(SALES, DEFINITION, START, FreeText("What we sold."))
    ]


def test_a_scale_given_with_the_definition_applies_from_the_same_day() -> None:
    assert when([], DefineKpi(SALES, DEFINITION, START, scale=LIKERT))[1:] == [ScaleSet(SALES, LIKERT, START)]


def test_a_code_is_taken_once() -> None:
    assert refusal([DEFINED], DefineKpi(SALES, DEFINITION, START)) == ("kpi-exists", "/kpi")


def test_a_code_has_the_form_of_one() -> None:
    assert refusal([], DefineKpi(KpiId("a/b"), DEFINITION, START)) == ("code-invalid", "/kpi")


def test_what_is_not_defined_is_unknown() -> None:
    for command in (
        RedefineKpi(SALES, DEFINITION, START),
        SetScale(SALES, LIKERT, START),
        AssignOwner(SALES, "someone"),
        RetireKpi(SALES, START),
    ):
        assert refusal([], command) == ("kpi-unknown", "/kpi")


def test_names_and_units_lose_surrounding_space_and_numbers_their_zeros() -> None:
    plain = checked_definition(
        replace(kind(Kind.RATIO, Aggregation.RATIO), name=" Margin ", unit=" % ", ratio_per=Decimal("100.0"))
    )
    assert (plain.name, plain.unit, str(plain.ratio_per)) == ("Margin", "%", "100")


@pytest.mark.parametrize(
    ("definition", "code", "field"),
    [
        (replace(DEFINITION, name=" "), "text-empty", "/name"),
        (replace(DEFINITION, unit="x" * 41), "text-too-long", "/unit"),
        (kind(Kind.STOCK, Aggregation.SUM), "aggregation-unfit", "/aggregation"),
        (kind(Kind.RATIO, Aggregation.MEAN), "aggregation-unfit", "/aggregation"),
        (kind(Kind.FLOW, Aggregation.RATIO), "aggregation-unfit", "/aggregation"),
        (replace(ORDINAL, aggregation=Aggregation.MEAN), "aggregation-unfit", "/aggregation"),
        (kind(Kind.SURVEY, Aggregation.SUM), "aggregation-unfit", "/aggregation"),
        (replace(ORDINAL, prorate=Prorate.LINEAR), "prorate-unfit", "/prorate"),
        (replace(DEFINITION, decimals=11), "out-of-range", "/decimals"),
        (replace(DEFINITION, grace_days=-1), "out-of-range", "/grace_days"),
        (replace(DEFINITION, respondents_min=-1), "out-of-range", "/respondents_min"),
        (replace(DEFINITION, sources=()), "sources-invalid", "/sources"),
        (replace(DEFINITION, sources=(Source("a"), Source("a"))), "sources-invalid", "/sources"),
        (replace(DEFINITION, sources=(Source("a b"),)), "code-invalid", "/sources/0"),
        (replace(DEFINITION, sources=(Source("a"), Source("b"))), "across-sources-missing", "/across_sources"),
        (replace(ORDINAL, across_sources=AcrossSources.MEAN), "across-sources-unfit", "/across_sources"),
        (replace(DEFINITION, ratio_per=Decimal(100)), "ratio-per-invalid", "/ratio_per"),
        (replace(kind(Kind.RATIO, Aggregation.RATIO), ratio_per=Decimal(0)), "ratio-per-invalid", "/ratio_per"),
        (replace(DEFINITION, survey_low=Decimal(5)), "survey-ends-invalid", "/survey_high"),
        (replace(DEFINITION, survey_low=Decimal("NaN")), "not-a-number", "/survey_low"),
        (replace(DEFINITION, options=LABELS), "options-unfit", "/options"),
        (replace(ORDINAL, options=LABELS[:1]), "options-invalid", "/options"),
        (replace(ORDINAL, options=(*LABELS, Option("Poor", Decimal(5)))), "options-invalid", "/options"),
        (replace(ORDINAL, options=(*LABELS, Option("3", Decimal(5)))), "options-invalid", "/options/2/label"),
        (replace(ORDINAL, options=(*LABELS, Option("x", Decimal(101)))), "out-of-range", "/options/2/score"),
    ],
)
def test_parts_that_do_not_fit_are_refused_by_name(definition: Definition, code: str, field: str) -> None:
    assert refusal([], DefineKpi(SALES, definition, START)) == (code, field)


def test_every_kind_may_be_without_a_longer_period_and_only_a_flow_or_answers_may_add_up() -> None:
    assert all(Aggregation.NONE in allowed for allowed in AGGREGATIONS.values())
    assert {of for of, allowed in AGGREGATIONS.items() if Aggregation.SUM in allowed} == {Kind.FLOW, Kind.BINARY}


def test_several_sources_need_to_know_how_they_become_one_value() -> None:
    two = replace(DEFINITION, sources=(Source("a"), Source("b")), across_sources=AcrossSources.SUM)
    assert when([], DefineKpi(SALES, two, START)) == [KpiDefined(SALES, two, START)]


def test_an_equal_definition_changes_nothing() -> None:
    assert when([DEFINED], RedefineKpi(SALES, DEFINITION, date(2026, 5, 1))) == []


def test_a_description_alone_may_change_without_being_a_restatement() -> None:
    command = RedefineKpi(SALES, DEFINITION, START, description="New words.")
    events = when([DEFINED], command, context(date(2026, 3, 1), "2026-01"))
    assert events == [KpiRedefined(SALES, DEFINITION, START, description=FreeText("New words."))]


@pytest.mark.parametrize(
    ("field", "other"),
    [
        ("unit", replace(DEFINITION, unit="USD")),
        ("kind", kind(Kind.STOCK, Aggregation.LAST)),
        ("frequency", replace(DEFINITION, frequency=PeriodKind.QUARTER)),
    ],
)
def test_unit_kind_and_frequency_are_fixed_once_a_value_exists(field: str, other: Definition) -> None:
    command = RedefineKpi(SALES, other, START)
    assert when([DEFINED], command) == [KpiRedefined(SALES, other, START)]
    assert refusal([DEFINED], command, context(START, "2026-01")) == ("fixed-once-measured", f"/{field}")


def test_before_any_value_a_kpi_still_has_one_unit_at_all_times() -> None:
    dollars = replace(DEFINITION, unit="USD")
    later = RedefineKpi(SALES, dollars, date(2026, 2, 1))
    assert refusal([DEFINED], later) == ("definition-mixed", "/unit")


def test_a_replaced_unit_no_longer_stands_in_the_way() -> None:
    dollars = replace(DEFINITION, unit="USD")
    history: list[KpiEvent] = [DEFINED, KpiRedefined(SALES, dollars, START)]
    renamed = replace(dollars, name="Net sales")
    known = context(START, "2026-01")
    assert when(history, RedefineKpi(SALES, renamed, START), known) == [KpiRedefined(SALES, renamed, START)]


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        (
            kind(Kind.RATIO, Aggregation.RATIO),
            replace(kind(Kind.RATIO, Aggregation.RATIO), ratio_per=Decimal(100)),
            "ratio_per",
        ),
        (
            kind(Kind.SURVEY, Aggregation.MEAN),
            replace(kind(Kind.SURVEY, Aggregation.MEAN), survey_high=Decimal(7)),
            "survey_high",
        ),
        (ORDINAL, replace(ORDINAL, options=LABELS[::-1]), "options"),
        (DEFINITION, replace(DEFINITION, aggregation=Aggregation.WEIGHTED_MEAN), "aggregation"),
    ],
)
def test_recorded_values_keep_their_meaning(old: Definition, new: Definition, field: str) -> None:
    history: list[KpiEvent] = [KpiDefined(SALES, old, START)]
    command = RedefineKpi(SALES, new, date(2026, 2, 1))
    assert refusal(history, command, context(START, "2026-01")) == ("fixed-once-measured", f"/{field}")
    assert len(when(history, command)) == 1


def test_an_option_may_be_added_at_the_end() -> None:
    more = replace(ORDINAL, options=(*LABELS, Option("excellent", Decimal(100))))
    command = RedefineKpi(SALES, more, date(2026, 2, 1))
    assert len(when([KpiDefined(SALES, ORDINAL, START)], command, context(START, "2026-01"))) == 1


def test_a_redefinition_of_an_ended_measured_period_must_say_so_and_why() -> None:
    known = context(date(2026, 2, 1), "2026-01")
    unmarked = RedefineKpi(SALES, RENAMED, START)
    assert refusal([DEFINED], unmarked, known) == ("restatement-unmarked", "/restatement")
    silent = replace(unmarked, restatement=True)
    assert refusal([DEFINED], silent, known) == ("reason-missing", "/reason")
    assert when([DEFINED], replace(silent, reason="It was net all along."), known) == [
        KpiRedefined(SALES, RENAMED, START, True, FreeText("It was net all along."))
    ]


def test_a_redefinition_from_a_day_that_is_still_open_is_no_restatement() -> None:
    known = context(date(2026, 2, 28), "2026-01")
    assert when([DEFINED], RedefineKpi(SALES, RENAMED, date(2026, 2, 1)), known) == [
        KpiRedefined(SALES, RENAMED, date(2026, 2, 1))
    ]


def test_a_date_inside_an_ended_quarter_restates_the_quarter_though_its_measured_month_keeps_its_definition() -> None:
    command = RedefineKpi(SALES, RENAMED, date(2026, 2, 1))
    assert when([DEFINED], command, context(date(2026, 3, 31), "2026-01"))
    assert refusal([DEFINED], command, context(date(2026, 4, 1), "2026-01"))[0] == "restatement-unmarked"


def test_a_first_scale_never_restates_a_second_one_does() -> None:
    known = context(date(2026, 2, 1), "2026-01")
    command = SetScale(SALES, LIKERT, START)
    first = ScaleSet(SALES, LIKERT, START)
    assert when([DEFINED], command, known) == [first]
    steeper = SetScale(SALES, scale((0, 0), (50, 100)), START)
    assert refusal([DEFINED, first], steeper, known) == ("restatement-unmarked", "/restatement")


def test_the_first_scale_of_a_kpi_that_scores_by_itself_replaces_its_built_in_one() -> None:
    survey = KpiDefined(SALES, kind(Kind.SURVEY, Aggregation.MEAN), START)
    command = SetScale(SALES, scale((1, 0), (4, 100)), START)
    assert when([survey], command, context(date(2026, 2, 1)))
    assert refusal([survey], command, context(date(2026, 2, 1), "2026-01"))[0] == "restatement-unmarked"


def test_an_equal_scale_changes_nothing() -> None:
    assert when([DEFINED, ScaleSet(SALES, LIKERT, START)], SetScale(SALES, LIKERT, date(2026, 6, 1))) == []


def test_an_owner_is_an_id_and_assigning_the_same_changes_nothing() -> None:
    assert when([DEFINED], AssignOwner(SALES, "0190-a")) == [OwnerAssigned(SALES, "0190-a")]
    assert when([DEFINED, OwnerAssigned(SALES, "0190-a")], AssignOwner(SALES, "0190-a")) == []
    assert refusal([DEFINED], AssignOwner(SALES, "Jane Doe")) == ("code-invalid", "/owner")


def test_a_kpi_ends_once() -> None:
    ended = KpiRetired(SALES, date(2026, 3, 31), FreeText("Sold."))
    assert when([DEFINED], RetireKpi(SALES, date(2026, 3, 31), "Sold.")) == [ended]
    assert refusal([DEFINED, ended], RetireKpi(SALES, date(2026, 4, 30))) == ("kpi-retired", "/kpi")


def test_an_end_never_takes_a_value_out_of_an_ended_period() -> None:
    known = context(date(2026, 4, 1), "2026-01")
    assert refusal([DEFINED], RetireKpi(SALES, date(2026, 2, 28)), known) == ("last-day-too-early", "/last_day")
    assert when([DEFINED], RetireKpi(SALES, date(2026, 3, 31)), known)


def test_nothing_new_applies_after_the_end() -> None:
    history: list[KpiEvent] = [DEFINED, KpiRetired(SALES, date(2026, 3, 31))]
    assert refusal(history, RedefineKpi(SALES, RENAMED, date(2026, 4, 1))) == ("kpi-retired", "/effective_from")
    assert refusal(history, SetScale(SALES, LIKERT, date(2026, 4, 1))) == ("kpi-retired", "/effective_from")
    assert when(history, SetScale(SALES, LIKERT, START))


def test_the_state_keeps_every_definition_and_the_last_owner_description_and_end() -> None:
    state = kpi(
        KpiDefined(SALES, DEFINITION, START, FreeText("Old words.")),
        KpiRedefined(SALES, RENAMED, date(2026, 2, 1), True, FreeText("audit")),
        ScaleSet(SALES, LIKERT, START),
        OwnerAssigned(SALES, "a"),
        OwnerAssigned(SALES, "b"),
        KpiRetired(SALES, date(2026, 12, 31)),
    )
    assert [(known.position, known.restatement) for known in state.definitions] == [(1, False), (2, True)]
    assert [known.position for known in state.scales] == [3]
    assert (state.owner, state.description, state.retired_after) == ("b", "Old words.", date(2026, 12, 31))


def test_before_its_first_day_a_kpi_is_read_by_its_first_definition() -> None:
    state = kpi(DEFINED, KpiRedefined(SALES, RENAMED, date(2026, 2, 1)))
    for day, name in ((date(2020, 1, 1), "Sales"), (date(2026, 1, 31), "Sales"), (date(2026, 2, 1), "Net sales")):
        known = definition_for(state, day)
        assert known is not None
        assert known.definition.name == name
    assert definition_for(Kpi(SALES), START) is None


def test_an_in_range_kpi_may_be_defined() -> None:
    in_range = replace(DEFINITION, direction=Direction.IN_RANGE)
    assert when([], DefineKpi(SALES, in_range, START)) == [KpiDefined(SALES, in_range, START)]
