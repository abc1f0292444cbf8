"""Facts about values: recorded, corrected, retracted, declared not applicable. Stream `measurement/<kpi code>`."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from domain.calendar import Period
from domain.values import FreeText, KpiId, Source


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read for one KPI, period and source.

    A ratio has numerator and denominator and no value. A survey or weighted value has a value and, as denominator, its
    respondents or weight. Everything else has a value only. All three None: declared not applicable.
    """

    value: Decimal | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None

    @property
    def not_applicable(self) -> bool:
        return self.value is None and self.numerator is None and self.denominator is None


NOT_APPLICABLE = Reading()


@dataclass(frozen=True, slots=True)
class MeasurementRecorded:
    kpi: KpiId
    period: Period
    source: Source
    reading: Reading
    observed_at: datetime | None = None
    external_id: str | None = None
    note: FreeText | None = None


@dataclass(frozen=True, slots=True)
class MeasurementCorrected:
    """`replaces` is the position of the value in force; a not applicable reading is allowed on either side."""

    kpi: KpiId
    period: Period
    source: Source
    reading: Reading
    replaces: int
    reason: FreeText
    observed_at: datetime | None = None
    external_id: str | None = None
    note: FreeText | None = None


@dataclass(frozen=True, slots=True)
class MeasurementRetracted:
    kpi: KpiId
    period: Period
    source: Source
    replaces: int
    reason: FreeText


@dataclass(frozen=True, slots=True)
class ValueDeclaredNotApplicable:
    kpi: KpiId
    period: Period
    source: Source
    reason: FreeText | None = None
    observed_at: datetime | None = None
    external_id: str | None = None


MeasurementEvent = MeasurementRecorded | MeasurementCorrected | MeasurementRetracted | ValueDeclaredNotApplicable


@dataclass(frozen=True, slots=True)
class ValueKnown:
    """The value in force for one KPI, period and source, with the position that put it there."""

    kpi: KpiId
    period: Period
    source: Source
    reading: Reading
    position: int
