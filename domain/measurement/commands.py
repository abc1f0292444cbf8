"""What can be asked about values, and what the rules must know: plain facts, for aggregates are strangers."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from domain.calendar import Calendar, Period, PeriodKind
from domain.measurement.events import ValueKnown
from domain.values import MANUAL, KpiId, Source


@dataclass(frozen=True, slots=True)
class Entry:
    """What somebody entered; a text value is the label of an option, or yes or no.

    All three None means not applicable, which only a correction may enter; otherwise DeclareNotApplicable does.
    """

    value: Decimal | str | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None


@dataclass(frozen=True, slots=True)
class RecordMeasurement:
    """`external_id` is the client's own id of the value, unique per source for ever; `observed_at` decides nothing."""

    kpi: KpiId
    period: Period
    entry: Entry
    source: Source = MANUAL
    observed_at: datetime | None = None
    external_id: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class CorrectMeasurement:
    """`replaces` is the position of the value in force."""

    kpi: KpiId
    period: Period
    entry: Entry
    replaces: int
    reason: str
    source: Source = MANUAL
    observed_at: datetime | None = None
    external_id: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class RetractMeasurement:
    """`replaces` is the position of the value in force."""

    kpi: KpiId
    period: Period
    replaces: int
    reason: str
    source: Source = MANUAL


@dataclass(frozen=True, slots=True)
class DeclareNotApplicable:
    kpi: KpiId
    period: Period
    source: Source = MANUAL
    reason: str | None = None
    observed_at: datetime | None = None
    external_id: str | None = None


MeasurementCommand = RecordMeasurement | CorrectMeasurement | RetractMeasurement | DeclareNotApplicable
Entering = RecordMeasurement | CorrectMeasurement | DeclareNotApplicable
"""What says something about a period."""


class Form(StrEnum):
    """Which parts a reading of a KPI has."""

    NUMBER = "number"
    QUOTIENT = "quotient"
    """Numerator and denominator."""
    SURVEY = "survey"
    """Value within the survey's ends, and the respondents as denominator."""
    WEIGHTED = "weighted"
    """Value, and its weight as denominator."""
    OPTION = "option"
    """The label or rank of an option."""
    YES_NO = "yes_no"


@dataclass(frozen=True, slots=True)
class KpiFacts:
    """What measuring needs of a KPI's definition in force for the period; domain.kpi_facts makes it.

    `options` are the labels in order of rank, `lowest` and `highest` the ends of a survey.
    """

    kpi: KpiId
    frequency: PeriodKind
    form: Form
    sources: tuple[Source, ...] = (MANUAL,)
    options: tuple[str, ...] = field(default=())
    lowest: Decimal = Decimal(1)
    highest: Decimal = Decimal(5)
    retired_after: date | None = None
    defined_from: date | None = None


@dataclass(frozen=True, slots=True)
class MeasurementContext:
    """`kpi` is None if there is no such KPI, `in_force` the value of this KPI, period and source.

    `external` is what was stored under the command's external id and source, whether or not it is still in force.
    `today` decides nothing.
    """

    calendar: Calendar
    kpi: KpiFacts | None
    in_force: ValueKnown | None = None
    external: ValueKnown | None = None
    today: date | None = None


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The same content is already stored at `position`: nothing happens."""

    position: int
