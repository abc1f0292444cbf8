"""An explanation leads from a score down to values, targets, weights and policy, each with its event."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import NotFound
from domain.kpi.events import Aggregation, Kind, Option
from domain.policy import MissingData
from domain.scorecard.events import Limiter, Rollup
from domain.scoring.apportion import apportioned
from domain.scoring.explain import Explanation, explain
from domain.scoring.tree import ScoreTree
from domain.values import KpiId, NodeId
from tests.domain.scoring.build import (
    FLOW,
    LEVEL,
    RATIO,
    TO_TARGET,
    D,
    Number,
    definitions,
    kpi,
    kpis,
    node,
    now,
    root,
    scorecard,
    scored,
    values,
    version,
)


def tree_of_three(entered: dict[str, Number]) -> ScoreTree:
    known = definitions(root(node("P", 40, {"A": 1, "B": 1, "C": 1}), node("Q", 60, {"D": 1})), kpis(*"ABCD"))
    return scored(known, now(dict(entered)))


def test_a_node_is_explained_by_what_each_child_gives() -> None:
    found = explain(tree_of_three({"A": 100, "B": 50, "D": 40}))
    assert [(each.code, each.points, each.points_shown) for each in found.contributions] == [
        ("P", D(30), "30.00"),
        ("Q", D(24), "24.00"),
    ]
    assert found.lines[0].text == "the scorecard: 54.00, amber, incomplete, coverage 86.67 %"


def test_shown_points_add_up_to_the_shown_score() -> None:
    """Thirds of 100, 100 and 0: 33.33 + 33.33 is not 66.67."""
    found = explain(tree_of_three({"A": 100, "B": 100, "C": 0, "D": 40}), NodeId("P"))
    assert [each.points_shown for each in found.contributions] == ["33.34", "33.33", "0.00"]


def test_points_follow_a_score_that_was_kept_in_its_band() -> None:
    tree = tree_of_three({"A": "69.999", "B": "69.999", "C": "69.999", "D": 40})
    found = explain(tree, NodeId("P"))
    assert sum(Decimal(each.points_shown) for each in found.contributions) == D("69.99")


def test_a_child_without_a_score_gives_nothing() -> None:
    found = explain(tree_of_three({"A": 90, "B": 90, "D": 40}), NodeId("P"))
    missing = found.contributions[2]
    assert (missing.code, missing.points, missing.points_shown, missing.applied_share) == ("C", D(0), "", None)
    assert "KPI C: weight 1, no score" in found.text


def test_a_kpi_is_explained_down_to_its_events() -> None:
    flow = kpi("K", FLOW, TO_TARGET, {"2026-01": 100, "2026-02": 80})
    known = definitions(root(placed={"K": 1}), [flow])
    found = explain(scored(known, values({"K": {"2026-01": 80, "2026-02": 60}}), "2026-Q1"), kpi=KpiId("K"))
    assert [line.text for line in found.lines] == [
        "KPI K: 77.78, green, incomplete, coverage 66.67 %",
        "2026-Q1 under version 1 (event 21)",
        "missing data: proportional; minimum coverage: 50.00 %; policy (built in)",
        "defined (event 10)",
        "value 140.00 points against a target of 180.00 points in 2026-Q1, 2 of 3 collection periods",
        "scale: 0 gives 0, 180 gives 100 (event 11)",
        "2026-01 manual: 80 (event 1000)",
        "2026-02 manual: 60 (event 1001)",
        "target of 2026-01: 100 (event 100)",
        "target of 2026-02: 80 (event 101)",
    ]
    assert found.positions == (0, 10, 11, 21, 100, 101, 1000, 1001)
    assert found.contributions == ()


def text_of(found: Explanation, word: str) -> str:
    return next(line.text for line in found.lines if word in line.text)


def test_limits_errors_and_quotients_are_said() -> None:
    of_root = root(placed={"A": 9, "B": 1, "R": 1}, rollup=Rollup(limiters=(Limiter(1, "red", "amber"),)))
    known = definitions(of_root, [*kpis("A", "B"), kpi("R", RATIO)])
    found = explain(scored(known, now({"A": 100, "B": 0, "R": (3, 0)})))
    assert text_of(found, "limited") == "limited: 1 or more red: at most amber"
    assert text_of(found, "alone") == "its score alone would be green"
    assert text_of(found, "in error") == "KPIs in error: 1"
    assert text_of(found, "3 of 0") == "2026-01 manual: 3 of 0 (event 1002)"


def test_what_is_carried_zero_insufficient_or_beyond_is_said() -> None:
    carried = definitions(root(placed={"A": 1}), kpis("A"), MissingData.CARRY)
    found = explain(scored(carried, values({"A": {"2026-01": 120}}), "2026-02"))
    assert "carried from an earlier period" in found.text
    assert "beyond the scale: 120.00, counted as 100.00" in found.text
    zero = definitions(root(placed={"A": 1}), kpis("A"), MissingData.ZERO)
    assert "flags: as_zero" in explain(scored(zero, {})).text
    few = explain(tree_of_three({"A": 90}), NodeId("P"))
    assert "no score, insufficient, without the minimum it would be 90.00" in few.text


def test_a_child_scorecard_is_explained_in_its_place() -> None:
    child = scorecard(root(placed={"B": 1}), code="child")
    known = definitions((scorecard(root(placed={"A": 1}, cards={"child": 1})), child), kpis("A", "B"))
    found = explain(scored(known, now({"A": 80, "B": 60})))
    assert "child: weight 1, 50.00 % of 60.00 gives 30.00" in found.text
    assert (
        explain(scored(known, now({"A": 80, "B": 60})), kpi=KpiId("B")).lines[0].text
        == "KPI B: 60.00, amber, complete, coverage 100.00 %"
    )


def test_what_is_not_there_is_not_found() -> None:
    tree = tree_of_three({})
    with pytest.raises(NotFound, match="node-unknown"):
        explain(tree, NodeId("X"))
    with pytest.raises(NotFound, match="kpi-unknown"):
        explain(tree, kpi=KpiId("X"))
    none_yet = definitions(scorecard(version(1, root(), date(2027, 1, 1))), ())
    with pytest.raises(NotFound, match="no-version-in-force"):
        explain(scored(none_yet, {}))


@settings(deadline=None)
@given(st.lists(st.decimals(0, 100, places=9), min_size=1, max_size=12), st.integers(0, 4), st.integers(-3, 3))
def test_apportioned_parts_add_up_and_stay_near(parts: list[Decimal], decimals: int, off_by: int) -> None:
    unit = Decimal(1).scaleb(-decimals)
    total = sum(parts, start=D(0)).quantize(unit) + off_by * unit
    found = apportioned(parts, total, decimals)
    assert sum(found, start=D(0)) == total
    assert all(abs(shown - part) <= (1 + abs(off_by) + 1) * unit for shown, part in zip(found, parts, strict=True))


def test_options_and_yes_and_no_are_said_as_words_and_means_of_them_as_numbers() -> None:
    levels = (Option("poor", D(0)), Option("good", D(100)))
    ordinal = replace(LEVEL, kind=Kind.ORDINAL, options=levels, aggregation=Aggregation.LAST, unit="level")
    binary = replace(LEVEL, kind=Kind.BINARY, unit="yes/no")
    asked = (kpi("O", ordinal, None), kpi("B", binary, None))
    known = definitions(root(placed={"O": 1, "B": 1}), asked)
    words = {each.id: each for each in asked}
    month = explain(scored(known, now({"O": 2, "B": 0})), kpis=words).text
    assert "value good in 2026-01" in month
    assert "value no in 2026-01" in month
    assert "2026-01 manual: good (event" in month
    recorded = values({"O": {"2026-01": 1, "2026-02": 2}, "B": {"2026-01": 1, "2026-02": 0}})
    quarter = explain(scored(known, recorded, "2026-Q1"), kpis=words).text
    assert "value good in 2026-Q1" in quarter
    assert "value 0.50 yes/no in 2026-Q1" in quarter
    assert "2026-02 manual: no (event" in quarter
