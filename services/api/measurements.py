"""Operations on measurements: one, many, correct, retract, not applicable, list."""

import json

from msgspec import Struct

from domain.calendar import Period
from domain.measurement.commands import MeasurementCommand
from domain.measurement.events import ValueKnown
from domain.values import KpiId, Source
from projections import catalog
from services.api.bodies.measurement import (
    BatchBody,
    CorrectionBody,
    MeasurementBody,
    NotApplicableBody,
    RetractionBody,
)
from services.api.operation import Call, Operation, Reply
from services.api.problems import Problem
from services.api.reading import checked_row
from services.api.reads import Reading, reading
from services.api.texts import optional_number
from services.api.values import Code, PeriodName, Query
from services.app import execute
from services.batch import BatchRow, BatchView, RowRefused, record_batch
from services.commands import WrittenView, written
from tenants.access import Permission

PERIODS_SHOWN_MAX = 1_000


class MeasurementsQuery(Query):
    """Which values."""

    kpi: Code
    period: PeriodName | None = None


class MeasurementView(Struct, frozen=True):
    """A value in force. `position` is what a correction or retraction names in `replaces`."""

    kpi: str
    period: str
    source: str
    value: str | None
    numerator: str | None
    denominator: str | None
    not_applicable: bool
    position: int


class MeasurementsView(Struct, frozen=True):
    """Values in force, in order of period and source."""

    measurements: list[MeasurementView]
    position: int


def _record(call: Call) -> Reply:
    return _done(call, call.body_as(MeasurementBody).command(), created=201)


def _correct(call: Call) -> Reply:
    return _done(call, call.body_as(CorrectionBody).command())


def _retract(call: Call) -> Reply:
    return _done(call, call.body_as(RetractionBody).command())


def _declare(call: Call) -> Reply:
    return _done(call, call.body_as(NotApplicableBody).command(), created=201)


def _done(call: Call, command: MeasurementCommand, created: int = 200) -> Reply:
    """A repetition gets the status of the first answer, which stands in its body."""
    answer = execute(call.app, call.actor, [command], call.key)
    return Reply.written(answer, created if written(answer).outcome == "recorded" else 200)


def _batch(call: Call) -> Reply:
    body = call.body_as(BatchBody)
    rows = [_row(row) for row in body.rows]
    return Reply.written(record_batch(call.app, call.actor, rows, call.key, atomic=body.atomic))


def _row(row: dict[str, object]) -> BatchRow:
    try:
        return checked_row(MeasurementBody, json.dumps(row).encode()).command()
    except Problem as problem:
        first = problem.errors[0]
        return RowRefused(first.code, first.detail, first.pointer)


def _list(call: Call) -> Reply:
    query = call.query_as(MeasurementsQuery)
    with reading(call) as read:
        kpi = read.kpi(query.kpi)
        sources = {source for known in kpi.definitions for source in known.definition.sources}
        found = _values(read, kpi.id, query.period, sources)
        in_order = sorted(found, key=lambda value: (read.definitions.calendar.last_day(value.period), value.source))
        views = [_view(value) for value in in_order[-PERIODS_SHOWN_MAX:]]
        return Reply.of(MeasurementsView(views, read.head.position), read.head.position)


def _values(read: Reading, kpi: KpiId, period: Period | None, sources: set[Source]) -> list[ValueKnown]:
    tenant = read.actor.tenant
    periods = [period] if period else catalog.measured_periods(read.connection, tenant, [kpi])
    keys = [(kpi, each, source) for each in periods for source in sources]
    return list(catalog.values_in_force(read.connection, tenant, keys).values())


def _view(known: ValueKnown) -> MeasurementView:
    reading_ = known.reading
    return MeasurementView(
        kpi=known.kpi,
        period=known.period.text,
        source=known.source,
        value=optional_number(reading_.value),
        numerator=optional_number(reading_.numerator),
        denominator=optional_number(reading_.denominator),
        not_applicable=reading_.not_applicable,
        position=known.position,
    )


OPERATIONS = (
    Operation(
        name="recordMeasurement",
        method="POST",
        path="/v1/measurements",
        tag="measurements",
        permission=Permission.MEASURE,
        summary="Record a value",
        description="One value for a KPI, period and source. The same value again is a duplicate (200, nothing "
        "happens); another value is refused with `value-exists`: it must be a correction.",
        handle=_record,
        answer=WrittenView,
        body=MeasurementBody,
        statuses=(201, 200),
        problems=(404, 409),
        required_key=True,
        example={"kpi": "revenue", "period": "2026-01", "value": "91250.50", "external_id": "erp-2026-01"},
    ),
    Operation(
        name="recordMeasurements",
        method="POST",
        path="/v1/measurements/batch",
        tag="measurements",
        permission=Permission.MEASURE,
        summary="Record many values",
        description="Up to 5,000 rows in one transaction, with an outcome for every row: recorded, duplicate, or "
        "refused with code, field and detail. With `atomic` all rows are recorded or none (422).",
        handle=_batch,
        answer=BatchView,
        body=BatchBody,
        required_key=True,
        bulk=True,
        example={
            "rows": [
                {"kpi": "revenue", "period": "2026-01", "value": "91250.50"},
                {"kpi": "revenue", "period": "2026-02", "value": "95300"},
            ]
        },
    ),
    Operation(
        name="correctMeasurement",
        method="POST",
        path="/v1/measurements/corrections",
        tag="measurements",
        permission=Permission.CORRECT,
        summary="Correct a value",
        description="Names the position of the value in force and a reason. The old value stays in the log. Without "
        "any value the period becomes not applicable.",
        handle=_correct,
        answer=WrittenView,
        body=CorrectionBody,
        problems=(404, 409),
        required_key=True,
        example={"kpi": "revenue", "period": "2026-01", "value": "91350.50", "replaces": 7, "reason": "late invoice"},
    ),
    Operation(
        name="retractMeasurement",
        method="POST",
        path="/v1/measurements/retractions",
        tag="measurements",
        permission=Permission.CORRECT,
        summary="Retract a value",
        description="Leaves the period without that source's value; a new one may then be recorded.",
        handle=_retract,
        answer=WrittenView,
        body=RetractionBody,
        problems=(404, 409),
        required_key=True,
        example={"kpi": "revenue", "period": "2026-01", "replaces": 7, "reason": "entered for the wrong KPI"},
    ),
    Operation(
        name="declareNotApplicable",
        method="POST",
        path="/v1/measurements/not-applicable",
        tag="measurements",
        permission=Permission.CORRECT,
        summary="Declare a value not applicable",
        description="Not the same as missing: the KPI leaves weights and coverage of that period.",
        handle=_declare,
        answer=WrittenView,
        body=NotApplicableBody,
        statuses=(201, 200),
        problems=(404, 409),
        required_key=True,
        example={"kpi": "revenue", "period": "2026-01", "reason": "plant closed"},
    ),
    Operation(
        name="listMeasurements",
        method="GET",
        path="/v1/measurements",
        tag="measurements",
        permission=Permission.READ,
        summary="List the values of a KPI",
        description="The values in force, of one period or of all (the latest 1,000), each with the position a "
        "correction must name.",
        handle=_list,
        answer=MeasurementsView,
        query=MeasurementsQuery,
        problems=(404,),
    ),
)
