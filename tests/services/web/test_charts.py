"""Geometry of the charts: where points lie, what is labelled, what stays a gap."""

from collections.abc import Sequence

from services.web import charts
from services.web.charts import Point, Zone

ZONES = (Zone("red", "low", 0, 50), Zone("amber", "middle", 50, 70), Zone("green", "high", 70, 100))


def points(values: Sequence[float | None], current: int = -1, versions: str = "") -> list[Point]:
    return [
        Point(
            str(index),
            f"period {index}",
            value,
            str(value),
            "high",
            current=index == current % len(values),
            version=versions[index] if versions else "",
        )
        for index, value in enumerate(values)
    ]


def test_the_axis_is_always_0_to_100() -> None:
    chart = charts.line_chart(points([0, 50, 100]), ZONES, "A")
    assert chart is not None
    ys = [dot.y for dot in chart.dots]
    assert ys == [chart.base, (chart.base + charts.TOP) / 2, charts.TOP]
    assert [tick.label for tick in chart.scale] == ["0", "50", "70", "100"]


def test_bands_fill_the_axis_without_gap_or_overlap() -> None:
    chart = charts.line_chart(points([50]), ZONES, "A")
    assert chart is not None
    red, amber, green = chart.stripes
    assert green.y == charts.TOP
    assert green.y + green.height == amber.y
    assert amber.y + amber.height == red.y
    assert red.y + red.height == chart.base


def test_a_missing_period_keeps_its_place_and_breaks_the_line() -> None:
    chart = charts.line_chart(points([10, 20, None, 40, 50, 60]), ZONES, "A")
    assert chart is not None
    assert [len(line.split()) for line in chart.lines] == [2, 3]
    gaps = [round(after.x - before.x, 1) for before, after in zip(chart.dots, chart.dots[1:], strict=False)]
    assert gaps[1] > gaps[0]


def test_the_shown_period_is_always_labelled_and_the_others_where_there_is_room() -> None:
    for narrow in (False, True):
        chart = charts.line_chart(points([50] * 24, current=-2), ZONES, "A", narrow=narrow)
        assert chart is not None
        assert [dot.labelled for dot in chart.dots if dot.point.current] == [True]
        assert any(tick.current for tick in chart.ticks)
        assert len(chart.dots) <= (charts.NARROW_POINTS_MAX if narrow else charts.WIDE_POINTS_MAX)


def test_an_old_period_is_in_the_narrow_chart_too() -> None:
    chart = charts.line_chart(points([50] * 24, current=3), ZONES, "A", narrow=True)
    assert chart is not None
    assert sum(dot.point.current for dot in chart.dots) == 1


def test_a_change_of_version_is_marked_between_the_periods() -> None:
    chart = charts.line_chart(points([50, 50, 50], versions="112"), ZONES, "A")
    assert chart is not None
    (change,) = chart.changes
    assert change.label == "2"
    assert chart.dots[1].x < change.x < chart.dots[2].x


def test_without_a_score_there_is_no_chart_and_with_one_no_sparkline() -> None:
    assert charts.line_chart(points([None, None]), ZONES, "A") is None
    assert charts.line_chart([], ZONES, "A") is None
    assert charts.spark(points([None, 50]), "A") is None
    assert charts.spark(points([40, 50]), "A") is not None


def test_a_sparkline_ends_on_its_last_score_and_tells_itself_in_words() -> None:
    spark = charts.spark(points([40, 50, None]), "Scores")
    assert spark is not None
    assert spark.summary == "Scores: period 0; period 1; period 2"
    assert spark.lines[0].endswith(f"{spark.x},{spark.y}")
