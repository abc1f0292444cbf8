"""What measuring needs of a KPI: the one place where the two aggregates meet, for they do not import each other."""

from datetime import date
from typing import assert_never

from domain.kpi.events import Aggregation, Definition, Kind
from domain.kpi.state import Kpi, definition_for
from domain.measurement.commands import Form, KpiFacts


def facts(kpi: Kpi, period_last_day: date) -> KpiFacts | None:
    """The facts by the definition in force on that day, or before the first one by that; None for an unknown KPI."""
    known = definition_for(kpi, period_last_day)
    if known is None:
        return None
    definition = known.definition
    return KpiFacts(
        kpi=kpi.id,
        frequency=definition.frequency,
        form=form(definition),
        sources=definition.sources,
        options=tuple(option.label for option in definition.options),
        lowest=definition.survey_low,
        highest=definition.survey_high,
        retired_after=kpi.retired_after,
        defined_from=min(each.effective_from for each in kpi.definitions),
    )


def form(definition: Definition) -> Form:
    """Which parts a reading of such a KPI has."""
    match definition.kind:
        case Kind.RATIO:
            return Form.QUOTIENT
        case Kind.SURVEY:
            return Form.SURVEY
        case Kind.ORDINAL:
            return Form.OPTION
        case Kind.BINARY:
            return Form.YES_NO
        case Kind.FLOW | Kind.STOCK:
            weighted = definition.aggregation is Aggregation.WEIGHTED_MEAN
            return Form.WEIGHTED if weighted else Form.NUMBER
        case _:
            assert_never(definition.kind)
