"""A scorecard of many KPIs in memory, as the states that scoring reads and as the bare numbers in them."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

from bench.organizations import BEGINNING, OBJECTIVES_EACH, PERSPECTIVES
from domain.calendar import Calendar, Period, PeriodKind
from domain.kpi.events import Aggregation, Definition, Direction, Kind, Target
from domain.kpi.scale import Anchor, Point, Scale
from domain.kpi.state import DefinitionKnown, Kpi, ScaleKnown, TargetKnown
from domain.measurement.events import Reading, ValueKnown
from domain.policy import DEFAULT_POLICY
from domain.scorecard.state import Card, Node, NodeKind, Placement, Scorecard, Version
from domain.scoring.inputs import Cell, Definitions, Values
from domain.values import ARITHMETIC, MANUAL, ROOT, KpiId, NodeId, ScorecardId

SCORECARD = ScorecardId("card")
MONTHS = tuple(Period(PeriodKind.MONTH, 2026, number) for number in range(1, 13))
SEED = 1
FULL = Decimal(100)
PROGRESS = Scale("maximise", (Anchor(Point(baseline=Decimal(1)), Decimal(0)), Anchor(Point(target=Decimal(1)), FULL)))


@dataclass(frozen=True, slots=True)
class Row:
    """A KPI as bare numbers, month by month."""

    weight: Decimal
    values: tuple[Decimal, ...]
    baselines: tuple[Decimal, ...]
    targets: tuple[Decimal, ...]


Rows = Sequence[Sequence[Sequence[Row]]]
"""By perspective and objective, all of equal weight."""


@dataclass(frozen=True, slots=True)
class Made:
    """The same scorecard twice."""

    definitions: Definitions
    values: Values
    rows: Rows


def made(kpis: int) -> Made:
    """Monthly KPIs that are scored on their way from a baseline to a target, spread over the objectives."""
    chance = random.Random(SEED)
    rows = [_row(chance) for _ in range(kpis)]
    objectives = len(PERSPECTIVES) * OBJECTIVES_EACH
    spread = [range(at, kpis, objectives) for at in range(objectives)]
    nodes = [_objective(at, rows, spread[at]) for at in range(objectives)]
    card = Card(Node(ROOT, NodeKind.SCORECARD, "A scorecard", nodes=tuple(_perspectives(nodes))))
    known = Scorecard(SCORECARD, True, card, (Version(1, BEGINNING, card, 1),))
    states = {kpi.id: kpi for kpi in (_kpi(at, row) for at, row in enumerate(rows))}
    definitions = Definitions(Calendar(), (DEFAULT_POLICY,), states, {SCORECARD: known})
    by_objective = [[rows[at] for at in each] for each in spread]
    grouped = [by_objective[at : at + OBJECTIVES_EACH] for at in range(0, objectives, OBJECTIVES_EACH)]
    return Made(definitions, dict(_values(rows)), grouped)


def _row(chance: random.Random) -> Row:
    def some(low: int, high: int) -> tuple[Decimal, ...]:
        return tuple(Decimal(chance.randint(low * 100, high * 100)) / 100 for _ in MONTHS)

    return Row(Decimal(chance.randint(1, 9)), some(0, 120), some(0, 20), some(80, 120))


def _code(at: int) -> KpiId:
    return KpiId(f"kpi{at}")


def _kpi(at: int, row: Row) -> Kpi:
    definition = Definition(f"KPI {at}", "points", Kind.STOCK, Direction.HIGHER, PeriodKind.MONTH, Aggregation.MEAN)
    numbers = zip(MONTHS, row.targets, row.baselines, strict=True)
    return Kpi(
        _code(at),
        (DefinitionKnown(definition, BEGINNING, 2),),
        (ScaleKnown(PROGRESS, BEGINNING, 3),),
        tuple(TargetKnown(month, Target(target, baseline), 4) for month, target, baseline in numbers),
    )


def _objective(at: int, rows: Sequence[Row], places: Iterable[int]) -> Node:
    placements = tuple(Placement(_code(place), rows[place].weight) for place in places)
    return Node(NodeId(f"objective{at}"), NodeKind.OBJECTIVE, f"Objective {at}", placements=placements)


def _perspectives(objectives: Sequence[Node]) -> Iterable[Node]:
    for at, name in enumerate(PERSPECTIVES):
        below = objectives[at * OBJECTIVES_EACH : (at + 1) * OBJECTIVES_EACH]
        yield Node(NodeId(name), NodeKind.PERSPECTIVE, name, nodes=tuple(below))


def _values(rows: Sequence[Row]) -> Iterable[tuple[Cell, tuple[ValueKnown, ...]]]:
    for at, row in enumerate(rows):
        for month, value in zip(MONTHS, row.values, strict=True):
            code = _code(at)
            yield (code, month), (ValueKnown(code, month, MANUAL, Reading(value), 1_000 + at),)


def bare(card: Made, period: Period) -> Decimal:
    """The score of the scorecard by arithmetic alone: every value is there, every weight counts."""
    months = slice(None) if period.kind is PeriodKind.YEAR else slice(period.number - 1, period.number)
    with localcontext(ARITHMETIC):
        return _equally(
            _equally(_weighted([(row.weight, _progress(row, months)) for row in rows]) for rows in objectives if rows)
            for objectives in card.rows
            if any(objectives)
        )


def _progress(row: Row, months: slice) -> Decimal:
    value, baseline, target = (_equally(each[months]) for each in (row.values, row.baselines, row.targets))
    return min(FULL, max(Decimal(0), FULL * (value - baseline) / (target - baseline)))


def _weighted(scores: Sequence[tuple[Decimal, Decimal]]) -> Decimal:
    total = product = Decimal(0)
    for weight, score in scores:
        total += weight
        product += weight * score
    return product / total


def _equally(numbers: Iterable[Decimal]) -> Decimal:
    found = list(numbers)
    return sum(found, start=Decimal(0)) / len(found)
