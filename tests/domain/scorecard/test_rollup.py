"""How children make their parent: each rule has the parts it needs and no others."""

from dataclasses import replace

import pytest

from domain.errors import Invalid, NotFound, Refused
from domain.scorecard import tree
from domain.scorecard.commands import RemoveObjective, SetRollup, UnplaceKpi
from domain.scorecard.events import KpiPlaced, Limiter, Rollup, RollupRule, RollupSet, Tie
from domain.scorecard.limits import LIMITER_CHILDREN_MAX, LIMITERS_MAX
from domain.values import ROOT, KpiId, NodeId
from tests.domain.scorecard.scenario import (
    BUILT,
    CONTEXT,
    COST,
    CREATED,
    CUS,
    FIN,
    GROUP,
    GROW,
    ONE,
    SALES,
    after,
    given,
    refusal,
    when,
)

SELF_SALES = Rollup(RollupRule.SELF, kpi=SALES)
LIMITER = Limiter(2, "red", "amber")


@pytest.mark.parametrize(
    "rollup",
    [
        Rollup(RollupRule.MIN),
        Rollup(RollupRule.MAX),
        SELF_SALES,
        Rollup(RollupRule.MOST_FREQUENT, tie=Tie.BEST),
        Rollup(RollupRule.ALL_AT_LEAST, level="green"),
        Rollup(limiters=(LIMITER, replace(LIMITER, at_least=1))),
        Rollup(RollupRule.MIN, limiters=(LIMITER,)),
    ],
)
def test_a_node_gets_the_roll_up_asked_for(rollup: Rollup) -> None:
    command = SetRollup(GROUP, GROW, rollup)
    assert when(command, given(*BUILT)) == [RollupSet(GROUP, GROW, rollup)]
    node = tree.find(after(command, given(*BUILT)).draft.root, GROW)
    assert node is not None
    assert node.rollup == rollup


def test_the_roll_up_it_has_already_does_nothing() -> None:
    assert when(SetRollup(GROUP, ROOT, Rollup()), given(*BUILT)) == []


def test_a_node_that_is_not_there_has_no_roll_up() -> None:
    assert refusal(NotFound, SetRollup(GROUP, NodeId("gone"), Rollup()), given(*BUILT))[0] == "node-unknown"


@pytest.mark.parametrize(
    ("rollup", "field"),
    [
        (Rollup(RollupRule.SELF), "/rollup/kpi"),
        (Rollup(RollupRule.MEAN, kpi=SALES), "/rollup/kpi"),
        (Rollup(RollupRule.ALL_AT_LEAST), "/rollup/level"),
        (Rollup(RollupRule.MEAN, level="green"), "/rollup/level"),
        (Rollup(RollupRule.MEAN, tie=Tie.BEST), "/rollup/tie"),
    ],
)
def test_a_rule_with_parts_missing_or_to_spare_is_invalid(rollup: Rollup, field: str) -> None:
    assert refusal(Invalid, SetRollup(GROUP, GROW, rollup), given(*BUILT))[:2] == ("rollup-invalid", field)


@pytest.mark.parametrize(("node", "kpi"), [(GROW, COST), (GROW, KpiId("none")), (FIN, SALES)])
def test_self_names_a_kpi_placed_directly_there(node: NodeId, kpi: KpiId) -> None:
    command = SetRollup(GROUP, node, Rollup(RollupRule.SELF, kpi=kpi))
    assert refusal(Refused, command, given(*BUILT))[:2] == ("rollup-kpi-not-placed", "/rollup/kpi")


def test_the_kpi_that_self_names_stays_until_the_roll_up_is_another() -> None:
    state = given(*BUILT, KpiPlaced(GROUP, GROW, COST, ONE), RollupSet(GROUP, GROW, SELF_SALES))
    assert refusal(Refused, UnplaceKpi(GROUP, GROW, SALES), state)[:2] == ("kpi-named-by-rollup", "/kpi")
    assert when(UnplaceKpi(GROUP, GROW, COST), state)
    assert when(UnplaceKpi(GROUP, GROW, SALES), after(SetRollup(GROUP, GROW, Rollup()), state))


def test_a_node_whose_roll_up_is_self_goes_with_its_kpi() -> None:
    assert when(RemoveObjective(GROUP, GROW), given(*BUILT, RollupSet(GROUP, GROW, SELF_SALES)))


@pytest.mark.parametrize(
    ("rollup", "field"),
    [
        (Rollup(RollupRule.ALL_AT_LEAST, level="blue"), "/rollup/level"),
        (Rollup(limiters=(LIMITER, Limiter(1, "blue", "red"))), "/rollup/limiters/1/in_band"),
        (Rollup(limiters=(Limiter(1, "red", "blue"),)), "/rollup/limiters/0/at_most"),
    ],
)
def test_bands_are_those_of_the_policy(rollup: Rollup, field: str) -> None:
    code, where, detail = refusal(Invalid, SetRollup(GROUP, CUS, rollup), given(*BUILT))
    assert (code, where) == ("band-unknown", field)
    assert "amber, green, red" in detail
    blue = replace(CONTEXT, bands=frozenset({"blue", "red", "amber"}))
    assert when(SetRollup(GROUP, CUS, rollup), given(*BUILT), blue)


@pytest.mark.parametrize("at_least", [0, -1, LIMITER_CHILDREN_MAX + 1])
def test_a_limiter_counts_at_least_one_child(at_least: int) -> None:
    rollup = Rollup(limiters=(replace(LIMITER, at_least=at_least),))
    code, field, _detail = refusal(Invalid, SetRollup(GROUP, ROOT, rollup), given(CREATED))
    assert (code, field) == ("limiter-invalid", "/rollup/limiters/0/at_least")


def test_a_limiter_is_not_repeated() -> None:
    command = SetRollup(GROUP, ROOT, Rollup(limiters=(LIMITER, LIMITER)))
    assert refusal(Invalid, command, given(CREATED))[:2] == ("limiter-invalid", "/rollup/limiters")


def test_limiters_have_a_named_maximum() -> None:
    many = tuple(Limiter(count, "red", "amber") for count in range(1, LIMITERS_MAX + 2))
    assert when(SetRollup(GROUP, ROOT, Rollup(limiters=many[1:])), given(CREATED))
    command = SetRollup(GROUP, ROOT, Rollup(limiters=many))
    assert refusal(Invalid, command, given(CREATED))[:2] == ("limiter-invalid", "/rollup/limiters")
