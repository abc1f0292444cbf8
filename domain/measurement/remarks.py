"""What is allowed and most often a slip: said in the answer, so that a wrong year does not lie unseen."""

from collections.abc import Iterator
from dataclasses import dataclass

from domain.measurement.commands import Entering, MeasurementContext


@dataclass(frozen=True, slots=True)
class Remark:
    """A code of the rule, and what it says here."""

    code: str
    detail: str


def remarks(command: Entering, context: MeasurementContext) -> Iterator[Remark]:
    """`period-ahead`: plans may be entered before their time, but no score shows them by itself until then.

    `before-definition`: history may be older than the KPI, and is judged by its first definition.
    """
    today, facts, period = context.today, context.kpi, command.period
    if today is not None and context.calendar.first_day(period) > today:
        begins = context.calendar.first_day(period)
        yield Remark("period-ahead", f"/period {period} begins on {begins}, which lies ahead")
    if facts is not None and facts.defined_from is not None and context.calendar.last_day(period) < facts.defined_from:
        yield Remark("before-definition", f"/period {period} ends before {facts.kpi} was defined, {facts.defined_from}")
