"""Values that are words: the option of an ordinal KPI, yes and no, where an explanation would say a number."""

from collections.abc import Mapping
from decimal import Decimal

from domain.calendar import Period
from domain.kpi.events import Aggregation, Definition, Kind
from domain.kpi.state import Kpi
from domain.scoring.tree import KpiScore
from domain.values import KpiId

ONE_OF_ITS_VALUES = frozenset({Aggregation.LAST, Aggregation.FIRST, Aggregation.MIN, Aggregation.MAX})
"""What these make of a longer period is still an option; a mean of 1 or a sum of 1 is not a yes."""
YES_OR_NO: Mapping[Decimal, str] = {Decimal(1): "yes", Decimal(0): "no"}
NO_WORDS: Mapping[Decimal, str] = {}


def words_of(definition: Definition | None) -> Mapping[Decimal, str]:
    """The word for each value such a KPI can have in one collection period; none for a KPI with numbers."""
    if definition is None:
        return NO_WORDS
    if definition.kind is Kind.BINARY:
        return YES_OR_NO
    return {Decimal(rank): option.label for rank, option in enumerate(definition.options, 1)}


def counted(kpis: Mapping[KpiId, Kpi], code: KpiId, position: int) -> Definition | None:
    """The definition that counted, by its position in the log."""
    known = kpis.get(code, Kpi(code)).definitions
    return next((each.definition for each in known if each.position == position), None)


def is_one_value(period: Period, definition: Definition) -> bool:
    """Whether the value of that period is one of the collected ones, not something made of several."""
    return period.kind is definition.frequency or definition.aggregation in ONE_OF_ITS_VALUES


def words_for(kpi: KpiScore, definition: Definition | None) -> Mapping[Decimal, str]:
    """The words for the value a score shows."""
    return words_of(definition) if definition is not None and is_one_value(kpi.period, definition) else NO_WORDS
