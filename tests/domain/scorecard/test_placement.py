"""KPIs are placed under nodes, each once under each, and leave again."""

from dataclasses import replace
from decimal import Decimal

import pytest

from domain.errors import Invalid, NotFound, Refused
from domain.policy import MissingData
from domain.scorecard import tree
from domain.scorecard.commands import (
    PlaceChildScorecard,
    PlaceKpi,
    ScorecardCommand,
    SetMissingData,
    UnplaceChildScorecard,
    UnplaceKpi,
)
from domain.scorecard.events import ChildScorecardPlaced, KpiPlaced, KpiUnplaced, MissingDataSet
from domain.scorecard.limits import PLACEMENTS_MAX
from domain.scorecard.state import Placement
from domain.values import ROOT, KpiId, NodeId
from tests.domain.scorecard.scenario import (
    BUILT,
    CHURN,
    CONTEXT,
    COST,
    CREATED,
    CUS,
    EAST,
    FAST,
    FIN,
    GROUP,
    GROW,
    LOYAL,
    ONE,
    SALES,
    after,
    given,
    refusal,
    when,
)


@pytest.mark.parametrize("node", [GROW, FIN, ROOT])
def test_a_kpi_is_placed_under_an_objective_a_perspective_or_the_scorecard_itself(node: NodeId) -> None:
    command = PlaceKpi(GROUP, node, COST, Decimal("40.0"))
    assert when(command, given(*BUILT)) == [KpiPlaced(GROUP, node, COST, Decimal(40))]
    placed = tree.find(after(command, given(*BUILT)).draft.root, node)
    assert placed is not None
    assert placed.placements[-1] == Placement(COST, Decimal(40))


def test_only_a_defined_kpi_is_placed() -> None:
    command = PlaceKpi(GROUP, GROW, KpiId("none"))
    assert refusal(NotFound, command, given(*BUILT))[:2] == ("kpi-unknown", "/kpi")


@pytest.mark.parametrize(
    "command",
    [
        PlaceKpi(GROUP, NodeId("gone"), SALES),
        UnplaceKpi(GROUP, NodeId("gone"), SALES),
        PlaceChildScorecard(GROUP, NodeId("gone"), EAST),
        UnplaceChildScorecard(GROUP, NodeId("gone"), EAST),
    ],
)
def test_things_are_placed_only_under_nodes_of_the_draft(command: ScorecardCommand) -> None:
    assert refusal(NotFound, command, given(*BUILT))[:2] == ("node-unknown", "/node")


def test_a_kpi_stands_once_under_one_node_and_may_stand_under_several() -> None:
    state = given(*BUILT)
    assert refusal(Refused, PlaceKpi(GROUP, GROW, SALES), state)[:2] == ("kpi-already-placed", "/kpi")
    assert when(PlaceKpi(GROUP, FAST, SALES), state) == [KpiPlaced(GROUP, FAST, SALES, ONE)]


def test_a_kpi_is_taken_away_from_one_node_only() -> None:
    state = given(*BUILT, KpiPlaced(GROUP, FAST, SALES, ONE))
    assert when(UnplaceKpi(GROUP, FAST, SALES), state) == [KpiUnplaced(GROUP, FAST, SALES)]
    assert after(UnplaceKpi(GROUP, FAST, SALES), state) == given(*BUILT)


def test_a_kpi_that_is_not_placed_there_cannot_be_taken_away() -> None:
    assert refusal(NotFound, UnplaceKpi(GROUP, LOYAL, SALES), given(*BUILT))[:2] == ("kpi-not-placed", "/kpi")


def test_a_kpi_the_organization_no_longer_knows_can_still_be_taken_away() -> None:
    context = replace(CONTEXT, known_kpis=frozenset())
    assert when(UnplaceKpi(GROUP, GROW, SALES), given(*BUILT), context) == [KpiUnplaced(GROUP, GROW, SALES)]


@pytest.mark.parametrize("bad", ["-1", "1000000.1", "0.0000001", "NaN", "Infinity"])
def test_a_weight_is_0_to_1000000_with_at_most_6_decimals(bad: str) -> None:
    for command in (PlaceKpi(GROUP, CUS, COST, Decimal(bad)), PlaceChildScorecard(GROUP, CUS, EAST, Decimal(bad))):
        code, field, _detail = refusal(Invalid, command, given(*BUILT))
        assert (code, field) in {("weight-out-of-range", "/weight"), ("not-a-number", "/weight")}


@pytest.mark.parametrize("good", ["0", "0.000001", "1000000", "1E+3"])
def test_the_ends_of_the_range_of_weights_are_weights(good: str) -> None:
    [event] = when(PlaceKpi(GROUP, CUS, COST, Decimal(good)), given(*BUILT))
    assert event == KpiPlaced(GROUP, CUS, COST, Decimal(good))


def test_kpis_and_child_scorecards_together_have_a_named_maximum() -> None:
    more = [KpiPlaced(GROUP, FIN, KpiId(f"k{index}"), ONE) for index in range(PLACEMENTS_MAX - 1)]
    full = given(CREATED, *more, ChildScorecardPlaced(GROUP, CUS, EAST, ONE))
    assert refusal(Refused, PlaceKpi(GROUP, CUS, CHURN), full)[0] == "too-many-placements"
    assert refusal(Refused, PlaceChildScorecard(GROUP, FIN, EAST), full)[0] == "too-many-placements"
    assert when(PlaceKpi(GROUP, CUS, CHURN), given(CREATED, *more))


def test_the_draft_has_its_own_rule_for_missing_data_or_returns_to_that_of_the_organization() -> None:
    zero = given(*BUILT, MissingDataSet(GROUP, MissingData.ZERO))
    assert zero.draft.missing_data is MissingData.ZERO
    assert when(SetMissingData(GROUP, MissingData.ZERO), given(*BUILT)) == [MissingDataSet(GROUP, MissingData.ZERO)]
    assert when(SetMissingData(GROUP, MissingData.ZERO), zero) == []
    assert when(SetMissingData(GROUP, None), zero) == [MissingDataSet(GROUP, None)]
    assert after(SetMissingData(GROUP, None), zero).draft.missing_data is None
