"""Presets: names for usual scales, each compiled to anchors; what is stored are the anchors.

Arguments are points: fixed numbers, or sums of multiples of the period's target, baseline and stretch, which by default
serve as the arguments of those names. So one scale follows a whole series of targets.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from domain.errors import Invalid
from domain.kpi.events import Definition, Direction, Kind
from domain.kpi.scale import Anchor, EqualAnchors, Interpolation, Point, Scale
from domain.kpi.scale_rules import checked_point, checked_scale, comparable
from domain.values import ARITHMETIC

TARGET = Point(target=Decimal(1))
BASELINE = Point(baseline=Decimal(1))
STRETCH = Point(stretch=Decimal(1))
ZERO = Decimal(0)
ONE = Decimal(1)
FULL = Decimal(100)
TARGET_SCORE_WITH_STRETCH = Decimal(70)
"""What meeting the target scores where a stretch lies beyond it, unless `target_score` says otherwise."""

Arguments = Mapping[str, Point]


@dataclass(frozen=True, slots=True)
class Preset:
    """`arguments` it understands; the others are refused by name."""

    arguments: frozenset[str]
    anchors: Callable[[Arguments, Definition], tuple[Anchor, ...]]
    interpolation: Interpolation = Interpolation.LINEAR


def compiled(
    preset: str, arguments: Arguments, definition: Definition, equal_anchors: EqualAnchors = EqualAnchors.ERROR
) -> Scale:
    """The scale of that preset. Raises Invalid `preset-unknown`, `argument-unknown`, `argument-missing`,
    `preset-unfit` (wrong kind or direction) and whatever the rules of scales refuse."""
    found = PRESETS.get(preset)
    if found is None:
        raise Invalid("preset-unknown", f"/preset must be one of {', '.join(PRESETS)}", "/preset")
    for argument in arguments:
        if argument not in found.arguments:
            listed = ", ".join(sorted(found.arguments)) or "none"
            field = f"/arguments/{argument}"
            raise Invalid("argument-unknown", f"{field} is no argument of {preset}; it has {listed}", field)
    points = {each: checked_point(point, f"/arguments/{each}") for each, point in arguments.items()}
    anchors = found.anchors(points, definition)
    return checked_scale(Scale(preset, anchors, found.interpolation, equal_anchors))


def fixed(value: Decimal | int) -> Point:
    """A point that depends on no target."""
    return Point(fixed=Decimal(value))


def _sum(one_times: int, one: Point, other_times: int, other: Point) -> Point:
    def part(first: Decimal, second: Decimal) -> Decimal:
        return ARITHMETIC.fma(Decimal(one_times), first, ARITHMETIC.multiply(Decimal(other_times), second))

    return Point(
        part(one.fixed, other.fixed),
        part(one.target, other.target),
        part(one.baseline, other.baseline),
        part(one.stretch, other.stretch),
    )


def _needed(arguments: Arguments, argument: str, default: Point | None = None) -> Point:
    found = arguments.get(argument, default)
    if found is None:
        field = f"/arguments/{argument}"
        raise Invalid("argument-missing", f"{field} must be given", field)
    return found


def _below(one: Point, other: Point, argument: str) -> None:
    """Refuses fixed points in the wrong order; what depends on a target cannot be judged yet."""
    if comparable(one, other) and one.fixed > other.fixed:
        field = f"/arguments/{argument}"
        raise Invalid("preset-unfit", f"{field} lies on the wrong side of the others", field)


def _progress(arguments: Arguments, _definition: Definition) -> tuple[Anchor, ...]:
    """baseline -> 0, target -> 100; with a stretch: target -> 70 (or `target_score`), stretch -> 100.

    The direction follows from the sign of target - baseline.
    """
    baseline = _needed(arguments, "baseline", BASELINE)
    target = _needed(arguments, "target", TARGET)
    if "stretch" not in arguments:
        if "target_score" in arguments:
            raise Invalid(
                "argument-missing", "/arguments/stretch must be given with a target_score", "/arguments/stretch"
            )
        return (Anchor(baseline, ZERO), Anchor(target, FULL))
    at_target = arguments.get("target_score", fixed(TARGET_SCORE_WITH_STRETCH))
    if not comparable(at_target, fixed(0)):
        field = "/arguments/target_score"
        raise Invalid("argument-invalid", f"{field} must be a fixed score", field)
    return (Anchor(baseline, ZERO), Anchor(target, at_target.fixed), Anchor(arguments["stretch"], FULL))


def _maximise(arguments: Arguments, definition: Definition) -> tuple[Anchor, ...]:
    """As progress, for KPIs of which more is better: baseline < target < stretch."""
    _refuse_direction(definition, Direction.HIGHER, "maximise")
    anchors = _progress(arguments, definition)
    for one, other in pairwise(anchors):
        _below(one.x, other.x, "target")
    return anchors


def _minimise(arguments: Arguments, definition: Definition) -> tuple[Anchor, ...]:
    """As progress, for KPIs of which less is better: baseline > target > stretch."""
    _refuse_direction(definition, Direction.LOWER, "minimise")
    anchors = _progress(arguments, definition)
    for one, other in pairwise(anchors):
        _below(other.x, one.x, "target")
    return anchors


def _goal_red(arguments: Arguments, _definition: Definition) -> tuple[Anchor, ...]:
    """2 red - goal -> 0, 2 goal - red -> 100: red scores a third of 100, goal two thirds; the goal may lie below."""
    red = _needed(arguments, "red")
    goal = _needed(arguments, "goal", TARGET)
    if red == goal:
        raise Invalid("equal-anchors", "/arguments/red must differ from the goal", "/arguments/red")
    return (Anchor(_sum(2, red, -1, goal), ZERO), Anchor(_sum(2, goal, -1, red), FULL))


def _range(arguments: Arguments, _definition: Definition) -> tuple[Anchor, ...]:
    """low_red -> 0, low -> 100, high -> 100, high_red -> 0; low and high may be one point."""
    names = ("low_red", "low", "high", "high_red")
    points = [_needed(arguments, each) for each in names]
    for argument, one, other in zip(names[1:], points, points[1:], strict=False):
        _below(one, other, argument)
    low_red, low, high, high_red = points
    best = [low] if low == high else [low, high]
    return (Anchor(low_red, ZERO), *(Anchor(each, FULL) for each in best), Anchor(high_red, ZERO))


def _binary(arguments: Arguments, definition: Definition) -> tuple[Anchor, ...]:
    """Stepped. at_least x: x - 1 -> 0, x -> 100. at_most x: x -> 100, x + 1 -> 0; between two anchors the worse score.

    Without an argument a yes/no KPI scores its better answer: at_least 1, or at_most 0 where lower is better.
    """
    if not arguments and definition.kind is Kind.BINARY:
        lower = definition.direction is Direction.LOWER
        arguments = {"at_most": fixed(0)} if lower else {"at_least": fixed(1)}
    if len(arguments) != 1:
        raise Invalid("argument-missing", "/arguments must hold either at_least or at_most", "/arguments")
    if "at_least" in arguments:
        limit = arguments["at_least"]
        return (Anchor(_sum(1, limit, -1, fixed(1)), ZERO), Anchor(limit, FULL))
    limit = arguments["at_most"]
    return (Anchor(limit, FULL), Anchor(_sum(1, limit, 1, fixed(1)), ZERO))


def _ordinal(_arguments: Arguments, definition: Definition) -> tuple[Anchor, ...]:
    """Stepped: the rank of each option -> its score."""
    if definition.kind is not Kind.ORDINAL:
        raise Invalid("preset-unfit", "/preset ordinal is for ordinal KPIs", "/preset")
    return tuple(Anchor(fixed(rank), option.score) for rank, option in enumerate(definition.options, 1))


def _survey(_arguments: Arguments, definition: Definition) -> tuple[Anchor, ...]:
    """survey_low -> 0, survey_high -> 100; the other way round where lower is better."""
    if definition.kind is not Kind.SURVEY:
        raise Invalid("preset-unfit", "/preset survey is for survey KPIs", "/preset")
    return _between(fixed(definition.survey_low), fixed(definition.survey_high), definition)


def _direct(_arguments: Arguments, definition: Definition) -> tuple[Anchor, ...]:
    """0 -> 0, 100 -> 100: the value is the score; the other way round where lower is better."""
    return _between(fixed(0), fixed(100), definition)


def _between(low: Point, high: Point, definition: Definition) -> tuple[Anchor, ...]:
    worst, best = (FULL, ZERO) if definition.direction is Direction.LOWER else (ZERO, FULL)
    return (Anchor(low, worst), Anchor(high, best))


def _refuse_direction(definition: Definition, direction: Direction, preset: str) -> None:
    if definition.direction is not direction:
        raise Invalid("preset-unfit", f"/preset {preset} is for KPIs of which {direction} is better", "/preset")


_PROGRESS_ARGUMENTS = frozenset({"baseline", "target", "stretch", "target_score"})

PRESETS: Mapping[str, Preset] = {
    "maximise": Preset(_PROGRESS_ARGUMENTS, _maximise),
    "minimise": Preset(_PROGRESS_ARGUMENTS, _minimise),
    "progress": Preset(_PROGRESS_ARGUMENTS, _progress),
    "goal_red": Preset(frozenset({"red", "goal"}), _goal_red),
    "range": Preset(frozenset({"low_red", "low", "high", "high_red"}), _range),
    "binary": Preset(frozenset({"at_least", "at_most"}), _binary, Interpolation.STEP),
    "ordinal": Preset(frozenset(), _ordinal, Interpolation.STEP),
    "survey": Preset(frozenset(), _survey),
    "direct": Preset(frozenset(), _direct),
    "percent": Preset(frozenset(), _direct),
}
"""Every preset by name; the anchors of each stand in its function."""
