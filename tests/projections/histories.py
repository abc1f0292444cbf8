"""Histories of an organization for property tests: everything that can change a score, in any order history allows."""

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

from domain.calendar import Calendar, Period, PeriodKind
from domain.kpi.events import (
    KpiRedefined,
    KpiRetired,
    OwnerAssigned,
    PeriodTarget,
    ScaleSet,
    Target,
    TargetRevised,
    TargetSet,
)
from domain.kpi.scale import Anchor, Point, Scale
from domain.policy import MissingData, Policy
from domain.scorecard.events import (
    ChildKind,
    ChildScorecardPlaced,
    ChildWeight,
    KpiPlaced,
    KpiUnplaced,
    MissingDataSet,
    ScorecardArchived,
    ScorecardRenamed,
    VersionPublished,
    WeightsSet,
)
from domain.values import MANUAL, FreeText, KpiId, NodeId, ScorecardId, Source
from tenants.organization.events import CalendarSet, PolicySet
from tests.projections import world
from tests.projections.world import FOUNDED

KPIS = {"m": PeriodKind.MONTH, "n": PeriodKind.MONTH, "q": PeriodKind.QUARTER, "w": PeriodKind.WEEK}
PERIODS = {
    PeriodKind.MONTH: [f"2026-{month:02}" for month in range(1, 8)],
    PeriodKind.QUARTER: ["2025-Q4", "2026-Q1", "2026-Q2"],
    PeriodKind.WEEK: [f"2026-W{week:02}" for week in (1, 5, 6, 9, 14, 18)],
}
DAYS = [date(2025, 1, 1), date(2026, 1, 1), date(2026, 2, 1), date(2026, 4, 1), date(2026, 5, 31)]
CARDS = ("low", "high")
SOURCES = (MANUAL, Source("erp"))
BEGINNING = (
    FOUNDED,
    CalendarSet(Calendar(time_zone="Europe/Paris")),
    *(world.defined(kpi, frequency, since=date(2025, 1, 1)) for kpi, frequency in KPIS.items()),
    *(world.scaled(kpi, since=date(2025, 1, 1)) for kpi in KPIS),
    *world.card("low", ("m", 1), ("n", 2), ("q", 1), since=date(2025, 1, 1)),
    *world.card("high", ("m", 1), since=date(2026, 2, 1)),
)


@dataclass
class History:
    """Events with the little that must fit together: version numbers, and no cascade that closes a circle."""

    events: list[object] = field(default_factory=lambda: list(BEGINNING))
    versions: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CARDS, 1))

    def publish(self, card: str, since: date) -> VersionPublished:
        self.versions[card] += 1
        return VersionPublished(ScorecardId(card), self.versions[card], since)


@st.composite
def histories(draw: st.DrawFn, events_max: int = 40) -> list[object]:
    """A beginning with definitions and two published scorecards, then anything."""
    history = History()
    for _ in range(draw(st.integers(1, events_max))):
        history.events.append(draw(_next(history)))
    return history.events


def _next(history: History) -> st.SearchStrategy[object]:
    cards, days = st.sampled_from(CARDS), st.sampled_from(DAYS)
    return st.one_of(
        _measurements(),
        _measurements(),
        _measurements(),
        st.builds(history.publish, cards, days),
        _targets(),
        _of_kpi(),
        _drafts(),
        st.builds(_policy, st.sampled_from(MissingData), st.integers(0, 3), days),
        st.builds(lambda card, day: ScorecardArchived(ScorecardId(card), day), cards, days),
        st.builds(lambda card: ScorecardRenamed(ScorecardId(card), "Renamed"), cards),
    )


@st.composite
def _measurements(draw: st.DrawFn) -> object:
    kpi = draw(st.sampled_from(list(KPIS)))
    period = draw(st.sampled_from(PERIODS[KPIS[kpi]]))
    source = draw(st.sampled_from(SOURCES))
    value = draw(st.integers(-20, 120))
    return draw(
        st.sampled_from(
            [
                world.recorded(kpi, period, value, source),
                world.corrected(kpi, period, value, 1, source),
                world.retracted(kpi, period, 1, source),
                world.not_applicable(kpi, period, source),
            ]
        )
    )


@st.composite
def _targets(draw: st.DrawFn) -> object:
    kpi = draw(st.sampled_from(list(KPIS)))
    names = [*PERIODS[KPIS[kpi]], "2026-Q2", "2026"]
    targets = [
        PeriodTarget(Period.parse(draw(st.sampled_from(names))), _target(draw)) for _ in range(draw(st.integers(1, 3)))
    ]
    if draw(st.booleans()):
        return TargetSet(KpiId(kpi), tuple(targets))
    return TargetRevised(KpiId(kpi), targets[0].period, targets[0].target, _target(draw), True, FreeText("why"))


def _target(draw: st.DrawFn) -> Target:
    return Target(Decimal(draw(st.integers(1, 200))))


@st.composite
def _of_kpi(draw: st.DrawFn) -> object:
    kpi, day = draw(st.sampled_from(list(KPIS))), draw(st.sampled_from(DAYS))
    definition = replace(world.defined(kpi, KPIS[kpi]).definition, name=f"Renamed {day}", sources=SOURCES)
    to_target = Scale("anchors", (Anchor(Point(), Decimal(0)), Anchor(Point(target=Decimal(1)), Decimal(100))))
    return draw(
        st.sampled_from(
            [
                KpiRedefined(KpiId(kpi), definition, day),
                ScaleSet(KpiId(kpi), to_target, day),
                world.scaled(kpi, 50, since=day),
                OwnerAssigned(KpiId(kpi), "somebody"),
                KpiRetired(KpiId(kpi), day),
            ]
        )
    )


@st.composite
def _drafts(draw: st.DrawFn) -> object:
    card, kpi = ScorecardId(draw(st.sampled_from(CARDS))), KpiId(draw(st.sampled_from(list(KPIS))))
    node, weight = NodeId("o"), Decimal(draw(st.integers(1, 9)))
    return draw(
        st.sampled_from(
            [
                KpiPlaced(card, NodeId("p"), kpi, weight),
                KpiUnplaced(card, node, kpi),
                WeightsSet(card, node, (ChildWeight(ChildKind.KPI, kpi, weight),)),
                MissingDataSet(card, MissingData.CARRY),
                ChildScorecardPlaced(ScorecardId("high"), node, ScorecardId("low"), weight),
            ]
        )
    )


def _policy(missing_data: MissingData, carried: int, since: date) -> PolicySet:
    return PolicySet(Policy(missing_data=missing_data, carry_forward_max_periods=carried), since)
