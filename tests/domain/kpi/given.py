"""Given events, when a command comes: the words in which the rules of a KPI are tested."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from domain.calendar import Calendar, Period, PeriodKind
from domain.decider import replay
from domain.errors import DomainError
from domain.kpi.commands import KpiCommand, KpiContext, SetTargets, WantedTarget
from domain.kpi.decide import KPI
from domain.kpi.events import Aggregation, Definition, Direction, Kind, KpiDefined, KpiEvent, Target
from domain.kpi.scale import Anchor, Point, Scale
from domain.kpi.state import Kpi
from domain.values import KpiId

SALES = KpiId("sales")
START = date(2026, 1, 1)
DEFINITION = Definition("Sales", "EUR", Kind.FLOW, Direction.HIGHER, PeriodKind.MONTH, Aggregation.SUM)
DEFINED = KpiDefined(SALES, DEFINITION, START)


def kind(of: Kind, aggregation: Aggregation) -> Definition:
    return replace(DEFINITION, kind=of, aggregation=aggregation)


def scale(*anchors: tuple[int, int]) -> Scale:
    return Scale("anchors", tuple(Anchor(Point(fixed=Decimal(x)), Decimal(score)) for x, score in anchors))


def periods(*names: str) -> frozenset[Period]:
    return frozenset(Period.parse(name) for name in names)


def context(today: date = START, *measured: str, calendar: Calendar | None = None) -> KpiContext:
    """At the start of that day, in UTC."""
    as_of = datetime(today.year, today.month, today.day, tzinfo=UTC)
    return KpiContext(as_of, calendar or Calendar(), periods(*measured))


def wanted(period: str, target: int | str) -> WantedTarget:
    return WantedTarget(Period.parse(period), Target(Decimal(target)))


def targets(*series: tuple[str, int | str], reason: str | None = None) -> SetTargets:
    return SetTargets(SALES, tuple(wanted(period, target) for period, target in series), reason)


def kpi(*history: KpiEvent) -> Kpi:
    return replay(KPI.evolve, KPI.initial(SALES), [(event, position) for position, event in enumerate(history, 1)])


def when(history: Sequence[KpiEvent], command: KpiCommand, known: KpiContext | None = None) -> list[KpiEvent]:
    return list(KPI.decide(command, kpi(*history), known or context()))


def refusal(history: Sequence[KpiEvent], command: KpiCommand, known: KpiContext | None = None) -> tuple[str, str]:
    """Code and pointer of the refusal; the test fails if there is none."""
    with pytest.raises(DomainError) as refused:
        when(history, command, known)
    assert refused.value.detail
    return refused.value.code, refused.value.field
