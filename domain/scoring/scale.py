"""From value to score: anchors with target, baseline and stretch filled in, linear or stepped.

Called inside ARITHMETIC (domain.values); every score needs one division.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from domain.kpi.events import Definition, Direction, Kind
from domain.kpi.scale import Anchor, EqualAnchors, Interpolation, Point, Scale
from domain.scoring.tree import UsedAnchor

ZERO = Decimal(0)
ONE = Decimal(1)
FULL = Decimal(100)

EQUAL = Decimal("5E-21")
"""Numbers that lie no further apart are equal to 20 decimals: a mean of 50 digits may miss what it equals."""

DEGENERATE_TARGET = "degenerate_target"
ANCHORS_UNORDERED = "anchors_unordered"


@dataclass(frozen=True, slots=True)
class Aim:
    """Target, baseline and stretch that a scale is filled with; None where there is none."""

    target: Decimal | None = None
    baseline: Decimal | None = None
    stretch: Decimal | None = None


class Judged(NamedTuple):
    """A score of 0..100 with its extrapolation, or the fault that prevents one."""

    score: Decimal | None
    achievement: Decimal | None
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Filled:
    """A scale with its aim filled in: `anchors` as defined, and rising `xs` with their `scores`.

    `always` is what every value comes to where the anchors coincide or are out of order.
    """

    anchors: tuple[UsedAnchor, ...]
    xs: tuple[Decimal, ...]
    scores: tuple[Decimal, ...]
    stepped: bool
    always: Judged | None


def lacks(scale: Scale, aim: Aim) -> bool:
    """Whether an anchor of the scale uses a target, baseline or stretch that the aim does not have."""
    no_target, no_baseline, no_stretch = aim.target is None, aim.baseline is None, aim.stretch is None
    for anchor in scale.anchors:
        x = anchor.x
        if (no_target and x.target) or (no_baseline and x.baseline) or (no_stretch and x.stretch):
            return True
    return False


def fill(scale: Scale, aim: Aim, times: int) -> Filled:
    """The scale for an aim that does not lack what it uses; fixed parts are taken `times` times.

    Anchors that coincide are `degenerate_target`, unless the target is the baseline and the scale says `met_if_equal`;
    anchors out of order are `anchors_unordered`.
    """
    xs = [_placed(anchor.x, aim, times) for anchor in scale.anchors]
    scores = [anchor.score for anchor in scale.anchors]
    anchors = tuple([UsedAnchor(x, score) for x, score in zip(xs, scores, strict=True)])
    if xs[0] > xs[-1]:
        xs.reverse()
        scores.reverse()
    stepped = scale.interpolation is Interpolation.STEP
    return Filled(anchors, tuple(xs), tuple(scores), stepped, _always(scale, aim, xs))


def _always(scale: Scale, aim: Aim, xs: list[Decimal]) -> Judged | None:
    fault = _fault(xs)
    if fault == DEGENERATE_TARGET and scale.equal_anchors is EqualAnchors.MET and _met(xs, aim):
        return Judged(FULL, FULL)
    return None if fault is None else Judged(None, None, fault)


def judge(filled: Filled, value: Decimal) -> Judged:
    """The value on the scale."""
    if filled.always is not None:
        return filled.always
    if filled.stepped:
        return Judged(_stepped(filled.xs, filled.scores, value), None)
    return _linear(filled.xs, filled.scores, value)


def natural(definition: Definition) -> Scale | None:
    """The scale a KPI has without one being set: options, survey ends and yes/no say by themselves what they score."""
    match definition.kind:
        case Kind.ORDINAL:
            options = enumerate(definition.options, start=1)
            return _fixed([(Decimal(rank), option.score) for rank, option in options], Interpolation.STEP)
        case Kind.SURVEY:
            return _fixed(_ends(definition.survey_low, definition.survey_high, definition.direction))
        case Kind.BINARY:
            return _fixed(_ends(ZERO, ONE, definition.direction))
        case Kind.FLOW | Kind.STOCK | Kind.RATIO:
            return None


def _ends(low: Decimal, high: Decimal, direction: Direction) -> list[tuple[Decimal, Decimal]]:
    worst, best = (high, low) if direction is Direction.LOWER else (low, high)
    return [(worst, ZERO), (best, FULL)]


def _fixed(anchors: list[tuple[Decimal, Decimal]], interpolation: Interpolation = Interpolation.LINEAR) -> Scale | None:
    if not anchors:
        return None
    return Scale("anchors", tuple(Anchor(Point(fixed=x), score) for x, score in anchors), interpolation)


def _placed(point: Point, aim: Aim, times: int) -> Decimal:
    x = point.fixed if times == 1 else point.fixed * times
    if point.target and aim.target is not None:
        x += point.target * aim.target
    if point.baseline and aim.baseline is not None:
        x += point.baseline * aim.baseline
    if point.stretch and aim.stretch is not None:
        x += point.stretch * aim.stretch
    return x


def _fault(xs: list[Decimal]) -> str | None:
    """Why xs are not strictly rising: two of them are equal, wherever they stand, or they are out of order."""
    ordered = sorted(xs)
    if any(x - before <= EQUAL for before, x in pairwise(ordered)):
        return DEGENERATE_TARGET
    return None if ordered == xs else ANCHORS_UNORDERED


def _met(xs: Sequence[Decimal], aim: Aim) -> bool:
    """Whether it is the target that fell onto the baseline, and not, say, onto the stretch."""
    return xs[0] == xs[-1] or (aim.target is not None and aim.target == aim.baseline)


def _linear(xs: Sequence[Decimal], scores: Sequence[Decimal], value: Decimal) -> Judged:
    """Score and achievement differ outside the end anchors only, where the score stays that of the end."""
    last = len(xs) - 1
    if value <= xs[0]:
        return Judged(scores[0], _on_line(xs, scores, 1, value) if last and value != xs[0] else scores[0])
    if value >= xs[last]:
        return Judged(scores[last], _on_line(xs, scores, last, value) if last and value != xs[last] else scores[last])
    right = bisect_left(xs, value)
    if xs[right] == value:
        return Judged(scores[right], scores[right])
    score = _on_line(xs, scores, right, value)
    # Rounding of a 50-digit mean must not leave the segment: a score never exceeds the better of its two anchors.
    one, other = scores[right - 1], scores[right]
    low, high = (one, other) if one <= other else (other, one)
    score = low if score < low else high if score > high else score
    return Judged(score, score)


def _on_line(xs: Sequence[Decimal], scores: Sequence[Decimal], right: int, value: Decimal) -> Decimal:
    x0, x1 = xs[right - 1], xs[right]
    return (scores[right - 1] * (x1 - value) + scores[right] * (value - x0)) / (x1 - x0)


def _stepped(xs: Sequence[Decimal], scores: Sequence[Decimal], value: Decimal) -> Decimal:
    """Between two anchors the worse of their scores holds, on an anchor its own: "at most 10" is met by 10."""
    if value <= xs[0]:
        return scores[0]
    if value >= xs[-1]:
        return scores[-1]
    right = bisect_left(xs, value)
    for near in (right - 1, right):
        if abs(xs[near] - value) <= EQUAL:
            return scores[near]
    return min(scores[right - 1], scores[right])
