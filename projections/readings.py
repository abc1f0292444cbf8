"""Every reading of every KPI with the position from which it holds: values as of any position without a replay.

Append-only: a retraction and "not applicable" are rows. What holds as of P for a KPI, period and source is the last row
up to P.
"""

from collections.abc import Collection, Iterable
from uuid import UUID

from sqlalchemy import BigInteger, Column, Connection, DateTime, Integer, Table, Text, Uuid, text

from domain.calendar import Period
from domain.measurement.events import (
    MeasurementCorrected,
    MeasurementRecorded,
    MeasurementRetracted,
    Reading,
    ValueDeclaredNotApplicable,
    ValueKnown,
)
from domain.scoring.inputs import Cell, Values
from domain.values import KpiId
from infra.database import Question, metadata
from infra.eventstore.log import Recorded
from projections import writing
from projections.numbers import number_columns, numbers
from projections.periods import period_of
from projections.projection import Batch, Projection

NAME = "readings"
RETRACTED = "retracted"

_LATEST = """
    SELECT k.kpi, latest.period
    FROM unnest(CAST(%(kpis)s AS text[])) AS k(kpi)
    CROSS JOIN LATERAL (
        SELECT known.period FROM (
            SELECT DISTINCT ON (r.period, r.source) r.period, r.source, r.kind
            FROM steelyard.reading r
            WHERE r.tenant_id = %(tenant)s AND r.generation = %(generation)s AND r.kpi = k.kpi COLLATE "C"
              AND r.from_position <= %(position)s
            ORDER BY r.period DESC, r.source, r.from_position DESC
        ) known
        WHERE known.kind <> 'retracted'
        LIMIT 1
    ) latest
"""

reading = Table(
    "reading",
    metadata,
    Column("tenant_id", Uuid, primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("period", Text(collation="C"), primary_key=True),
    Column("kpi", Text(collation="C"), primary_key=True),
    Column("source", Text(collation="C"), primary_key=True),
    Column("from_position", BigInteger, primary_key=True),
    Column("kind", Text, nullable=False),
    *number_columns(),
    Column("replaces", BigInteger),
    Column("observed_at", DateTime(timezone=True)),
    Column("external_id", Text),
)


def apply(batch: Batch) -> None:
    """One row per measurement event."""
    rows = [row for row in map(_row, batch.events) if row is not None]
    writing.insert(batch.connection, reading, batch.tenant, batch.generation, rows)


def _row(recorded: Recorded) -> writing.Row | None:
    event = recorded.event
    read: Reading | None = None
    match event:
        case MeasurementRecorded():
            kind, read, replaces = "recorded", event.reading, None
        case MeasurementCorrected():
            kind, read, replaces = "corrected", event.reading, event.replaces
        case ValueDeclaredNotApplicable():
            kind, replaces = "not_applicable", None
        case MeasurementRetracted():
            kind, replaces = RETRACTED, event.replaces
        case _:
            return None
    from_client = None if isinstance(event, MeasurementRetracted) else event
    return {
        "period": event.period.text,
        "kpi": event.kpi,
        "source": event.source,
        "from_position": recorded.position,
        "kind": kind,
        **numbers(read),
        "replaces": replaces,
        "observed_at": from_client and from_client.observed_at,
        "external_id": from_client and from_client.external_id,
    }


READINGS = Projection(NAME, (reading,), apply)


def values_as_of(
    connection: Connection, tenant: UUID, generation: int, cells: Collection[Cell], position: int
) -> Values:
    """The values in force at the position in these cells, one per source in order of source; one statement for all.

    Cells that nobody asked for may be among them: those of an asked KPI in an asked period.
    """
    if not cells:
        return {}
    # Few distinct periods stand in many cells: told apart as objects first, which is much cheaper than by value.
    periods = {period.text: period for period in {id(period): period for _, period in cells}.values()}
    rows = connection.execute(
        # KPIs times periods: what scoring asks for is nearly that, and two short lists beat one long one.
        text("""
            SELECT DISTINCT ON (r.period, r.kpi, r.source)
                   r.period, r.kpi, r.source, r.from_position, r.kind, r.value, r.numerator, r.denominator
            FROM steelyard.reading r
            WHERE r.tenant_id = :tenant AND r.generation = :generation
              AND r.period = ANY(:periods) AND r.kpi = ANY(:kpis) AND r.from_position <= :position
            ORDER BY r.period, r.kpi, r.source, r.from_position DESC
        """),
        {
            "tenant": tenant,
            "generation": generation,
            "periods": sorted(periods),
            "kpis": sorted({kpi for kpi, _ in cells}),
            "position": position,
        },
    ).all()
    found: dict[Cell, list[ValueKnown]] = {}
    for name, kpi, source, from_position, kind, value, numerator, denominator in rows:
        if kind != RETRACTED:
            read, period = Reading(value, numerator, denominator), periods[name]
            known = ValueKnown(kpi, period, source, read, from_position)
            found.setdefault((kpi, period), []).append(known)
    return {cell: tuple(known) for cell, known in found.items()}


def periods_with_values(
    connection: Connection, tenant: UUID, generation: int, kpis: Iterable[KpiId], position: int
) -> frozenset[Period]:
    """Every period in which one of the KPIs had a value at some time up to the position, retracted since or not."""
    rows = connection.execute(
        text("""
            SELECT DISTINCT r.period FROM steelyard.reading r
            WHERE r.tenant_id = :tenant AND r.generation = :generation
              AND r.kpi = ANY(:kpis) AND r.from_position <= :position
        """),
        {"tenant": tenant, "generation": generation, "kpis": sorted(kpis), "position": position},
    )
    return frozenset(period_of(period) for (period,) in rows)


def latest_question(tenant: UUID, generation: int, kpis: Iterable[KpiId], position: int) -> Question:
    """Asks for the last period of each KPI that has a value in force at the position, not applicable included."""
    return Question(_LATEST, {"tenant": tenant, "generation": generation, "kpis": sorted(kpis), "position": position})


def latest_of(rows: Iterable[tuple[str, str]]) -> dict[KpiId, Period]:
    """The answer to it, by KPI."""
    # The periods of one KPI are of one kind, and the names of one kind sort as the periods do.
    return {KpiId(kpi): period_of(period) for kpi, period in rows}
