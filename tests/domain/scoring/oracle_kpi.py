"""A second, independent scorer in exact fractions, part one: a KPI, written from the rules.

Slow and plain on purpose, and nothing of domain.scoring is used.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from domain.calendar import Calendar, Period
from domain.kpi.events import AcrossSources, Aggregation, Definition, Direction, Kind, Prorate, Target
from domain.kpi.scale import EqualAnchors, Interpolation, Scale
from domain.measurement.events import Reading, ValueKnown

Parts = tuple[Fraction | None, Fraction | None, Fraction | None]
"""Value, numerator and denominator of a collection period; or target, baseline and stretch."""

NOTHING: Parts = (None, None, None)
ADDS_UP = (Aggregation.SUM, Aggregation.COUNT)


def fraction(parts: Reading | Target) -> Parts:
    """Reading or target as exact fractions."""
    first, second, third = (
        (parts.target, parts.baseline, parts.stretch)
        if isinstance(parts, Target)
        else (parts.value, parts.numerator, parts.denominator)
    )
    return fraction_of(first), fraction_of(second), fraction_of(third)


def fraction_of(value: Decimal | None) -> Fraction | None:
    return None if value is None else Fraction(value)


def zero(value: Fraction | None) -> Fraction:
    return value or Fraction(0)


def times(value: Fraction | None, share: Fraction) -> Fraction | None:
    return None if value is None else value * share


def mean(values: list[Fraction]) -> Fraction:
    return sum(values, start=Fraction(0)) / len(values)


# A collection period ----------------------------------------------------------------------------------------------


def by_weight(definition: Definition) -> bool:
    of_survey = definition.kind is Kind.SURVEY and definition.aggregation is Aggregation.MEAN
    return of_survey or definition.aggregation is Aggregation.WEIGHTED_MEAN


def cell(definition: Definition, known: tuple[ValueKnown, ...]) -> Parts | str:
    """The sources of a collection period as one, or "missing", or "not applicable"."""
    by_source = {each.source: each.reading for each in known}
    asked = [by_source.get(source) for source in definition.sources]
    needed = [reading for reading in asked if reading is None or not reading.not_applicable]
    present = [fraction(reading) for reading in needed if reading is not None]
    if not needed:
        return "not applicable"
    priority = len(definition.sources) == 1 or definition.across_sources is AcrossSources.PRIORITY
    if not present or (not priority and len(present) < len(needed)):
        return "missing"
    found = present[0] if priority else together(definition, present)
    few = definition.kind is Kind.SURVEY and zero(found[2]) < definition.respondents_min
    return "missing" if few else found


def together(definition: Definition, present: list[Parts]) -> Parts:
    values, numerators, denominators = ([zero(each) for each in column] for column in zip(*present, strict=True))
    weight = sum(denominators, start=Fraction(0))
    if definition.kind is Kind.RATIO:
        return None, sum(numerators, start=Fraction(0)), weight
    if definition.across_sources is AcrossSources.SUM:
        return sum(values, start=Fraction(0)), None, weight
    if weight and (definition.kind is Kind.SURVEY or by_weight(definition)):
        return weighted(values, denominators), None, weight
    return mean(values), None, weight


def weighted(values: list[Fraction], weights: list[Fraction]) -> Fraction | None:
    """None where all weights are 0."""
    total = sum(weights, start=Fraction(0))
    return sum((v * w for v, w in zip(values, weights, strict=True)), start=Fraction(0)) / total if total else None


def value_of(definition: Definition, parts: Parts) -> Fraction | None:
    """None over a denominator of 0."""
    if definition.kind is not Kind.RATIO:
        return parts[0]
    return zero(parts[1]) * Fraction(definition.ratio_per) / parts[2] if parts[2] else None


# Longer periods ---------------------------------------------------------------------------------------------------


def plain(aggregation: Aggregation, values: list[Fraction]) -> Fraction:
    match aggregation:
        case Aggregation.SUM | Aggregation.COUNT:
            return sum(values, start=Fraction(0))
        case Aggregation.LAST:
            return values[-1]
        case Aggregation.FIRST:
            return values[0]
        case Aggregation.MIN:
            return min(values)
        case Aggregation.MAX:
            return max(values)
        case Aggregation.MEDIAN:
            ordered = sorted(values)
            return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
        case _:
            return mean(values)


def aggregated(definition: Definition, values: list[Fraction], cells: list[Parts]) -> Fraction | None:
    """Like for like: values, targets, baselines and stretches all by this one function."""
    if definition.aggregation is Aggregation.RATIO or by_weight(definition):
        return weighted(values, [zero(parts[2]) for parts in cells])
    return plain(definition.aggregation, values)


def actual(definition: Definition, cells: list[Parts]) -> Fraction | None:
    """Of the cells that enter; None is a division by zero."""
    if definition.aggregation is Aggregation.RATIO:
        numerator = sum((zero(parts[1]) for parts in cells), start=Fraction(0))
        return value_of(definition, (None, numerator, sum((zero(parts[2]) for parts in cells), start=Fraction(0))))
    values = [value for parts in cells if (value := value_of(definition, parts)) is not None]
    if definition.aggregation is Aggregation.COUNT:
        return Fraction(len(values))
    return aggregated(definition, values, cells) if values else None


def joined(definition: Definition, targets: list[Parts], cells: list[Parts]) -> Parts:
    def part(place: int) -> Fraction | None:
        column = [zero(target[place]) for target in targets if target[place] is not None]
        return aggregated(definition, column, cells) if column and len(column) == len(cells) else None

    return part(0), part(1), part(2)


def prorated(definition: Definition, own: Target, counted: list[Period], number: int, calendar: Calendar) -> Parts:
    """A target of the longer period itself, pro-rated; what adds up is a flow, everything else a level."""
    target, baseline, stretch = fraction(own)
    share = Fraction(len(counted), number)
    match definition.prorate:
        case Prorate.NONE:
            return target, baseline, stretch
        case Prorate.STEP:
            by = calendar.last_day(counted[-1])
            begun = [(calendar.first_day(each.period), Fraction(each.value)) for each in own.milestones]
            begun = [each for each in begun if each[0] <= by]
            return (max(begun, key=lambda each: each[0])[1] if begun else None), baseline, stretch
        case Prorate.LINEAR if definition.aggregation in ADDS_UP:
            return zero(target) * share, times(baseline, share), times(stretch, share)
        case Prorate.LINEAR:
            base = baseline
            if base is None or target is None:
                return target, baseline, stretch
            return base + (target - base) * share, base, None if stretch is None else base + (stretch - base) * share


# From value to score ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ruler:
    """Anchors as (fixed, target, baseline, stretch, score)."""

    anchors: list[tuple[Fraction, Fraction, Fraction, Fraction, Fraction]]
    stepped: bool = False
    met_if_equal: bool = False

    def lacks(self, aim: Parts) -> bool:
        return any(anchor[place + 1] and aim[place] is None for anchor in self.anchors for place in range(3))

    def score(self, value: Fraction, aim: Parts, times: int) -> Fraction | str:
        """The score, or what is wrong with the anchors."""
        points = [
            (fixed * times + t * zero(aim[0]) + b * zero(aim[1]) + s * zero(aim[2]), score)
            for fixed, t, b, s, score in self.anchors
        ]
        xs = [x for x, _ in points]
        if len(set(xs)) < len(xs):
            met = xs[0] == xs[-1] or (aim[0] is not None and aim[0] == aim[1])
            return Fraction(100) if self.met_if_equal and met else "degenerate_target"
        if xs not in (sorted(xs), sorted(xs, reverse=True)):
            return "anchors_unordered"
        return self._between(value, sorted(points))

    def _between(self, value: Fraction, points: list[tuple[Fraction, Fraction]]) -> Fraction:
        on = dict(points).get(min(max(value, points[0][0]), points[-1][0]))
        if on is not None:
            return on
        (x0, s0), (x1, s1) = next((low, high) for low, high in pairwise(points) if low[0] < value < high[0])
        return min(s0, s1) if self.stepped else s0 + (s1 - s0) * (value - x0) / (x1 - x0)


def ruler(definition: Definition, scale: Scale | None) -> Ruler | None:
    """The scale in force, or what options, surveys and yes or no say by themselves."""
    if scale is not None:
        parts = [(a.x.fixed, a.x.target, a.x.baseline, a.x.stretch, a.score) for a in scale.anchors]
        anchors = [(Fraction(x), Fraction(t), Fraction(b), Fraction(s), Fraction(y)) for x, t, b, s, y in parts]
        stepped, met = scale.interpolation is Interpolation.STEP, scale.equal_anchors is EqualAnchors.MET
        return Ruler(anchors, stepped, met)
    ends = {Kind.SURVEY: (definition.survey_low, definition.survey_high), Kind.BINARY: (Decimal(0), Decimal(1))}
    none = Fraction(0)
    if definition.kind is Kind.ORDINAL:
        options = enumerate(definition.options, 1)
        return Ruler([(Fraction(i), none, none, none, Fraction(each.score)) for i, each in options], stepped=True)
    if definition.kind not in ends:
        return None
    scores = (100, 0) if definition.direction is Direction.LOWER else (0, 100)
    low_high = zip(ends[definition.kind], scores, strict=True)
    return Ruler([(Fraction(x), none, none, none, Fraction(score)) for x, score in low_high])
