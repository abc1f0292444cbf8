"""Definitions and values in a few words, for tests of scoring: no log, no database, just what scoring reads."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

from domain.calendar import Calendar, Period, PeriodKind
from domain.kpi.events import Aggregation, Definition, Direction, Kind, Target
from domain.kpi.scale import Anchor, Interpolation, Point, Scale
from domain.kpi.state import DefinitionKnown, Kpi, ScaleKnown, TargetKnown
from domain.measurement.events import NOT_APPLICABLE, Reading, ValueKnown
from domain.policy import DEFAULT_POLICY, MissingData, Policy, PolicyKnown
from domain.scorecard.events import Rollup
from domain.scorecard.state import Card, ChildPlacement, Link, Node, NodeKind, Placement, Scorecard, Version
from domain.scoring.inputs import Cell, Definitions, Values, VersionChoice
from domain.scoring.score import needed, score
from domain.scoring.tree import KpiScore, NodeScore, ScoreTree
from domain.values import MANUAL, ROOT, KpiId, NodeId, ScorecardId, Source

D = Decimal
Number = Decimal | int | str
LONG_AGO = date(1990, 1, 1)
LONG_AFTER = datetime(2190, 1, 1, tzinfo=UTC)
CARD = ScorecardId("card")
NA = "not applicable"
"""Stands for a declared not applicable value."""


def number(value: Number) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(value)


def period(text: str) -> Period:
    return Period.parse(text)


def instant(day: str) -> datetime:
    """The first instant of that day, UTC."""
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


# Scales ----------------------------------------------------------------------------------------------------------

TARGET = Point(target=Decimal(1))
BASELINE = Point(baseline=Decimal(1))
STRETCH = Point(stretch=Decimal(1))


def fixed(x: Number) -> Point:
    return Point(fixed=number(x))


def scale(*anchors: tuple[Number | Point, Number], step: bool = False) -> Scale:
    return Scale(
        "anchors",
        tuple(Anchor(x if isinstance(x, Point) else fixed(x), number(s)) for x, s in anchors),
        Interpolation.STEP if step else Interpolation.LINEAR,
    )


DIRECT = scale((0, 0), (100, 100))
TO_TARGET = scale((0, 0), (TARGET, 100))
PROGRESS = scale((BASELINE, 0), (TARGET, 100))


# KPIs ------------------------------------------------------------------------------------------------------------

LEVEL = Definition("", "points", Kind.STOCK, Direction.HIGHER, PeriodKind.MONTH, Aggregation.MEAN)
FLOW = replace(LEVEL, kind=Kind.FLOW, aggregation=Aggregation.SUM)
RATIO = replace(LEVEL, kind=Kind.RATIO, aggregation=Aggregation.RATIO, ratio_per=Decimal(100), unit="%")
YEARLY = replace(LEVEL, frequency=PeriodKind.YEAR)


def kpi(
    code: str,
    definition: Definition = LEVEL,
    of_scale: Scale | None = DIRECT,
    targets: Mapping[str, Number | Target] | None = None,
    effective_from: date = LONG_AGO,
    retired_after: date | None = None,
) -> Kpi:
    known = [
        TargetKnown(period(text), each if isinstance(each, Target) else Target(number(each)), 100 + index)
        for index, (text, each) in enumerate(sorted((targets or {}).items()))
    ]
    return Kpi(
        KpiId(code),
        (DefinitionKnown(replace(definition, name=definition.name or f"KPI {code}"), effective_from, 10),),
        () if of_scale is None else (ScaleKnown(of_scale, effective_from, 11),),
        tuple(known),
        retired_after=retired_after,
    )


def kpis(*codes: str, definition: Definition = LEVEL) -> tuple[Kpi, ...]:
    return tuple(kpi(code, definition) for code in codes)


# Cards -----------------------------------------------------------------------------------------------------------

Placed = Mapping[str, Number]
"""Codes of KPIs or scorecards with their weights."""


def node(
    code: str,
    weight: Number = 1,
    placed: Placed | None = None,
    nodes: Iterable[Node] = (),
    cards: Placed | None = None,
    rollup: Rollup = Rollup(),  # noqa: B008 - a frozen value
    kind: NodeKind = NodeKind.PERSPECTIVE,
) -> Node:
    return Node(
        NodeId(code),
        kind,
        code or "the scorecard",
        number(weight),
        rollup,
        tuple(nodes),
        tuple(Placement(KpiId(each), number(w)) for each, w in (placed or {}).items()),
        tuple(ChildPlacement(ScorecardId(each), number(w)) for each, w in (cards or {}).items()),
    )


def objective(code: str, weight: Number = 1, placed: Placed | None = None, cards: Placed | None = None) -> Node:
    return node(code, weight, placed, cards=cards, kind=NodeKind.OBJECTIVE)


def root(
    *nodes: Node,
    placed: Placed | None = None,
    cards: Placed | None = None,
    rollup: Rollup = Rollup(),  # noqa: B008 - a frozen value
) -> Node:
    return node(ROOT, 1, placed, nodes, cards, rollup, NodeKind.SCORECARD)


def version(number_: int, of: Node | Card, effective_from: date = LONG_AGO, position: int = 0) -> Version:
    return Version(number_, effective_from, of if isinstance(of, Card) else Card(of), position or 20 + number_)


def scorecard(
    *versions: Node | Card | Version, code: str = CARD, draft: Node | None = None, archived_after: date | None = None
) -> Scorecard:
    known = [each if isinstance(each, Version) else version(i, each) for i, each in enumerate(versions, start=1)]
    return Scorecard(
        ScorecardId(code),
        created=True,
        draft=Card(draft) if draft is not None else known[-1].card if known else Card(),
        versions=tuple(known),
        archived_after=archived_after,
    )


def links(*pairs: tuple[str, str]) -> tuple[Link, ...]:
    return tuple(Link(NodeId(cause), NodeId(effect)) for cause, effect in pairs)


# Everything known ------------------------------------------------------------------------------------------------


def definitions(
    cards: Node | Card | Scorecard | Iterable[Scorecard],
    of_kpis: Iterable[Kpi],
    policy: Policy | MissingData | Iterable[PolicyKnown] = (),
    calendar: Calendar = Calendar(),  # noqa: B008 - a frozen value
) -> Definitions:
    if isinstance(cards, Node | Card):
        cards = scorecard(cards)
    all_cards = [cards] if isinstance(cards, Scorecard) else list(cards)
    if isinstance(policy, MissingData):
        policy = Policy(missing_data=policy, carry_forward_max_periods=2 if policy is MissingData.CARRY else 0)
    known = [PolicyKnown(policy, LONG_AGO, 2)] if isinstance(policy, Policy) else list(policy)
    return Definitions(
        calendar,
        (DEFAULT_POLICY, *known),
        {each.id: each for each in of_kpis},
        {each.id: each for each in all_cards},
    )


Entered = Number | tuple[Number, Number] | Reading
"""A value, a (numerator, denominator) pair, NA, or a whole reading."""


def reading(entered: Entered) -> Reading:
    if isinstance(entered, Reading):
        return entered
    if isinstance(entered, tuple):
        return Reading(numerator=number(entered[0]), denominator=number(entered[1]))
    return NOT_APPLICABLE if entered == NA else Reading(number(entered))


def rated(value: Number, weight: Number) -> Reading:
    """A survey's mean with its respondents, or a value with its weight."""
    return Reading(number(value), denominator=number(weight))


