"""A few commands that work, for tests of what surrounds them."""

from datetime import date
from decimal import Decimal

from domain.calendar import Period, PeriodKind
from domain.kpi.commands import DefineKpi
from domain.kpi.events import Aggregation, Definition, Direction, Kind
from domain.measurement.commands import Entry, RecordMeasurement
from domain.scorecard.commands import CreateScorecard, PlaceChildScorecard, PlaceKpi, PublishVersion
from domain.values import KpiId, NodeId, ScorecardId

JANUARY = date(2026, 1, 1)
REVENUE = Definition("Revenue", "EUR", Kind.FLOW, Direction.HIGHER, PeriodKind.MONTH, Aggregation.SUM)


def define(code: str = "revenue") -> DefineKpi:
    """A monthly KPI without a scale."""
    return DefineKpi(KpiId(code), REVENUE, JANUARY)


def record(value: int, month: int = 1, code: str = "revenue", external_id: str | None = None) -> RecordMeasurement:
    """A value of 2026."""
    period = Period(PeriodKind.MONTH, 2026, month)
    return RecordMeasurement(KpiId(code), period, Entry(Decimal(value)), external_id=external_id)


def create(code: str = "company") -> CreateScorecard:
    """A scorecard with the four default perspectives."""
    return CreateScorecard(ScorecardId(code), "Company")


def place(kpi: str = "revenue", node: str = "", code: str = "company") -> PlaceKpi:
    """A KPI in it."""
    return PlaceKpi(ScorecardId(code), NodeId(node), KpiId(kpi))


def place_child(child: str, code: str = "company", node: str = "") -> PlaceChildScorecard:
    """A scorecard in it."""
    return PlaceChildScorecard(ScorecardId(code), NodeId(node), ScorecardId(child))


def publish(code: str = "company") -> PublishVersion:
    """Its next version."""
    return PublishVersion(ScorecardId(code), JANUARY)
