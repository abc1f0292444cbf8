"""Random small cases for the oracle: calendars, KPIs, targets, values, cascades and policies, all from one seed."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

from domain.calendar import Calendar, Period, PeriodKind, finer
from domain.errors import Invalid
from domain.kpi.definition_rules import ACROSS_SOURCES, AGGREGATIONS, checked_definition
from domain.kpi.events import Definition, Direction, Kind, Milestone, Option, Prorate, Target
from domain.kpi.scale import Anchor, EqualAnchors, Interpolation, Point, Scale
from domain.kpi.scale_rules import checked_scale
from domain.kpi.state import DefinitionKnown, Kpi, ScaleKnown, TargetKnown
from domain.measurement.events import NOT_APPLICABLE, Reading, ValueKnown
from domain.policy import DEFAULT_BANDS, DEFAULT_POLICY, Band, MissingData, Policy, PolicyKnown
from domain.scorecard.events import Limiter, Rollup, RollupRule, Tie
from domain.scorecard.state import Card, ChildPlacement, Node, NodeKind, Placement, Scorecard, Version
from domain.scoring.inputs import Cell, Definitions, Values
from domain.values import MANUAL, KpiId, NodeId, ScorecardId, Source
from tests.domain.scoring.build import LEVEL, LONG_AFTER, LONG_AGO, D

PERIODS = dict.fromkeys(PeriodKind, 5) | {PeriodKind.MONTH: 10, PeriodKind.QUARTER: 10, PeriodKind.DAY: 2}
DAYS = (*[LONG_AGO] * 4, date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1), date(2026, 5, 15))
POINTS = (
    Point(target=D(1)),
    Point(baseline=D(1)),
    Point(stretch=D(1)),
    Point(),
    Point(fixed=D(7)),
    Point(fixed=D(1), target=D("0.5")),
    Point(target=D("1.5"), baseline=D("-0.5")),
)
THIRDS = (Band("red", D(0)), Band("amber", D("33.333333")), Band("green", D("66.666667")))
CODES = ("c1", "c2", "c3")
ASKED = ScorecardId("c1")


@dataclass(frozen=True)
class Case:
    known: Definitions
    values: Values
    period: Period
    as_of: datetime


class Cases:
    """`case()` makes one; the same seed makes the same."""

    def __init__(self, seed: int) -> None:
        self.random = random = Random(seed)
        zone = random.choice(["UTC", "Asia/Tokyo", "America/New_York"])
        self.calendar = Calendar(random.choice([1, 1, 4, 7]), random.choice(["start", "end"]), zone)
        self.bands = random.choice([DEFAULT_BANDS, THIRDS])
        self.periods = {kind: self._span(kind) for kind in PeriodKind}
        self.kpis = {code: self.kpi(code) for code in (KpiId(f"K{i}") for i in range(random.randint(1, 6)))}

    def _span(self, kind: PeriodKind) -> list[Period]:
        first = date(2025, 12, 1) if kind in (PeriodKind.DAY, PeriodKind.WEEK) else date(2025, 6, 1)
        return list(
            self.calendar.span(self.calendar.containing(first, kind), self.calendar.containing(date(2026, 6, 30), kind))
        )

    def case(self) -> Case:
        cards: dict[ScorecardId, Scorecard] = {}
        for code in reversed(CODES[: self.random.choice([1, 2, 2, 3])]):
            card = [self.card(list(cards)) for _ in range(self.random.choice([1, 2]))]
            versions = [Version(i, self.day(), each, 50 + i) for i, each in enumerate(card, 1)]
            ends = None if code == "c1" else self.random.choice([None, None, date(2026, 2, 28)])
            cards[ScorecardId(code)] = Scorecard(ScorecardId(code), True, Card(), tuple(versions), archived_after=ends)
        policies = [PolicyKnown(self.policy(), self.day(), 2 + i) for i in range(self.random.choice([0, 1, 2]))]
        known = Definitions(self.calendar, (DEFAULT_POLICY, *policies), self.kpis, cards)
        [kind] = self.random.choices(list(PERIODS), list(PERIODS.values()))
        period = self.calendar.containing(date(2026, 1, 1) + timedelta(self.random.randrange(180)), kind)
        as_of = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=self.random.randrange(24 * 300))
        return Case(known, self.values(), period, self.random.choice([as_of, as_of, LONG_AFTER]))

    def day(self) -> date:
        return self.random.choice(DAYS)

    def number(self, low: int = -3, high: int = 12) -> Decimal:
        return D(self.random.randint(low * 100, high * 100)) / self.random.choice([1, 100, 100])

    def policy(self) -> Policy:
        return Policy(
            self.random.choice(list(MissingData)),
            self.random.choice([D("0.5"), D(0), D(1), D("0.333333")]),
            self.bands,
            self.random.choice([0, 1, 2, 5]),
        )

    # KPIs ---------------------------------------------------------------------------------------------------------

    def definition(self, kind: Kind, frequency: PeriodKind) -> Definition:
        sources = tuple(Source(each) for each in self.random.sample("abc", self.random.choice([1, 2, 3])))
        found = replace(
            LEVEL,
            name="K",
            kind=kind,
            direction=self.random.choice(list(Direction)),
            frequency=frequency,
            aggregation=self.random.choice(sorted(AGGREGATIONS[kind])),
            scored=self.random.random() < 0.95,
            sources=sources if self.random.random() < 0.4 else (MANUAL,),
            across_sources=self.random.choice(sorted(ACROSS_SOURCES[kind])),
            ratio_per=D(100 if kind is Kind.RATIO else 1),
            respondents_min=self.random.choice([0, 5]) if kind is Kind.SURVEY else 0,
            options=tuple(Option(f"o{i}", D(s)) for i, s in enumerate((50, 0, 100)) if kind is Kind.ORDINAL),
            prorate=self.random.choice(list(Prorate)),
        )
        try:
            return checked_definition(found)
        except Invalid:
            return checked_definition(replace(found, prorate=Prorate.NONE))

    def scale(self) -> Scale:
        """Fixed anchors, or ones that follow targets; whatever the rules of scales allow."""
        number = self.random.choice([2, 2, 3, 4])
        points = self.random.sample(POINTS, number)
        if self.random.random() < 0.4:
            xs = sorted(self.random.sample(range(-5, 15), number), reverse=self.random.random() < 0.4)
            points = [Point(D(x)) for x in xs]
        scores = self.random.sample(range(0, 101, 5), number)
        scores = scores if self.random.random() < 0.3 else sorted(scores)
        anchors = tuple(Anchor(x, D(score)) for x, score in zip(points, scores, strict=True))
        interpolation = self.random.choice([Interpolation.LINEAR, Interpolation.LINEAR, Interpolation.STEP])
        try:
            return checked_scale(Scale("anchors", anchors, interpolation, self.random.choice(list(EqualAnchors))))
        except Invalid:
            return self.scale()

    def kpi(self, code: KpiId) -> Kpi:
        kind = self.random.choice([Kind.FLOW, Kind.FLOW, Kind.STOCK, Kind.RATIO, *Kind])
        frequency = self.random.choice([*[PeriodKind.MONTH] * 4, PeriodKind.QUARTER, *PeriodKind])
        known = [DefinitionKnown(self.definition(kind, frequency), self.day(), 10)]
        if self.random.random() < 0.2:
            known.append(DefinitionKnown(self.definition(kind, frequency), self.day(), 12))
        scales = [ScaleKnown(self.scale(), self.day(), 20 + i) for i in range(self.random.choice([0, 1, 1, 2]))]
        share = self.random.choice([0.2, 0.7, 1])
        targets = [
            TargetKnown(period, self.target(kind, period, frequency), 30)
            for length in PeriodKind
            if length is frequency or (finer(frequency, length) and self.random.random() < 0.4)
            for period in self.periods[length]
            if self.random.random() < share
        ]
        ends = self.random.choice([*[None] * 8, date(2026, 1, 31), date(2026, 3, 31)])
        by_text = tuple(sorted(targets, key=lambda each: each.period.text))
        return Kpi(code, tuple(known), tuple(scales), by_text, retired_after=ends)

    def target(self, kind: Kind, period: Period, frequency: PeriodKind) -> Target:
        def one() -> Decimal:
            return D(self.random.randint(1, 3)) if kind in (Kind.SURVEY, Kind.ORDINAL) else self.number()

        def some() -> Decimal | None:
            return one() if self.random.random() < 0.85 else None

        steps = self.calendar.children(period, frequency) if finer(frequency, period.kind) else ()
        chosen = [step for step in steps if self.random.random() < 0.2]
        return Target(one(), some(), some(), tuple(Milestone(step, one()) for step in chosen))

    def values(self) -> dict[Cell, tuple[ValueKnown, ...]]:
        found: dict[Cell, tuple[ValueKnown, ...]] = {}
        for kpi in self.kpis.values():
            share = self.random.choice([0.3, 0.6, 0.9, 1])
            definition = kpi.definitions[0].definition
            sources = sorted({source for known in kpi.definitions for source in known.definition.sources})
            for period in self.periods[definition.frequency]:
                given = [each for each in sources if self.random.random() < share]
                known = tuple(ValueKnown(kpi.id, period, each, self.reading(definition), 1000) for each in given)
                if known:
                    found[kpi.id, period] = known
        return found

    def reading(self, definition: Definition) -> Reading:
        if self.random.random() < 0.08:
            return NOT_APPLICABLE
        weight = D(self.random.choice([0, 1, 2, 3, 7]))
        match definition.kind:
            case Kind.RATIO:
                return Reading(None, self.number(0), weight)
            case Kind.SURVEY:
                return Reading(self.number(1, 5).min(D(5)), denominator=weight + 1)
            case Kind.ORDINAL:
                return Reading(D(self.random.randint(1, 3)))
            case Kind.BINARY:
                return Reading(D(self.random.randint(0, 1)))
            case Kind.FLOW | Kind.STOCK:
                return Reading(self.number(), denominator=weight)

    # Cards --------------------------------------------------------------------------------------------------------

    def weight(self) -> Decimal:
        return self.random.choice([D(0), D(1), D(1), D(2), D(40), D("33.333333"), D("0.5")])

    def card(self, below: list[ScorecardId]) -> Card:
        rule = self.random.choice([None, None, *MissingData])
        return Card(self.node("", NodeKind.SCORECARD, below), missing_data=rule)

    def node(self, code: str, kind: NodeKind, below: list[ScorecardId]) -> Node:
        number = self.random.choice([0, 0, 1] if kind is NodeKind.SCORECARD else [0, 1, 2, 3])
        placed = self.random.sample(sorted(self.kpis), min(number, len(self.kpis)))
        lower = {NodeKind.SCORECARD: NodeKind.PERSPECTIVE, NodeKind.PERSPECTIVE: NodeKind.OBJECTIVE}.get(kind)
        nodes = range(self.random.randint(0 if code else 1, 3)) if lower else ()
        cards = self.random.sample(below, 1) if below and self.random.random() < 0.3 else []
        return Node(
            NodeId(code),
            kind,
            code,
            self.weight(),
            self.rollup(placed),
            tuple(self.node(f"{code}{i}", lower, below) for i in nodes if lower),
            tuple(Placement(each, self.weight()) for each in placed),
            tuple(ChildPlacement(each, self.weight()) for each in cards),
        )

    def rollup(self, placed: list[KpiId]) -> Rollup:
        names = [band.name for band in self.bands]
        pick = self.random.choice
        limiters = tuple(Limiter(pick([1, 2]), pick(names), pick(names)) for _ in range(pick([0, 0, 1, 2])))
        rule = pick([*[RollupRule.MEAN] * 6, *RollupRule])
        if rule is RollupRule.SELF and placed:
            return Rollup(rule, kpi=pick(placed), limiters=limiters)
        if rule is RollupRule.ALL_AT_LEAST:
            return Rollup(rule, level=pick(names), limiters=limiters)
        if rule is RollupRule.MOST_FREQUENT:
            return Rollup(rule, tie=pick(list(Tie)), limiters=limiters)
        return Rollup(RollupRule.MEAN if rule is RollupRule.SELF else rule, limiters=limiters)
