"""Geometry of the small charts: numbers in, coordinates out; the templates draw them as SVG.

The axis is always 0 to 100, so that a small change looks small. Floats are fine here: nothing is computed on.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

SPARK_WIDTH, SPARK_HEIGHT, SPARK_MARGIN = 112.0, 30.0, 4.0
TRACK_WIDTH, TRACK_HEIGHT = 240.0, 44.0
WIDE, NARROW = (720.0, 236.0), (340.0, 216.0)
LEFT, RIGHT, TOP, BOTTOM = 30.0, 52.0, 18.0, 28.0
WIDE_POINTS_MAX, NARROW_POINTS_MAX, SPARK_POINTS_MAX = 24, 7, 12
LABEL_ROOM_WIDE, LABEL_ROOM_NARROW = 52.0, 40.0


@dataclass(frozen=True, slots=True)
class Point:
    """One period: `value` 0..100 or None; `open_` where the score may still change or does not count as one."""

    label: str
    title: str
    value: float | None
    shown: str
    tone: str
    href: str = ""
    current: bool = False
    open_: bool = False
    version: str = ""


@dataclass(frozen=True, slots=True)
class Zone:
    """A band as a stripe of the chart."""

    name: str
    tone: str
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Dot:
    x: float
    y: float
    point: Point
    labelled: bool


@dataclass(frozen=True, slots=True)
class Tick:
    x: float
    y: float
    label: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class Stripe:
    y: float
    height: float
    name: str
    tone: str


@dataclass(frozen=True, slots=True)
class LineChart:
    width: float
    height: float
    left: float
    right: float
    top: float
    base: float
    stripes: tuple[Stripe, ...]
    scale: tuple[Tick, ...]
    ticks: tuple[Tick, ...]
    changes: tuple[Tick, ...]
    lines: tuple[str, ...]
    dots: tuple[Dot, ...]
    summary: str


@dataclass(frozen=True, slots=True)
class Spark:
    width: float
    height: float
    lines: tuple[str, ...]
    x: float
    y: float
    tone: str
    summary: str


@dataclass(frozen=True, slots=True)
class BalanceTrack:
    width: float
    height: float
    lines: tuple[str, ...]
    dots: tuple[Dot, ...]
    summary: str


def spark(points: Sequence[Point], what: str) -> Spark | None:
    """The last periods as a line without axes, a dot on the last scored one; None without two scores."""
    recent = points[-SPARK_POINTS_MAX:]
    placed = list(_spread(recent, SPARK_MARGIN, SPARK_WIDTH - SPARK_MARGIN, SPARK_MARGIN, SPARK_HEIGHT - SPARK_MARGIN))
    scored = [dot for dot in placed if dot is not None]
    if len(scored) < 2:
        return None
    last = scored[-1]
    return Spark(SPARK_WIDTH, SPARK_HEIGHT, _lines(placed), last.x, last.y, last.point.tone, _summary(what, recent))


def track(points: Sequence[Point], what: str) -> BalanceTrack | None:
    """A balance over the periods; None without two values."""
    recent = points[-WIDE_POINTS_MAX:]
    placed = list(_spread(recent, SPARK_MARGIN, TRACK_WIDTH - SPARK_MARGIN, 6.0, TRACK_HEIGHT - 6.0))
    dots = tuple(dot for dot in placed if dot is not None)
    if len(dots) < 2:
        return None
    return BalanceTrack(TRACK_WIDTH, TRACK_HEIGHT, _lines(placed), dots, _summary(what, recent))


def line_chart(points: Sequence[Point], zones: Sequence[Zone], what: str, *, narrow: bool = False) -> LineChart | None:
    """The history of a total over its bands; None without a score."""
    width, height = NARROW if narrow else WIDE
    recent = _recent(points, NARROW_POINTS_MAX if narrow else WIDE_POINTS_MAX)
    left, right, base = LEFT + 16, width - RIGHT - 16, height - BOTTOM
    room = LABEL_ROOM_NARROW if narrow else LABEL_ROOM_WIDE
    every = max(1, round(room * len(recent) / (right - left) + 0.49))
    placed = list(_spread(recent, left, right, TOP, base, every))
    dots = tuple(dot for dot in placed if dot is not None)
    if not dots:
        return None
    xs = [_across(index, len(recent), left, right) for index in range(len(recent))]
    wanted = [(len(recent) - 1 - index) % every == 0 for index in range(len(recent))]
    return LineChart(
        width=width,
        height=height,
        left=LEFT,
        right=width - RIGHT,
        top=TOP,
        base=base,
        stripes=tuple(_stripe(zone, base) for zone in zones),
        scale=tuple(Tick(LEFT - 8, _up(bound, TOP, base), f"{bound:g}") for bound in _bounds(zones)),
        ticks=tuple(
            Tick(x, base, point.label, point.current)
            for x, point, shown in zip(xs, recent, wanted, strict=True)
            if shown or point.current
        ),
        changes=tuple(_changes(recent, xs)),
        lines=_lines(placed),
        dots=dots,
        summary=_summary(what, recent),
    )


def _recent(points: Sequence[Point], most: int) -> Sequence[Point]:
    """The last points, or those around the current one where it lies further back."""
    current = next((index for index, point in enumerate(points) if point.current), len(points))
    first = max(0, min(len(points) - most, current - most // 2))
    return points[first : first + most]


def _spread(
    points: Sequence[Point], left: float, right: float, top: float, base: float, every: int = 1
) -> Iterator[Dot | None]:
    for index, point in enumerate(points):
        if point.value is None:
            yield None
            continue
        labelled = point.current or (len(points) - 1 - index) % every == 0
        yield Dot(_across(index, len(points), left, right), _up(point.value, top, base), point, labelled)


def _across(index: int, count: int, left: float, right: float) -> float:
    return round((left + right) / 2 if count == 1 else left + (right - left) * index / (count - 1), 1)


def _up(value: float, top: float, base: float) -> float:
    return round(base - (base - top) * value / 100, 1)


def _lines(placed: Sequence[Dot | None]) -> tuple[str, ...]:
    """One polyline per run of neighbouring periods: a gap stays a gap."""
    runs = [list(run) for there, run in groupby(placed, key=lambda dot: dot is not None) if there]
    return tuple(" ".join(f"{dot.x},{dot.y}" for dot in run if dot) for run in runs if len(run) > 1)


def _stripe(zone: Zone, base: float) -> Stripe:
    upper, lower = _up(zone.upper, TOP, base), _up(zone.lower, TOP, base)
    return Stripe(upper, round(lower - upper, 1), zone.name, zone.tone)


def _bounds(zones: Sequence[Zone]) -> list[float]:
    return sorted({0.0, 100.0, *(zone.lower for zone in zones)})


def _changes(points: Sequence[Point], xs: Sequence[float]) -> Iterator[Tick]:
    """Where another version took over: halfway between the last period of one and the first of the next."""
    for index in range(1, len(points)):
        before, now = points[index - 1].version, points[index].version
        if before and now and before != now:
            yield Tick(round((xs[index - 1] + xs[index]) / 2, 1), TOP, now)


def _summary(what: str, points: Sequence[Point]) -> str:
    """The chart in words, for those who do not see it."""
    return f"{what}: " + "; ".join(f"{point.title}" for point in points)
