"""Scorecards above scorecards: placements and parents together have no cycle."""

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import pytest

from domain.errors import NotFound, Refused
from domain.scorecard import cascade, tree
from domain.scorecard.commands import PlaceChildScorecard, SetParent, UnplaceChildScorecard
from domain.scorecard.events import ChildScorecardPlaced, ChildScorecardUnplaced, ParentSet
from domain.scorecard.limits import CASCADE_DEPTH_MAX
from domain.scorecard.state import ChildPlacement
from domain.values import ROOT, NodeId, ScorecardId
from tests.domain.scorecard.scenario import (
    BUILT,
    CONTEXT,
    CUS,
    EAST,
    FIN,
    GROUP,
    GROW,
    ONE,
    WEST,
    after,
    edges,
    given,
    refusal,
    version,
    when,
)

PLACED = ChildScorecardPlaced(GROUP, GROW, EAST, ONE)


@pytest.mark.parametrize("node", [GROW, FIN, ROOT])
def test_a_child_scorecard_is_placed_with_a_weight(node: NodeId) -> None:
    command = PlaceChildScorecard(GROUP, node, EAST, Decimal("3.0"))
    assert when(command, given(*BUILT)) == [ChildScorecardPlaced(GROUP, node, EAST, Decimal(3))]
    placed = tree.find(after(command, given(*BUILT)).draft.root, node)
    assert placed is not None
    assert placed.scorecards == (ChildPlacement(EAST, Decimal(3)),)


def test_only_a_scorecard_in_use_is_placed_or_made_a_parent() -> None:
    gone = ScorecardId("gone")
    assert refusal(NotFound, PlaceChildScorecard(GROUP, GROW, gone), given(*BUILT))[:2] == (
        "scorecard-unknown",
        "/child",
    )
    assert refusal(NotFound, SetParent(GROUP, gone), given(*BUILT))[:2] == ("scorecard-unknown", "/parent")


def test_a_child_scorecard_stands_once_under_one_node_and_may_stand_under_several() -> None:
    state = given(*BUILT, PLACED)
    assert refusal(Refused, PlaceChildScorecard(GROUP, GROW, EAST), state)[:2] == ("child-already-placed", "/child")
    assert when(PlaceChildScorecard(GROUP, CUS, EAST), state)


def test_a_child_scorecard_is_taken_away() -> None:
    command = UnplaceChildScorecard(GROUP, GROW, EAST)
    assert when(command, given(*BUILT, PLACED)) == [ChildScorecardUnplaced(GROUP, GROW, EAST)]
    assert after(command, given(*BUILT, PLACED)) == given(*BUILT)
    assert refusal(NotFound, command, given(*BUILT))[:2] == ("child-not-placed", "/child")


def test_a_scorecard_is_not_placed_in_itself_nor_its_own_parent() -> None:
    code, field, detail = refusal(Refused, PlaceChildScorecard(GROUP, GROW, GROUP), given(*BUILT))
    assert (code, field) == ("cascade-cycle", "/child")
    assert "group -> group" in detail
    assert refusal(Refused, SetParent(GROUP, GROUP), given(*BUILT))[:2] == ("cascade-cycle", "/parent")


def test_a_child_that_holds_this_scorecard_is_refused_and_the_cycle_named() -> None:
    context = replace(CONTEXT, cascade=edges(("east", "west"), ("west", "group")))
    code, _field, detail = refusal(Refused, PlaceChildScorecard(GROUP, GROW, EAST), given(*BUILT), context)
    assert code == "cascade-cycle"
    assert "group -> east -> west -> group" in detail


def test_a_parent_that_stands_below_this_scorecard_is_refused() -> None:
    context = replace(CONTEXT, cascade=edges(("east", "west")))
    assert refusal(Refused, SetParent(GROUP, WEST), given(*BUILT, PLACED), context)[0] == "cascade-cycle"
    assert refusal(Refused, SetParent(GROUP, EAST), given(*BUILT, PLACED))[0] == "cascade-cycle"


def test_a_child_that_stands_above_as_parent_is_refused() -> None:
    state = given(*BUILT, ParentSet(GROUP, EAST))
    assert refusal(Refused, PlaceChildScorecard(GROUP, GROW, EAST), state)[0] == "cascade-cycle"


def test_a_child_whose_parent_is_this_scorecard_may_be_placed_in_it() -> None:
    context = replace(CONTEXT, cascade=edges(("group", "east")))
    assert when(PlaceChildScorecard(GROUP, GROW, EAST), given(*BUILT), context)


def test_what_a_published_version_holds_counts_although_the_draft_has_let_it_go() -> None:
    state = given(*BUILT, PLACED, version(1, "2026-01-01"), ChildScorecardUnplaced(GROUP, GROW, EAST))
    assert cascade.edges(state) == edges(("group", "east"))
    assert refusal(Refused, SetParent(GROUP, EAST), state)[0] == "cascade-cycle"


def test_what_only_the_draft_held_counts_no_longer_once_it_is_gone() -> None:
    state = given(*BUILT, PLACED, ChildScorecardUnplaced(GROUP, GROW, EAST))
    assert cascade.edges(state) == frozenset()
    assert when(SetParent(GROUP, EAST), state) == [ParentSet(GROUP, EAST)]


def test_the_same_child_below_by_two_ways_is_no_cycle() -> None:
    context = replace(CONTEXT, cascade=edges(("west", "east")))
    assert when(PlaceChildScorecard(GROUP, CUS, WEST), given(*BUILT, PLACED), context)


def test_a_parent_is_set_changed_and_taken_away() -> None:
    east = given(*BUILT, ParentSet(GROUP, EAST))
    assert when(SetParent(GROUP, EAST), given(*BUILT)) == [ParentSet(GROUP, EAST)]
    assert cascade.edges(east) == edges(("east", "group"))
    assert when(SetParent(GROUP, EAST), east) == []
    assert when(SetParent(GROUP, WEST), east) == [ParentSet(GROUP, WEST)]
    assert after(SetParent(GROUP, None), east).parent is None


def test_the_old_parent_does_not_stand_in_the_way_of_the_new_one() -> None:
    context = replace(CONTEXT, cascade=edges(("west", "east")))
    assert when(SetParent(GROUP, WEST), given(*BUILT, ParentSet(GROUP, EAST)), context)


def test_a_parent_changes_nothing_of_the_draft() -> None:
    assert after(SetParent(GROUP, EAST), given(*BUILT)).draft == given(*BUILT).draft


def _chain(*names: str) -> list[tuple[str, str]]:
    return list(pairwise(names))


@pytest.mark.parametrize(("below", "fits"), [(CASCADE_DEPTH_MAX - 4, True), (CASCADE_DEPTH_MAX - 3, False)])
def test_the_cascade_has_a_named_depth_counted_above_and_below(below: int, fits: bool) -> None:
    """Two scorecards stand above group, group itself, and east with those below it."""
    above = _chain("holding", "board", "group")
    lower = _chain("east", *(f"unit{index}" for index in range(below)))
    context = replace(CONTEXT, cascade=edges(*above, *lower))
    command = PlaceChildScorecard(GROUP, GROW, EAST)
    if fits:
        assert when(command, given(*BUILT), context)
    else:
        assert refusal(Refused, command, given(*BUILT), context)[:2] == ("cascade-too-deep", "/child")
