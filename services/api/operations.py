"""The table of operations: everything the API can do, one noun after the other."""

from services.api import keys, kpis, log_reads, measurements, organizations, scorecards, scores
from services.api.operation import Operation

ALL: tuple[Operation, ...] = (
    *organizations.OPERATIONS,
    *keys.OPERATIONS,
    *scorecards.OPERATIONS,
    *kpis.OPERATIONS,
    *measurements.OPERATIONS,
    *scores.OPERATIONS,
    *log_reads.OPERATIONS,
)
