"""The values in force and the external ids ever used: what the next measurement is checked against. Inline.

Everything else a command must know is a definition, and DefinitionsCache has those.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Integer, Table, Text, Uuid, text

from domain.calendar import Period
from domain.measurement.events import (
    NOT_APPLICABLE,
    MeasurementCorrected,
    MeasurementRecorded,
    MeasurementRetracted,
    Reading,
    ValueDeclaredNotApplicable,
    ValueKnown,
)
from domain.values import KpiId, Source
from infra.database import exchange, metadata
from infra.round_trip import Question, Reply, RoundTrip
from projections import catalog_fill, facts, writing
from projections.numbers import number_columns, numbers
from projections.periods import period_of
from projections.projection import Batch, Projection

NAME = "catalog"
EVENTS_MAX = 20_000
"""As readings: the database does it alone."""

value_in_force = Table(
    "value_in_force",
    metadata,
    Column("tenant_id", Uuid, primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("kpi", Text(collation="C"), primary_key=True),
    Column("period", Text(collation="C"), primary_key=True),
    Column("source", Text(collation="C"), primary_key=True),
    *number_columns(),
    Column("position", BigInteger, nullable=False),
)

external_id = Table(
    "external_id",
    metadata,
    Column("tenant_id", Uuid, primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("source", Text(collation="C"), primary_key=True),
    Column("external_id", Text(collation="C"), primary_key=True),
    Column("kpi", Text(collation="C"), nullable=False),
    Column("period", Text(collation="C"), nullable=False),
    *number_columns(),
    Column("position", BigInteger, nullable=False),
)

Key = tuple[KpiId, Period, Source]
ExternalKey = tuple[Source, str]


def apply(batch: Batch) -> None:
    """The last word of the batch on each value, and the first on each external id.

    By the database alone where nobody has the events yet, and none of them has to be lifted.
    """
    if batch.given is None and facts.readable(batch):
        gone = catalog_fill.retracted(batch)
        writing.remove(batch.connection, value_in_force, batch.tenant, batch.generation, gone)
        catalog_fill.write(batch)
    else:
        apply_one_by_one(batch)


def apply_one_by_one(batch: Batch) -> None:
    """The same from the events themselves."""
    exchange(batch.connection, RoundTrip([Reply(question) for question in changes(batch)]))


def changes(batch: Batch) -> Sequence[Question]:
    """What the events themselves change, as questions."""
    latest: dict[Key, ValueKnown | None] = {}
    external: dict[ExternalKey, ValueKnown] = {}
    for recorded in batch.events:
        match recorded.event:
            case MeasurementRecorded() | MeasurementCorrected() | ValueDeclaredNotApplicable() as event:
                reading = NOT_APPLICABLE if isinstance(event, ValueDeclaredNotApplicable) else event.reading
                known = ValueKnown(event.kpi, event.period, event.source, reading, recorded.position)
                latest[event.kpi, event.period, event.source] = known
                if event.external_id is not None:
                    external.setdefault((event.source, event.external_id), known)
            case MeasurementRetracted(kpi, period, source):
                latest[kpi, period, source] = None
    return [*_values_changed(batch, latest), *_external_added(batch, external)]


def _values_changed(batch: Batch, latest: Mapping[Key, ValueKnown | None]) -> Iterator[Question]:
    where = value_in_force, batch.tenant, batch.generation
    gone = [
        {"kpi": kpi, "period": period.text, "source": source} for (kpi, period, source), to in latest.items() if not to
    ]
    if gone:
        yield writing.removing(*where, gone)
    rows = [{"source": known.source, **_row(known)} for known in latest.values() if known]
    if rows:
        yield writing.replacing(*where, rows)


def _external_added(batch: Batch, external: Mapping[ExternalKey, ValueKnown]) -> Iterator[Question]:
    rows = [{"source": source, "external_id": key, **_row(known)} for (source, key), known in external.items()]
    if rows:
        yield writing.inserting_if_new(external_id, batch.tenant, batch.generation, rows)


def _row(known: ValueKnown) -> dict[str, object]:
    return {
        "kpi": known.kpi,
        "period": known.period.text,
        **numbers(known.reading),
        "position": known.position,
    }


CATALOG = Projection(NAME, (value_in_force, external_id), apply, inline=changes, events_max=EVENTS_MAX)

_LIVE = """(
    SELECT r.generation FROM steelyard.projection_route r
    WHERE r.tenant_id = :tenant AND r.projection = 'catalog')"""
_LIVE_GENERATION = _LIVE.replace(":tenant", "%(tenant)s")
_VALUES = f"""
    SELECT v.kpi, v.period, v.source, v.value, v.numerator, v.denominator, v.position
    FROM jsonb_to_recordset(CAST(%(wanted)s AS jsonb))
         AS w(kpi text COLLATE "C", period text COLLATE "C", source text COLLATE "C")
    JOIN steelyard.value_in_force v ON v.kpi = w.kpi AND v.period = w.period AND v.source = w.source
    WHERE v.tenant_id = %(tenant)s AND v.generation = {_LIVE_GENERATION}
