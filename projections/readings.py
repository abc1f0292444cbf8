"""Readings: values as of any position without a replay.

What holds as of P for a KPI, period and source is the last row up to P.
"""

from collections.abc import Collection, Iterable
from uuid import UUID

from sqlalchemy import Connection, text

from domain.calendar import Period
from domain.measurement.events import Reading, ValueKnown
from domain.scoring.inputs import Cell, Values
from domain.values import KpiId
from infra.round_trip import Question
from projections.periods import period_of
from projections.projection import Projection
from projections.reading_rows import RETRACTED, reading, write

NAME = "readings"
EVENTS_MAX = 20_000
"""A quarter of a second in the server, some seconds on a slow machine; it sorts them, so larger batches cost less."""

_LATEST = """
    SELECT k.kpi, latest.period
    FROM unnest(CAST(%(kpis)s AS text[])) AS k(kpi)
    CROSS JOIN LATERAL (
        SELECT known.period FROM (
            SELECT DISTINCT ON (r.period, r.source) r.period, r.source, r.kind
            FROM steelyard.reading r
            WHERE r.tenant_id = %(tenant)s AND r.generation = %(generation)s AND r.kpi = k.kpi COLLATE "C"
              AND r.from_position <= %(position)s
            ORDER BY r.period DESC, r.source DESC, r.from_position DESC
        ) known
        WHERE known.kind <> 'retracted'
        LIMIT 1
    ) latest
"""

READINGS = Projection(NAME, (reading,), write, events_max=EVENTS_MAX)


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
        # KPIs times periods: what scoring asks for is nearly that, and two short lists beat one long one. In order of
        # the key, backwards, so that nothing has to be sorted.
        text("""
            SELECT DISTINCT ON (r.kpi, r.period, r.source)
                   r.period, r.kpi, r.source, r.from_position, r.kind, r.value, r.numerator, r.denominator
            FROM steelyard.reading r
            WHERE r.tenant_id = :tenant AND r.generation = :generation
              AND r.period = ANY(:periods) AND r.kpi = ANY(:kpis) AND r.from_position <= :position
            ORDER BY r.kpi DESC, r.period DESC, r.source DESC, r.from_position DESC
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
    return {cell: tuple(reversed(known)) for cell, known in found.items()}


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
