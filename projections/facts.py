"""Measurements as the database reads them: out of the stored JSON, without a single event in Python.

Only bodies of the schemas listed here: what is older is lifted by its upcasters first, and that takes Python.
"""

from collections.abc import Mapping

from domain.measurement.events import MeasurementEvent
from projections.projection import Batch

RETRACTED = "measurement-retracted"
SCHEMAS = {
    "measurement-recorded": 1,
    "measurement-corrected": 1,
    RETRACTED: 1,
    "value-declared-not-applicable": 1,
}
"""The events that FACTS reads, each with the one schema in which it knows them, which has to be the present one."""

# Each body is parsed once, because a query with an order of its own is not merged into the one around it.
FACTS = """(
    SELECT e.tenant_id, e.position, e.name, CAST(convert_from(e.body, 'UTF8') AS jsonb) AS body
    FROM steelyard.event e
    WHERE e.tenant_id = :tenant AND e.position BETWEEN :first AND :last AND e.name = ANY(:names)
    ORDER BY e.position)"""


def readable(batch: Batch) -> bool:
    """Whether FACTS reads every measurement of the batch. Not so if this program does not know one of its events."""
    return all(_readable(batch, name, schema) for name, schema in batch.kinds)


def measured(batch: Batch) -> int:
    """How many measurements are in the batch."""
    return sum(count for (name, _), count in batch.kinds.items() if name in SCHEMAS)


def parameters(batch: Batch) -> Mapping[str, object]:
    """Those of FACTS, and the generation."""
    return {
        "tenant": batch.tenant,
        "generation": batch.generation,
        "first": batch.first,
        "last": batch.last,
        "names": list(SCHEMAS),
    }


def _readable(batch: Batch, name: str, schema: int) -> bool:
    known = batch.log.type_of(name)
    if known is None or schema > known.schema:
        return False
    return not issubclass(known.cls, MeasurementEvent) or SCHEMAS.get(name) == schema == known.schema
