"""The scale of a KPI: ordered anchors from value to score, linear or stepped; every preset compiles to anchors.

An anchor's value is fixed or a sum of multiples of target, baseline and stretch, so that one scale serves a whole
series of targets. Evaluation lives in domain.scoring.scale.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Interpolation(StrEnum):
    """How scores run between two anchors."""

    LINEAR = "linear"
    STEP = "step"


class EqualAnchors(StrEnum):
    """What a target revised onto the baseline gives: an error (`degenerate_target`), or 100 (`met_if_equal`)."""

    ERROR = "error"
    MET = "met_if_equal"


@dataclass(frozen=True, slots=True)
class Point:
    """A value on the KPI's axis: fixed + target * T + baseline * B + stretch * S, in the KPI's unit."""

    fixed: Decimal = Decimal(0)
    target: Decimal = Decimal(0)
    baseline: Decimal = Decimal(0)
    stretch: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Anchor:
    """At value `x` the score is `score`, 0 to 100."""

    x: Point
    score: Decimal


@dataclass(frozen=True, slots=True)
class Scale:
    """2 to 50 anchors, strictly monotone in x (rising or falling), clamped to the end anchors' scores outside.

    `preset` is the name of the preset that made it, or `anchors`.
    """

    preset: str
    anchors: tuple[Anchor, ...]
    interpolation: Interpolation = Interpolation.LINEAR
    equal_anchors: EqualAnchors = EqualAnchors.ERROR
