"""The catalog out of the stored JSON, by the database alone: a rebuild, and the first fill after an upgrade.

The same rows as the catalog makes of the events of a command.
"""

from sqlalchemy import text

from projections import facts, writing
from projections.projection import Batch

# The last word of the batch on each value. Codes in the order of the index, on every server.
_LAST = f"""(
    SELECT DISTINCT ON (kpi, period, source) e.tenant_id, e.position, e.name, e.body -> 'reading' AS reading,
        (e.body ->> 'kpi') COLLATE "C" AS kpi,
        (e.body ->> 'period') COLLATE "C" AS period,
        (e.body ->> 'source') COLLATE "C" AS source
    FROM {facts.FACTS} AS e
    ORDER BY kpi, period, source, e.position DESC)"""  # noqa: S608 - constants of ours
_NUMBERS = """
    CAST({0} ->> 'value' AS numeric), CAST({0} ->> 'numerator' AS numeric), CAST({0} ->> 'denominator' AS numeric)"""
_RETRACTED = f"""
    SELECT l.kpi, l.period, l.source FROM {_LAST} AS l WHERE l.name = '{facts.RETRACTED}'"""  # noqa: S608 - constants of ours
_IN_FORCE = f"""
    INSERT INTO steelyard.value_in_force
        (tenant_id, generation, kpi, period, source, value, numerator, denominator, position)
    SELECT l.tenant_id, :generation, l.kpi, l.period, l.source, {_NUMBERS.format("l.reading")}, l.position
    FROM {_LAST} AS l WHERE l.name <> '{facts.RETRACTED}'
    ON CONFLICT (tenant_id, generation, kpi, period, source) DO UPDATE SET
        value = excluded.value, numerator = excluded.numerator, denominator = excluded.denominator,
        position = excluded.position
"""  # noqa: S608 - constants of ours
_EXTERNAL = f"""
    INSERT INTO steelyard.external_id
        (tenant_id, generation, source, external_id, kpi, period, value, numerator, denominator, position)
    SELECT DISTINCT ON (e.body ->> 'source', e.body ->> 'external_id')
        e.tenant_id, :generation, e.body ->> 'source', e.body ->> 'external_id', e.body ->> 'kpi',
        e.body ->> 'period', {_NUMBERS.format("e.body -> 'reading'")}, e.position
    FROM {facts.FACTS} AS e WHERE e.body ->> 'external_id' IS NOT NULL
    ORDER BY e.body ->> 'source', e.body ->> 'external_id', e.position
    ON CONFLICT DO NOTHING
"""  # noqa: S608 - constants of ours


def retracted(batch: Batch) -> list[writing.Row]:
    """The keys of values on which a retraction is the last word."""
    if not any(name == facts.RETRACTED for name, _ in batch.kinds):
        return []
    rows = batch.connection.execute(text(_RETRACTED), facts.parameters(batch))
    return [{"kpi": row.kpi, "period": row.period, "source": row.source} for row in rows]


def write(batch: Batch) -> None:
    """The values now in force, and the external ids that are new."""
    if facts.measured(batch):
        batch.connection.execute(text(_IN_FORCE), facts.parameters(batch))
        batch.connection.execute(text(_EXTERNAL), facts.parameters(batch))
