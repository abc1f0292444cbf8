"""Weights of siblings: relative, set together, never all 0."""

from decimal import Decimal

import pytest

from domain.errors import Invalid, NotFound, Refused
from domain.scorecard import tree
from domain.scorecard.commands import (
    AddObjective,
    AddPerspective,
    MoveObjective,
    PlaceChildScorecard,
    PlaceKpi,
    RemoveObjective,
    RemovePerspective,
    ScorecardCommand,
    SetWeights,
    UnplaceChildScorecard,
    UnplaceKpi,
)
from domain.scorecard.events import (
    ChildKind,
    ChildScorecardPlaced,
    ChildWeight,
    KpiPlaced,
    NewPerspective,
    ObjectiveAdded,
    ObjectiveMoved,
    ScorecardCreated,
    ScorecardEvent,
    WeightsSet,
)
from domain.values import ROOT, NodeId
from tests.domain.scorecard.scenario import (
    BUILT,
    CHURN,
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
    ZERO,
    after,
    given,
    kpi_weight,
    node_weight,
    refusal,
    when,
)

MIXED: tuple[ScorecardEvent, ...] = (
    *BUILT,
    KpiPlaced(GROUP, CUS, COST, ONE),
    ChildScorecardPlaced(GROUP, CUS, EAST, ONE),
)
"""Under cus: the objectives loyal and fast, the KPI cost, the scorecard east."""


def test_weights_of_nodes_kpis_and_scorecards_are_set_together_and_the_others_keep_theirs() -> None:
    wanted = (node_weight("fast", Decimal("2.50")), ChildWeight(ChildKind.SCORECARD, "east", Decimal(4)))
    plain = (node_weight("fast", Decimal("2.5")), ChildWeight(ChildKind.SCORECARD, "east", Decimal(4)))
    assert when(SetWeights(GROUP, CUS, wanted), given(*MIXED)) == [WeightsSet(GROUP, CUS, plain)]
    customer = tree.find(after(SetWeights(GROUP, CUS, wanted), given(*MIXED)).draft.root, CUS)
    assert customer is not None
    assert [weight.weight for weight in tree.weights_of(customer)] == [1, Decimal("2.5"), 1, 4]


def test_one_child_may_weigh_nothing() -> None:
    wanted = (kpi_weight("cost", ZERO),)
    assert when(SetWeights(GROUP, CUS, wanted), given(*MIXED)) == [WeightsSet(GROUP, CUS, wanted)]


def test_weights_that_are_so_already_do_nothing() -> None:
    assert when(SetWeights(GROUP, ROOT, (node_weight("fin", Decimal("1.0")),)), given(*BUILT)) == []


def test_weights_are_set_only_for_children_of_the_node() -> None:
    state = given(*MIXED)
    for wanted in (node_weight("grow", ONE), kpi_weight("sales", ONE), kpi_weight("loyal", ONE)):
        code, field, _detail = refusal(NotFound, SetWeights(GROUP, CUS, (node_weight("fast", ONE), wanted)), state)
        assert (code, field) == ("child-unknown", "/weights/1")


def test_the_weight_of_a_child_is_set_once() -> None:
    wanted = (node_weight("fast", ONE), node_weight("fast", Decimal(2)))
    assert refusal(Invalid, SetWeights(GROUP, CUS, wanted), given(*MIXED))[:2] == ("child-repeated", "/weights/1")


def test_setting_no_weight_is_refused() -> None:
    assert refusal(Invalid, SetWeights(GROUP, CUS, ()), given(*MIXED))[:2] == ("weights-empty", "/weights")


def test_a_weight_out_of_range_is_named() -> None:
    wanted = (node_weight("loyal", ONE), node_weight("fast", Decimal("0.0000001")))
    code, field, _detail = refusal(Invalid, SetWeights(GROUP, CUS, wanted), given(*MIXED))
    assert (code, field) == ("weight-out-of-range", "/weights/1/weight")


def test_weights_of_a_node_that_is_not_there_are_refused() -> None:
    command = SetWeights(GROUP, NodeId("gone"), (node_weight("fast", ONE),))
    assert refusal(NotFound, command, given(*BUILT))[:2] == ("node-unknown", "/node")


