"""Bodies that carry values, and the commands they ask for."""

from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, model_validator

from domain.measurement.commands import (
    CorrectMeasurement,
    DeclareNotApplicable,
    Entry,
    RecordMeasurement,
    RetractMeasurement,
)
from domain.values import MANUAL, KpiId, Source
from services.api.values import CODE_PATTERN, Code, Instant, Number, PeriodName, Strict, Text
from services.batch import ROWS_MAX

EXTERNAL_ID_CHARACTERS_MAX = 200

SourceCode = Annotated[str, Field(pattern=CODE_PATTERN)]
ExternalId = Annotated[
    str, Field(min_length=1, max_length=EXTERNAL_ID_CHARACTERS_MAX, description="your own id, unique per source")
]
Label = Annotated[str, Field(min_length=1, max_length=200)]


class _Place(Strict):
    kpi: Code
    period: PeriodName
    source: SourceCode = str(MANUAL)

    def place(self) -> tuple[KpiId, Source]:
        return KpiId(self.kpi), Source(self.source)


class _Value(_Place):
    value: Number | None = Field(default=None, description="the number; the rank of an option; 1 or 0 for yes or no")
    option: Label | None = Field(default=None, description="the label of an option, or yes or no, instead of value")
    numerator: Number | None = None
    denominator: Number | None = Field(default=None, description="of a ratio; respondents of a survey; weight")
    observed_at: Instant | None = None
    external_id: ExternalId | None = None
    note: Text | None = None

    @model_validator(mode="after")
    def _one_value(self) -> Self:
        if self.value is not None and self.option is not None:
            raise ValueError("give either value or option")
        return self

    def entry(self) -> Entry:
        value: Decimal | str | None = self.value if self.option is None else self.option
        return Entry(value, self.numerator, self.denominator)


class MeasurementBody(_Value):
    """A value for one KPI and period. Ratios have numerator and denominator, options a label, all else a value."""

    def command(self) -> RecordMeasurement:
        kpi, source = self.place()
        return RecordMeasurement(kpi, self.period, self.entry(), source, self.observed_at, self.external_id, self.note)


class CorrectionBody(_Value):
    """A value instead of the one in force, which stands at position `replaces`; without any value: not applicable."""

    replaces: int = Field(ge=1)
    reason: Text

    def command(self) -> CorrectMeasurement:
        kpi, source = self.place()
        return CorrectMeasurement(
            kpi,
            self.period,
            self.entry(),
            self.replaces,
            self.reason,
            source,
            self.observed_at,
            self.external_id,
            self.note,
        )


class RetractionBody(_Place):
    """No value instead of the one in force, which stands at position `replaces`."""

    replaces: int = Field(ge=1)
    reason: Text

    def command(self) -> RetractMeasurement:
        kpi, source = self.place()
        return RetractMeasurement(kpi, self.period, self.replaces, self.reason, source)


class NotApplicableBody(_Place):
    """The KPI does not apply in that period: it leaves weights and coverage."""

    reason: Text | None = None
    observed_at: Instant | None = None
    external_id: ExternalId | None = None

    def command(self) -> DeclareNotApplicable:
        kpi, source = self.place()
        return DeclareNotApplicable(kpi, self.period, source, self.reason, self.observed_at, self.external_id)


class BatchBody(Strict):
    """Up to 5,000 rows, each like the body of a single measurement; a row that breaks a rule is refused alone."""

    rows: list[dict[str, object]] = Field(
        min_length=1, max_length=ROWS_MAX, description="objects with the fields of MeasurementBody"
    )
    atomic: bool = Field(default=False, description="record all rows or none")
