"""One organization that sends batches of 500 as fast as it can, as a process until it is killed.

python -m tests.support.faults.flood [table-lock]
"""

import sys
from random import Random

from infra import settings as all_settings
from infra.eventstore.log import Head, Log
from services.starting import built
from tests.support.faults.company import Company
from tests.support.faults.load import write_batch

KPIS = 10
BATCH = 500
TABLE_LOCK = "table-lock"
GATE = "steelyard.gate"


def locked_by_table(log: Log) -> Head:
    """Instead of Log.lock_head: first a lock that all organizations share, as the library's own recorder takes it."""
    log._connection.exec_driver_sql(f"LOCK TABLE {GATE} IN EXCLUSIVE MODE")
    return _lock_head(log)


_lock_head = Log.lock_head

if __name__ == "__main__":
    if TABLE_LOCK in sys.argv:
        Log.lock_head = locked_by_table  # type: ignore[assignment,method-assign]
    with built(all_settings.load()) as app:
        company, random = Company.founded(app, KPIS), Random(1)
        while True:
            write_batch(app, company, BATCH, random)
