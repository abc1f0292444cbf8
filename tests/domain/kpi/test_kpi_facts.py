"""What measuring is told of a KPI."""

from dataclasses import replace
from datetime import date

import pytest

from domain.kpi.events import AcrossSources, Aggregation, Definition, Kind, KpiDefined, KpiRedefined, KpiRetired, Option
from domain.kpi.state import Kpi
from domain.kpi_facts import facts
from domain.measurement.commands import Form
from domain.values import MANUAL, Source
from tests.domain.kpi.given import DEFINED, DEFINITION, SALES, START, kind, kpi


@pytest.mark.parametrize(
    ("definition", "form"),
    [
        (DEFINITION, Form.NUMBER),
        (replace(DEFINITION, aggregation=Aggregation.WEIGHTED_MEAN), Form.WEIGHTED),
        (kind(Kind.STOCK, Aggregation.LAST), Form.NUMBER),
        (kind(Kind.RATIO, Aggregation.RATIO), Form.QUOTIENT),
        (kind(Kind.SURVEY, Aggregation.WEIGHTED_MEAN), Form.SURVEY),
        (kind(Kind.ORDINAL, Aggregation.LAST), Form.OPTION),
        (kind(Kind.BINARY, Aggregation.LAST), Form.YES_NO),
    ],
)
def test_the_kind_of_a_kpi_decides_the_form_of_its_readings(definition: Definition, form: Form) -> None:
    known = facts(kpi(KpiDefined(SALES, definition, START)), START)
    assert known is not None
    assert known.form is form


def test_the_definition_in_force_on_the_day_gives_the_sources_and_the_last_day_is_told() -> None:
    two = replace(DEFINITION, sources=(MANUAL, Source("erp")), across_sources=AcrossSources.SUM)
    state = kpi(DEFINED, KpiRedefined(SALES, two, date(2026, 2, 1)), KpiRetired(SALES, date(2026, 12, 31)))
    for day, sources in ((date(2025, 1, 31), (MANUAL,)), (date(2026, 2, 28), (MANUAL, "erp"))):
        known = facts(state, day)
        assert known is not None
        assert (known.sources, known.retired_after) == (sources, date(2026, 12, 31))


def test_options_are_told_by_label_in_order_of_rank() -> None:
    options = (Option("low", DEFINITION.ratio_per), Option("high", DEFINITION.ratio_per))
    known = facts(kpi(KpiDefined(SALES, replace(DEFINITION, kind=Kind.ORDINAL, options=options), START)), START)
    assert known is not None
    assert known.options == ("low", "high")


def test_there_are_no_facts_of_an_unknown_kpi() -> None:
    assert facts(Kpi(SALES), START) is None
