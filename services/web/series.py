"""Scores over periods, as points of charts and rows of tables."""

from collections.abc import Sequence

from domain.policy import Band
from services.web import words
from services.web.addresses import scorecard_href
from services.web.charts import Point, Zone, line_chart
from services.web.model import History, HistoryRow, ScoreCell
from services.web.numbers import NOTHING, number, percent
from services.web.seen import Reached, ScorecardSeen
from services.web.status import Status, status, tone

FULL = 100.0
WITHOUT_SCORE = frozenset({"insufficient"})


def history(seen: ScorecardSeen) -> History:
    """The total over the periods: charts for a desk and for a phone, and the same as a table, latest first."""
    made = [_linked(seen, reached) for reached in seen.totals]
    zones = _zones(seen.bands)
    what = f"Score of {seen.name}"
    return History(
        wide=line_chart(made, zones, what),
        narrow=line_chart(made, zones, what, narrow=True),
        rows=tuple(_row(seen, reached) for reached in reversed(seen.totals)),
    )


def points(reached: Sequence[Reached], bands: Sequence[Band], asked: str = "") -> list[Point]:
    """The scores of a series; raw ones, marked open where coverage is too small for a score."""
    return [_point(one, bands, asked) for one in reached]


def cell(reached: Reached, bands: Sequence[Band]) -> ScoreCell:
    """One score of a series where it stands alone."""
    counts = reached.shown is not None and reached.state not in WITHOUT_SCORE
    return ScoreCell(
        number=number(reached.shown) if counts and reached.shown else NOTHING,
        status=_status(reached, bands),
        bar=float(reached.raw_score) if counts and reached.raw_score else None,
        note="",
        coverage=None if reached.coverage is None else percent(reached.coverage),
    )


def _point(reached: Reached, bands: Sequence[Band], asked: str, href: str = "") -> Point:
    label = words.period_label(reached.period)
    state = _status(reached, bands)
    shown = number(reached.shown) if reached.shown is not None else NOTHING
    said = f"{shown}, {state.label}" if reached.raw_score is not None else state.label
    unended = ", not ended" if reached.partial else ""
    version = "" if reached.version is None else f"v{reached.version}"
    return Point(
        label=words.period_short(reached.period),
        title=f"{label}: {said}{unended}",
        value=None if reached.raw_score is None else float(reached.raw_score),
        shown=shown,
        tone=tone(bands, reached.band),
        href=href,
        current=reached.period.text == asked,
        open_=reached.partial or reached.state in WITHOUT_SCORE,
        version=version,
    )


def _linked(seen: ScorecardSeen, reached: Reached) -> Point:
    href = scorecard_href(seen.place.code, seen.code, reached.period.text, seen.choice)
    return _point(reached, seen.bands, seen.tree.period, href)


def _status(reached: Reached, bands: Sequence[Band]) -> Status:
    return status(bands, reached.band, reached.state, None)


def _row(seen: ScorecardSeen, reached: Reached) -> HistoryRow:
    made = cell(reached, seen.bands)
    return HistoryRow(
        period=words.period_label(reached.period),
        href=scorecard_href(seen.place.code, seen.code, reached.period.text, seen.choice),
        current=reached.period.text == seen.tree.period,
        number=made.number,
        status=made.status,
        coverage=made.coverage or NOTHING,
        version=NOTHING if reached.version is None else str(reached.version),
    )


def _zones(bands: Sequence[Band]) -> list[Zone]:
    uppers = [*(float(band.lower) for band in bands[1:]), FULL]
    return [
        Zone(band.name, tone(bands, band.name), float(band.lower), upper)
        for band, upper in zip(bands, uppers, strict=True)
    ]
