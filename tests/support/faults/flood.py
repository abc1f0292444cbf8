"""One organization that sends batches of 500 as fast as it can over four connections, as a process until it is killed.

python -m tests.support.faults.flood [table-lock]
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from random import Random
from typing import NoReturn

from infra import settings as all_settings
from infra.round_trip import Question, RoundTrip
from services import transaction
from services.bundle import App
from services.starting import built
from tests.support.faults.company import Company
from tests.support.faults.load import write_batch

CONNECTIONS = 4
KPIS = 10
"""Of each connection, for a diary has one writer."""
BATCH = 500
TABLE_LOCK = "table-lock"
GATE = "steelyard.gate"


class LockedByTable(RoundTrip):
    """Begins with a lock that all organizations share, as the library's own recorder takes it."""

    def __init__(self) -> None:
        super().__init__()
        self.ask(Question(f"LOCK TABLE {GATE} IN EXCLUSIVE MODE", {}, prepare=False))


def send(app: App, company: Company) -> NoReturn:
    """Batch after batch."""
    random = Random(1)
    while True:
        write_batch(app, company, BATCH, random)


if __name__ == "__main__":
    if TABLE_LOCK in sys.argv:
        transaction.RoundTrip = LockedByTable  # type: ignore[assignment,attr-defined]
    with built(all_settings.load()) as app:
        company = Company.founded(app, CONNECTIONS * KPIS)
        parts = [replace(company, diaries=company.diaries[first::CONNECTIONS]) for first in range(CONNECTIONS)]
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            list(pool.map(lambda part: send(app, part), parts))