def values(entered: Mapping[str, Mapping[str, Entered]], source: Source = MANUAL) -> Values:
    """By KPI and period, all of one source; positions count from 1000."""
    found: dict[Cell, tuple[ValueKnown, ...]] = {}
    position = 1000
    for code, series in entered.items():
        for text, each in series.items():
            known = ValueKnown(KpiId(code), period(text), source, reading(each), position)
            found[known.kpi, known.period] = (known,)
            position += 1
    return found


def by_source(code: str, text: str, entered: Mapping[str, Entered]) -> Values:
    """One cell with several sources, in order of source."""
    known = [
        ValueKnown(KpiId(code), period(text), Source(source), reading(each), 2000 + index)
        for index, (source, each) in enumerate(sorted(entered.items()))
    ]
    return {(KpiId(code), period(text)): tuple(known)}


def now(entered: Mapping[str, Entered], text: str = "2026-01") -> Values:
    """Values of one period."""
    return values({code: {text: each} for code, each in entered.items()})


# Scoring ---------------------------------------------------------------------------------------------------------


def scored(
    known: Definitions,
    of_values: Values,
    text: str = "2026-01",
    as_of: str | None = None,
    version: VersionChoice = "in_force",
    card: str = CARD,
) -> ScoreTree:
    """The tree; only the cells that needed() names are given, so a cell it forgets is missing in the score."""
    asked = period(text)
    cells = needed(known, ScorecardId(card), asked, version)
    given = {cell: known_values for cell, known_values in of_values.items() if cell in cells}
    return score(known, given, ScorecardId(card), asked, LONG_AFTER if as_of is None else instant(as_of), version)


def top(known: Definitions, of_values: Values, text: str = "2026-01", as_of: str | None = None) -> NodeScore:
    """The root of the tree."""
    found = scored(known, of_values, text, as_of).root
    assert found is not None
    return found


def only(of_kpi: Kpi, of_values: Values, text: str = "2026-01", as_of: str | None = None, **known: object) -> KpiScore:
    """The score of a KPI that stands alone on a card."""
    policy = known.get("policy", ())
    assert isinstance(policy, Policy | MissingData | tuple)
    calendar = known.get("calendar", Calendar())
    assert isinstance(calendar, Calendar)
    tree = top(definitions(root(placed={of_kpi.id: 1}), [of_kpi], policy, calendar), of_values, text, as_of)
    return next(tree.kpis())


def find(tree: NodeScore, code: str) -> NodeScore:
    return next(each for each in tree.nodes() if each.id == code)


def find_kpi(tree: NodeScore, code: str) -> KpiScore:
    return next(each for each in tree.kpis() if each.kpi == code)


def exactly(value: Decimal | None) -> Fraction:
    """The score as the fraction it stands for, if its denominator is at most a million."""
    assert value is not None
    return Fraction(value).limit_denominator(1_000_000)
