"""Writes at a steady pace while something else is measured."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from uuid import UUID

from bench.measure import Sample
from bench.organizations import SCORE_MAX, month, send
from domain.measurement.commands import Entry, RecordMeasurement
from domain.values import KpiId
from services.bundle import App

Written = tuple[UUID, RecordMeasurement]


@dataclass(frozen=True, slots=True)
class Writing:
    """So many values a second, each to the next organization; slower where the service is."""

    app: App
    values: Iterator[Written]
    per_second: int

    def during(self, turn: Callable[[], Sample]) -> Callable[[], Sample]:
        """The same turn with writes going on."""

        def both() -> Sample:
            end = threading.Event()
            with ThreadPoolExecutor(max_workers=1) as writer:
                writing = writer.submit(self._write, end)
                try:
                    sample = turn()
                finally:
                    end.set()
                writing.result()
            return sample

        return both

    def _write(self, end: threading.Event) -> None:
        while True:
            organization, command = next(self.values)
            send(self.app, organization, [command])
            if end.wait(1 / self.per_second):
                return


def values_after(months: int, organizations: Sequence[UUID], kpis: Sequence[KpiId]) -> Iterator[Written]:
    """Values of months that have none yet, in each organization in turn."""
    for number in count():
        turn, place = divmod(number, len(organizations))
        period, kpi = month(months + turn // len(kpis)), kpis[turn % len(kpis)]
        yield organizations[place], RecordMeasurement(kpi, period, Entry(Decimal(number % SCORE_MAX)))
