"""From value to score: anchors with target, baseline and stretch filled in, linear or stepped.

Called inside ARITHMETIC (domain.values); every score needs one division.
"""

from bisect import bisect_left
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from domain.kpi.events import Definition, Direction, Kind
from domain.kpi.scale import Anchor, EqualAnchors, Interpolation, Point, Scale

ZERO = Decimal(0)
ONE = Decimal(1)
FULL = Decimal(100)

EQUAL = Decimal("5E-21")
"""Numbers that lie no further apart are equal to 20 decimals: a mean of 50 digits may miss what it equals."""

DEGENERATE_TARGET = "degenerate_target"
ANCHORS_UNORDERED = "anchors_unordered"


class Aim(NamedTuple):
    """Target, baseline and stretch that a scale is filled with; None where there is none."""

    target: Decimal | None = None
    baseline: Decimal | None = None
    stretch: Decimal | None = None


class Judged(NamedTuple):
    """A score of 0..100 with its extrapolation, or the fault that prevents one."""

    score: Decimal | None
    achievement: Decimal | None
    fault: str | None = None


class UsedAnchor(NamedTuple):
    """An anchor of the scale with target, baseline and stretch filled in: at `x` the score is `score`."""

    x: Decimal
    score: Decimal


class Filled(NamedTuple):
    """A scale with its aim filled in: rising `xs` with their `scores`, `falling` if defined the other way round.

    `always` is what every value comes to where the anchors coincide or are out of order.
    """

    xs: tuple[Decimal, ...]
    scores: tuple[Decimal, ...]
    falling: bool
    stepped: bool
    always: Judged | None

    @property
    def anchors(self) -> tuple[UsedAnchor, ...]:
        """In the order they are defined in."""
        anchors = [UsedAnchor(x, score) for x, score in zip(self.xs, self.scores, strict=True)]
        return tuple(reversed(anchors) if self.falling else anchors)


class Uses(NamedTuple):
    """What the anchors of a scale are filled with."""

    target: bool
    baseline: bool
    stretch: bool


def uses(scale: Scale) -> Uses:
    """What an aim must have."""
    points = [anchor.x for anchor in scale.anchors]
    return Uses(
        any(point.target for point in points),
        any(point.baseline for point in points),
        any(point.stretch for point in points),
    )


def fill(scale: Scale, aim: Aim, times: int) -> Filled | None:
    """None if the scale uses what the aim lacks; fixed parts are taken `times` times.

    Anchors that coincide are `degenerate_target`, unless the target is the baseline and the scale says `met_if_equal`;
    anchors out of order are `anchors_unordered`.
    """
    xs, scores = [], []
    for anchor in scale.anchors:
        x = _placed(anchor.x, aim, times)
        if x is None:
            return None
        xs.append(x)
        scores.append(anchor.score)
    falling = xs[0] > xs[-1]
    if falling:
        xs.reverse()
        scores.reverse()
    stepped = scale.interpolation is Interpolation.STEP
    return Filled(tuple(xs), tuple(scores), falling, stepped, None if _rise(xs) else _always(scale, aim, xs))


def _rise(xs: Sequence[Decimal]) -> bool:
    """Whether each is above the one before, by more than what counts as equal."""
    before = xs[0]
    for x in xs[1:]:
        if x - before <= EQUAL:
            return False
        before = x
    return True


def _always(scale: Scale, aim: Aim, xs: Sequence[Decimal]) -> Judged:
    """Two that are equal, wherever they stand, are the first thing to be said of anchors that do not rise."""
    if not any(x - before <= EQUAL for before, x in pairwise(sorted(xs))):
        return Judged(None, None, ANCHORS_UNORDERED)
    if scale.equal_anchors is EqualAnchors.MET and _met(xs, aim):
        return Judged(FULL, FULL)
    return Judged(None, None, DEGENERATE_TARGET)


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


def _placed(point: Point, aim: Aim, times: int) -> Decimal | None:
    x = point.fixed if times == 1 else point.fixed * times
    if point.target:
        if aim.target is None:
            return None
        x += point.target * aim.target
    if point.baseline:
        if aim.baseline is None:
            return None
        x += point.baseline * aim.baseline
    if point.stretch:
        if aim.stretch is None:
            return None
        x += point.stretch * aim.stretch
    return x


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
