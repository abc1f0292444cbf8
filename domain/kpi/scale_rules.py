"""What a scale must fulfil by itself: scores within 0..100 and anchors in order, as far as they can be compared.

Anchors that depend on targets are compared again when the score is computed.
"""

from dataclasses import replace
from decimal import Decimal
from itertools import combinations

from domain.errors import Invalid
from domain.kpi.scale import Anchor, Point, Scale
from domain.policy import FULL_SCORE
from domain.values import code, exact

ANCHORS_MIN = 2
ANCHORS_MAX = 50


def checked_scale(scale: Scale, at: str = "") -> Scale:
    """The scale in its plain form; raises Invalid with pointers below `at`.

    Two anchors are comparable when they differ in their fixed part only: those must all rise or all fall.
    """
    field = f"{at}/anchors"
    if not ANCHORS_MIN <= len(scale.anchors) <= ANCHORS_MAX:
        raise Invalid("anchors-invalid", f"{field} must hold {ANCHORS_MIN} to {ANCHORS_MAX} anchors", field)
    anchors = tuple(_checked_anchor(each, f"{field}/{index}") for index, each in enumerate(scale.anchors))
    _check_order(anchors, field)
    return replace(scale, preset=code(scale.preset, f"{at}/preset"), anchors=anchors)


def comparable(one: Point, other: Point) -> bool:
    """Whether the order of two points is the same for every target, baseline and stretch."""
    return (one.target, one.baseline, one.stretch) == (other.target, other.baseline, other.stretch)


def _checked_anchor(anchor: Anchor, field: str) -> Anchor:
    score = exact(anchor.score, f"{field}/score")
    if not 0 <= score <= FULL_SCORE:
        raise Invalid("out-of-range", f"{field}/score must be 0 to 100", f"{field}/score")
    return Anchor(checked_point(anchor.x, f"{field}/x"), score)


def checked_point(point: Point, field: str) -> Point:
    """The point in its plain form; raises Invalid with pointers below `field`."""

    def part(value: Decimal, part_name: str) -> Decimal:
        return exact(value, f"{field}/{part_name}")

    return Point(
        part(point.fixed, "fixed"),
        part(point.target, "target"),
        part(point.baseline, "baseline"),
        part(point.stretch, "stretch"),
    )


def _check_order(anchors: tuple[Anchor, ...], field: str) -> None:
    rising: bool | None = None
    for (_, one), (index, other) in combinations(enumerate(anchors), 2):
        if not comparable(one.x, other.x):
            continue
        if one.x.fixed == other.x.fixed:
            raise Invalid("equal-anchors", f"{field}/{index}/x is the same as that of an earlier anchor", field)
        if rising is None:
            rising = one.x.fixed < other.x.fixed
        elif rising != (one.x.fixed < other.x.fixed):
            raise Invalid("anchors-not-monotone", f"{field}/{index}/x breaks the order: all rise or all fall", field)
