"""The rows of readings, one for each measurement: append-only, a retraction and "not applicable" are rows too."""

from sqlalchemy import BigInteger, Column, DateTime, Integer, Table, Text, Uuid, text

from domain.measurement.events import (
    MeasurementCorrected,
    MeasurementRecorded,
    MeasurementRetracted,
    Reading,
    ValueDeclaredNotApplicable,
)
from infra.database import metadata
from infra.eventstore.log import Recorded
from projections import facts, writing
from projections.numbers import number_columns, numbers
from projections.projection import Batch

RETRACTED = "retracted"

reading = Table(
    "reading",
    metadata,
    Column("tenant_id", Uuid, primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("kpi", Text(collation="C"), primary_key=True),
    Column("period", Text(collation="C"), primary_key=True),
    Column("source", Text(collation="C"), primary_key=True),
    Column("from_position", BigInteger, primary_key=True),
    Column("kind", Text, nullable=False),
    *number_columns(),
    Column("replaces", BigInteger),
    Column("observed_at", DateTime(timezone=True)),
    Column("external_id", Text),
)

# In order of the key, so that neighbours in the index are written together. Without ON CONFLICT DO NOTHING, which costs
# half as much again: the rows are new. It reads and writes tables of one tenant, as Citus asks; it was not run there.
_FROM_LOG = f"""
    INSERT INTO steelyard.reading
        (tenant_id, generation, kpi, period, source, from_position, kind, value, numerator, denominator,
         replaces, observed_at, external_id)
    SELECT e.tenant_id, :generation,
        (e.body ->> 'kpi') COLLATE "C", (e.body ->> 'period') COLLATE "C", (e.body ->> 'source') COLLATE "C",
        e.position,
        CASE e.name
            WHEN 'measurement-recorded' THEN 'recorded'
            WHEN 'measurement-corrected' THEN 'corrected'
            WHEN 'measurement-retracted' THEN 'retracted'
            WHEN 'value-declared-not-applicable' THEN 'not_applicable'
        END,
        CAST(e.body -> 'reading' ->> 'value' AS numeric),
        CAST(e.body -> 'reading' ->> 'numerator' AS numeric),
        CAST(e.body -> 'reading' ->> 'denominator' AS numeric),
        CAST(e.body ->> 'replaces' AS bigint),
        CAST(e.body ->> 'observed_at' AS timestamptz),
        e.body ->> 'external_id'
    FROM {facts.FACTS} AS e
    ORDER BY 3, 4, 5, 6
"""  # noqa: S608 - constants of ours


def write(batch: Batch) -> None:
    """One row per measurement: by the database alone, or one by one where an event has to be lifted first."""
    if facts.readable(batch):
        written = batch.connection.execute(text(_FROM_LOG), facts.parameters(batch)).rowcount
        assert written == facts.measured(batch), "one row per measurement"
    else:
        write_one_by_one(batch)


def write_one_by_one(batch: Batch) -> None:
    """The same rows out of the events themselves; raises what decoding an event raises."""
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
        "kpi": event.kpi,
        "period": event.period.text,
        "source": event.source,
        "from_position": recorded.position,
        "kind": kind,
        **numbers(read),
        "replaces": replaces,
        "observed_at": from_client and from_client.observed_at,
        "external_id": from_client and from_client.external_id,
    }