ONE_WEIGHS: tuple[ScorecardEvent, ...] = (
    *MIXED,
    WeightsSet(GROUP, ROOT, (node_weight("fin", ZERO),)),
    WeightsSet(GROUP, CUS, (node_weight("loyal", ZERO), kpi_weight("cost", ZERO))),
    WeightsSet(GROUP, CUS, (ChildWeight(ChildKind.SCORECARD, "east", ZERO),)),
    ObjectiveAdded(GROUP, NodeId("lean"), FIN, "Lean", ZERO, 1),
    KpiPlaced(GROUP, GROW, COST, ZERO),
)
"""Of the perspectives only cus has weight, under cus only fast, under fin only grow, under grow only sales."""


@pytest.mark.parametrize(
    ("command", "field"),
    [
        (SetWeights(GROUP, CUS, (node_weight("fast", ZERO),)), "/weights"),
        (SetWeights(GROUP, ROOT, (node_weight("cus", ZERO),)), "/weights"),
        (SetWeights(GROUP, GROW, (kpi_weight("sales", ZERO),)), "/weights"),
        (RemovePerspective(GROUP, CUS), ""),
        (RemoveObjective(GROUP, FAST), ""),
        (MoveObjective(GROUP, FAST, FIN), ""),
        (UnplaceKpi(GROUP, GROW, SALES), ""),
        (PlaceKpi(GROUP, FAST, SALES, ZERO), "/weight"),
        (PlaceChildScorecard(GROUP, FAST, EAST, ZERO), "/weight"),
    ],
)
def test_no_command_leaves_children_that_all_weigh_nothing(command: ScorecardCommand, field: str) -> None:
    assert refusal(Refused, command, given(*ONE_WEIGHS))[:2] == ("all-weights-zero", field)


@pytest.mark.parametrize(
    "command", [UnplaceKpi(GROUP, CUS, COST), UnplaceChildScorecard(GROUP, CUS, EAST), RemoveObjective(GROUP, LOYAL)]
)
def test_a_child_without_weight_may_go(command: ScorecardCommand) -> None:
    assert when(command, given(*ONE_WEIGHS))


def test_the_first_child_of_a_node_needs_weight() -> None:
    bare = given(ScorecardCreated(GROUP, "Group", (NewPerspective(FIN, "Financial"),)))
    assert refusal(Refused, AddObjective(GROUP, GROW, FIN, "Grow", ZERO), bare)[:2] == ("all-weights-zero", "/weight")
    empty = after(RemovePerspective(GROUP, FIN), bare)
    assert refusal(Refused, AddPerspective(GROUP, FIN, "F", ZERO), empty)[:2] == ("all-weights-zero", "/weight")


def test_an_objective_without_weight_does_not_move_where_it_would_be_the_only_child() -> None:
    state = given(
        CREATED,
        ObjectiveAdded(GROUP, LOYAL, CUS, "Loyal", ONE, 0),
        ObjectiveAdded(GROUP, FAST, CUS, "Fast", ZERO, 1),
    )
    assert refusal(Refused, MoveObjective(GROUP, FAST, FIN), state)[0] == "all-weights-zero"
    assert when(MoveObjective(GROUP, LOYAL, CUS, 1), state) == [ObjectiveMoved(GROUP, LOYAL, CUS, 1)]


def test_the_last_child_of_a_node_may_go_altogether() -> None:
    assert when(UnplaceKpi(GROUP, LOYAL, CHURN), given(*BUILT))


def test_a_refusal_names_the_node_whose_children_would_weigh_nothing() -> None:
    command = SetWeights(GROUP, CUS, (node_weight("fast", ZERO),))
    assert "'cus'" in refusal(Refused, command, given(*ONE_WEIGHS))[2]
    command = SetWeights(GROUP, ROOT, (node_weight("cus", ZERO),))
    assert "the scorecard itself" in refusal(Refused, command, given(*ONE_WEIGHS))[2]


def test_a_log_in_which_weights_are_all_zero_can_be_mended_step_by_step() -> None:
    broken = given(
        *BUILT,
        WeightsSet(GROUP, CUS, (node_weight("loyal", ZERO), node_weight("fast", ZERO))),
        WeightsSet(GROUP, GROW, (kpi_weight("sales", ZERO),)),
    )
    assert when(SetWeights(GROUP, GROW, (kpi_weight("sales", ONE),)), broken)
