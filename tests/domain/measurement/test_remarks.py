"""What is recorded all the same, and said: a period that has not begun, one before the KPI was defined."""

from datetime import date
from decimal import Decimal

import pytest

from domain.calendar import Calendar, Period, PeriodKind
from domain.measurement.commands import Entry, Form, KpiFacts, MeasurementContext, RecordMeasurement
from domain.measurement.remarks import remarks
from domain.values import KpiId

FACTS = KpiFacts(KpiId("revenue"), PeriodKind.MONTH, Form.NUMBER, defined_from=date(2026, 1, 15))
CONTEXT = MeasurementContext(Calendar(), FACTS, today=date(2026, 3, 31))


@pytest.mark.parametrize(
    ("period", "codes"),
    [
        ("2025-12", ["before-definition"]),
        ("2026-01", []),
        ("2026-03", []),
        ("2026-04", ["period-ahead"]),
        ("2062-01", ["period-ahead"]),
    ],
)
def test_a_period_that_has_not_begun_or_ended_before_the_definition_is_remarked_on(
    period: str, codes: list[str]
) -> None:
    command = RecordMeasurement(KpiId("revenue"), Period.parse(period), Entry(Decimal(1)))
    assert [remark.code for remark in remarks(command, CONTEXT)] == codes


def test_the_fiscal_calendar_says_when_a_period_begins() -> None:
    april = MeasurementContext(Calendar(start_month=4), FACTS, today=date(2026, 3, 31))
    ahead = RecordMeasurement(KpiId("revenue"), Period.parse("2027-Q1"), Entry(Decimal(1)))
    assert [remark.detail for remark in remarks(ahead, april)] == [
        "/period 2027-Q1 begins on 2026-04-01, which lies ahead"
    ]
