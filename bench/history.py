"""An organization with years of values: scorecards by commands, values straight into the log, in one of two orders.

The events are those that commands would have left; catching up cannot tell the difference.
"""

import random
from collections.abc import Sequence
from decimal import Decimal
from typing import Literal
from uuid import UUID

from bench.organizations import MONTHS, SCORE_MAX, kpis_of, month, scorecard, send
from domain import streams
from domain.measurement.events import MeasurementRecorded, Reading
from domain.values import MANUAL
from infra.eventstore.log import Metadata, NewEvent
from projections.catalog import CATALOG
from projections.runner import catch_up
from services.bundle import App

EVENTS_PER_APPEND = 5_000
SEED = 1

Order = Literal["in order", "scattered"]
"""Month after month as they happened, or all of them at random: every batch then reaches every period."""


def fill(app: App, made: UUID, events: int, kpis: int, order: Order = "in order") -> None:
    """At least so many values, of up to 120 months, on as many scorecards as that makes; its catalog is moved on."""
    months = min(MONTHS, -(-events // kpis))
    cards = -(-events // (kpis * months))
    for number in range(cards):
        send(app, made, list(scorecard(number, kpis)))
    values = _values(cards, kpis, months)
    if order == "scattered":
        random.Random(SEED).shuffle(values)
    _append(app, made, values)


def more(app: App, made: UUID, kpis: int, first_month: int, months: int) -> int:
    """So many months of values for the first scorecard of an organization; how many values."""
    values = _values(1, kpis, months, first_month)
    _append(app, made, values)
    return len(values)


def _append(app: App, made: UUID, values: Sequence[NewEvent]) -> None:
    for first in range(0, len(values), EVENTS_PER_APPEND):
        with app.database.transaction(made) as connection:
            log = app.logs.bind(connection, made)
            log.append(values[first : first + EVENTS_PER_APPEND], Metadata("bench", f"seed-{first}"))
    catch_up(app.store, made, CATALOG)


def _values(cards: int, kpis: int, months: int, first: int = 0) -> list[NewEvent]:
    return [
        NewEvent(
            streams.measurement_stream(kpi),
            MeasurementRecorded(kpi, month(number), MANUAL, Reading(Decimal((number + at) * 7 % SCORE_MAX))),
            None,
        )
        for number in range(first, first + months)
        for card in range(cards)
        for at, kpi in enumerate(kpis_of(card, kpis))
    ]


def bring_up(app: App, organization: UUID, names: Sequence[str] = ()) -> None:
    """Bring the background projections, or those named, to the head of the log."""
    for projection in app.projections:
        if not projection.inline and (not names or projection.name in names):
            catch_up(app.store, organization, projection)
