"""One collection period of a KPI: the values of its sources brought together.

Called inside ARITHMETIC (domain.values).
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from domain.calendar import Period
from domain.kpi.events import AcrossSources, Aggregation, Definition, Kind
from domain.measurement.events import Reading, ValueKnown

MISSING = "missing"
RESPONDENTS = "respondents"
DIVISION_BY_ZERO = "division_by_zero"
NOT_APPLICABLE = "not_applicable"


class Collected(NamedTuple):
    """What a collection period holds.

    `value` None says why in `reason`. `numerator` and `denominator` are the parts of a ratio, `denominator` alone the
    respondents or the weight of a value; the parts of a ratio over 0 are there though its value is not.
    """

    period: Period
    value: Decimal | None
    reason: str | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    used: tuple[ValueKnown, ...] = ()

    @property
    def counts(self) -> bool:
        """Whether it enters a longer period: a ratio over 0 does, with its parts."""
        return self.value is not None or self.reason == DIVISION_BY_ZERO


def by_weight(definition: Definition) -> bool:
    """Whether values are averaged by their denominators: respondents of a survey, weights of a weighted mean."""
    if definition.kind is Kind.SURVEY:
        return definition.aggregation in (Aggregation.MEAN, Aggregation.WEIGHTED_MEAN)
    return definition.aggregation is Aggregation.WEIGHTED_MEAN


def collected(definition: Definition, period: Period, known: tuple[ValueKnown, ...]) -> Collected:
    """The value of the period from the values in force of its sources."""
    sources = definition.sources
    if len(sources) > 1:
        return _across_sources(definition, period, {value.source: value for value in known})
    if len(known) != 1 or known[0].source != sources[0]:
        known = tuple([value for value in known if value.source == sources[0]])
        if not known:
            return Collected(period, None, MISSING)
    reading = known[0].reading
    if reading.value is None and reading.not_applicable:
        return Collected(period, None, NOT_APPLICABLE, used=known)
    return _read(definition, period, reading, known)


def _across_sources(definition: Definition, period: Period, by_source: dict[str, ValueKnown]) -> Collected:
    declared = [by_source.get(source) for source in definition.sources]
    needed = [value for value in declared if value is None or not value.reading.not_applicable]
    present = [value for value in needed if value is not None]
    if not needed:
        return Collected(period, None, NOT_APPLICABLE, used=tuple(value for value in declared if value is not None))
    if not present:
        return Collected(period, None, MISSING)
    if definition.across_sources not in (AcrossSources.SUM, AcrossSources.MEAN):
        return _read(definition, period, present[0].reading, (present[0],))
    if len(present) < len(needed):
        return Collected(period, None, f"sources {len(present)} of {len(needed)}", used=tuple(present))
    return _read(definition, period, _together(definition, [value.reading for value in present]), tuple(present))


def _together(definition: Definition, readings: Sequence[Reading]) -> Reading:
    """Readings of several sources as one; parts of a ratio are brought together before they are divided."""
    averaged = definition.across_sources is AcrossSources.MEAN
    denominators = [reading.denominator for reading in readings if reading.denominator is not None]
    weight = sum(denominators, start=Decimal(0)) if denominators else None
    if definition.kind is Kind.RATIO:
        numerator = sum((reading.numerator or Decimal(0) for reading in readings), start=Decimal(0))
        return Reading(numerator=numerator, denominator=weight)
    if averaged and weight and (definition.kind is Kind.SURVEY or by_weight(definition)):
        products = ((reading.value or Decimal(0)) * (reading.denominator or Decimal(0)) for reading in readings)
        return Reading(sum(products, start=Decimal(0)) / weight, denominator=weight)
    total = sum((reading.value or Decimal(0) for reading in readings), start=Decimal(0))
    return Reading(total / len(readings) if averaged else total, denominator=weight)


def _read(definition: Definition, period: Period, reading: Reading, used: tuple[ValueKnown, ...]) -> Collected:
    kind = definition.kind
    if kind is Kind.RATIO:
        return _quotient(definition, period, reading, used)
    if kind is Kind.SURVEY and (reading.denominator or 0) < definition.respondents_min:
        return Collected(period, None, RESPONDENTS, used=used)
    if reading.value is None:
        return Collected(period, None, MISSING, used=used)
    return Collected(period, reading.value, None, None, reading.denominator, used)


def _quotient(definition: Definition, period: Period, reading: Reading, used: tuple[ValueKnown, ...]) -> Collected:
    numerator, denominator = reading.numerator, reading.denominator
    if numerator is None or denominator is None:
        return Collected(period, None, MISSING, used=used)
    if not denominator:
        return Collected(period, None, DIVISION_BY_ZERO, numerator, denominator, used)
    return Collected(period, numerator * definition.ratio_per / denominator, None, numerator, denominator, used)