"""  # noqa: S608 - constants of ours
_EXTERNAL = f"""
    SELECT e.external_id, e.kpi, e.period, e.source, e.value, e.numerator, e.denominator, e.position
    FROM jsonb_to_recordset(CAST(%(wanted)s AS jsonb)) AS w(source text COLLATE "C", external_id text COLLATE "C")
    JOIN steelyard.external_id e ON e.source = w.source AND e.external_id = w.external_id
    WHERE e.tenant_id = %(tenant)s AND e.generation = {_LIVE_GENERATION}
"""  # noqa: S608 - constants of ours
_PERIODS = f"""
    SELECT DISTINCT v.period FROM steelyard.value_in_force v
    WHERE v.tenant_id = :tenant AND v.generation = {_LIVE}
"""  # noqa: S608 - constants of ours


def asking_values(tenant: UUID, keys: Iterable[Key]) -> Question:
    """The value in force for each KPI, period and source that has one; `values_of` reads the reply."""
    wanted = [{"kpi": kpi, "period": period.text, "source": source} for kpi, period, source in keys]
    return Question(_VALUES, {"tenant": tenant, "wanted": msgspec.json.encode(wanted).decode()})


def values_of(reply: Reply) -> dict[Key, ValueKnown]:
    """By KPI, period and source."""
    known = [_known(*row) for row in reply.rows]
    return {(each.kpi, each.period, each.source): each for each in known}


def values_in_force(connection: Connection, tenant: UUID, keys: Iterable[Key]) -> dict[Key, ValueKnown]:
    """`asking_values` at once."""
    trip = RoundTrip()
    reply = trip.ask(asking_values(tenant, keys))
    exchange(connection, trip)
    return values_of(reply)


def asking_external(tenant: UUID, keys: Iterable[ExternalKey]) -> Question:
    """What was first stored under each external id of a source, in force or not; `external_of` reads the reply."""
    wanted = [{"source": source, "external_id": key} for source, key in keys]
    return Question(_EXTERNAL, {"tenant": tenant, "wanted": msgspec.json.encode(wanted).decode()})


def external_of(reply: Reply) -> dict[ExternalKey, ValueKnown]:
    """By source and external id."""
    return {(Source(source), key): _known(kpi, period, source, *rest) for key, kpi, period, source, *rest in reply.rows}


def measured_periods(connection: Connection, tenant: UUID, kpis: Sequence[KpiId]) -> frozenset[Period]:
    """The periods in which any of these KPIs has a value in force, not applicable included."""
    rows = connection.execute(
        text(_PERIODS + " AND v.kpi = ANY(:kpis)"),
        {"tenant": tenant, "kpis": list(kpis)},
    )
    return frozenset(period_of(period) for (period,) in rows)


def all_measured_periods(connection: Connection, tenant: UUID) -> frozenset[Period]:
    """The periods in which any KPI of the organization has a value in force."""
    rows = connection.execute(
        text(_PERIODS),
        {"tenant": tenant},
    )
    return frozenset(period_of(period) for (period,) in rows)


def _known(
    kpi: str,
    period: str,
    source: str,
    value: Decimal | None,
    numerator: Decimal | None,
    denominator: Decimal | None,
    position: int,
) -> ValueKnown:
    """Columns in the order of the questions."""
    return ValueKnown(KpiId(kpi), period_of(period), Source(source), Reading(value, numerator, denominator), position)
