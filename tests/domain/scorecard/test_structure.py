"""Perspectives and objectives come, move, are renamed and go."""

from decimal import Decimal

import pytest

from domain.errors import Invalid, NotFound, Refused
from domain.scorecard import tree
from domain.scorecard.commands import (
    AddObjective,
    AddPerspective,
    MoveObjective,
    MovePerspective,
    RemoveObjective,
    RemovePerspective,
    RenamePerspective,
    RewordObjective,
    ScorecardCommand,
)
from domain.scorecard.events import (
    KpiPlaced,
    ObjectiveAdded,
    ObjectiveMoved,
    ObjectiveRemoved,
    ObjectiveReworded,
    PerspectiveAdded,
    PerspectiveMoved,
    PerspectiveRemoved,
    PerspectiveRenamed,
    ScorecardEvent,
)
from domain.scorecard.limits import OBJECTIVES_MAX, PERSPECTIVES_MAX
from domain.values import NodeId
from tests.domain.scorecard.scenario import (
    BUILT,
    CREATED,
    CUS,
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
    top,
    when,
)

NEW = NodeId("new")
GONE = NodeId("gone")


@pytest.mark.parametrize(
    ("index", "order"), [(None, ["fin", "cus", "new"]), (0, ["new", "fin", "cus"]), (1, ["fin", "new", "cus"])]
)
def test_a_perspective_is_added_at_its_place(index: int | None, order: list[str]) -> None:
    command = AddPerspective(GROUP, NEW, " Processes ", Decimal("2.50"), index)
    place = order.index("new")
    assert when(command, given(CREATED)) == [PerspectiveAdded(GROUP, NEW, "Processes", Decimal("2.5"), place)]
    assert top(after(command, given(CREATED))) == order


@pytest.mark.parametrize(
    ("index", "order"), [(None, ["loyal", "fast", "new"]), (0, ["new", "loyal", "fast"]), (1, ["loyal", "new", "fast"])]
)
def test_an_objective_is_added_at_its_place(index: int | None, order: list[str]) -> None:
    state = after(AddObjective(GROUP, NEW, CUS, "New", index=index), given(*BUILT))
    assert [node.id for node in state.draft.root.nodes[1].nodes] == order


@pytest.mark.parametrize("taken", [FIN, GROW])
def test_a_code_is_used_once_among_perspectives_and_objectives(taken: NodeId) -> None:
    state = given(*BUILT)
    assert refusal(Refused, AddPerspective(GROUP, taken, "X"), state)[:2] == ("node-exists", "/perspective")
    assert refusal(Refused, AddObjective(GROUP, taken, CUS, "X"), state)[:2] == ("node-exists", "/objective")


def test_a_code_is_free_again_once_its_node_is_gone() -> None:
    state = given(*BUILT, ObjectiveRemoved(GROUP, FAST))
    assert when(AddObjective(GROUP, FAST, FIN, "Fast"), state) == [
        ObjectiveAdded(GROUP, FAST, FIN, "Fast", ONE, 1),
    ]


@pytest.mark.parametrize(
    "command",
    [
        RenamePerspective(GROUP, GONE, "X"),
        MovePerspective(GROUP, GONE, 0),
        RemovePerspective(GROUP, GONE),
        AddObjective(GROUP, NEW, GONE, "X"),
        RewordObjective(GROUP, GONE, "X"),
        MoveObjective(GROUP, GONE, FIN),
        MoveObjective(GROUP, GROW, GONE),
        RemoveObjective(GROUP, GONE),
    ],
)
def test_a_node_that_is_not_in_the_draft_is_unknown(command: ScorecardCommand) -> None:
    assert refusal(NotFound, command, given(*BUILT))[0] == "node-unknown"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (RenamePerspective(GROUP, GROW, "X"), "not-a-perspective"),
        (AddObjective(GROUP, NEW, GROW, "X"), "not-a-perspective"),
        (RemovePerspective(GROUP, NodeId("")), "not-a-perspective"),
        (MoveObjective(GROUP, GROW, LOYAL), "not-a-perspective"),
        (RewordObjective(GROUP, FIN, "X"), "not-an-objective"),
        (RemoveObjective(GROUP, FIN), "not-an-objective"),
        (MoveObjective(GROUP, FIN, CUS), "not-an-objective"),
    ],
)
def test_perspectives_and_objectives_are_not_taken_for_each_other(command: ScorecardCommand, code: str) -> None:
    assert refusal(Invalid, command, given(*BUILT))[0] == code


@pytest.mark.parametrize(
    ("command", "highest"),
    [
        (AddPerspective(GROUP, NEW, "X", index=3), 2),
        (AddPerspective(GROUP, NEW, "X", index=-1), 2),
        (MovePerspective(GROUP, FIN, 2), 1),
        (MovePerspective(GROUP, FIN, -1), 1),
        (AddObjective(GROUP, NEW, CUS, "X", index=3), 2),
        (MoveObjective(GROUP, LOYAL, CUS, 2), 1),
        (MoveObjective(GROUP, LOYAL, FIN, 2), 1),
    ],
)
def test_an_index_lies_among_the_siblings(command: ScorecardCommand, highest: int) -> None:
    code, field, detail = refusal(Invalid, command, given(*BUILT))
    assert (code, field) == ("index-out-of-range", "/index")
    assert f"0 to {highest}" in detail


def test_a_perspective_moves_among_the_others() -> None:
    state = given(CREATED, PerspectiveAdded(GROUP, NEW, "New", ONE, 2))
    assert when(MovePerspective(GROUP, NEW, 0), state) == [PerspectiveMoved(GROUP, NEW, 0)]
    assert top(after(MovePerspective(GROUP, NEW, 0), state)) == ["new", "fin", "cus"]
    assert top(after(MovePerspective(GROUP, FIN, 2), state)) == ["cus", "new", "fin"]


def test_an_objective_moves_within_its_perspective() -> None:
    state = after(MoveObjective(GROUP, LOYAL, CUS), given(*BUILT))
    assert [node.id for node in state.draft.root.nodes[1].nodes] == ["fast", "loyal"]


def test_an_objective_moves_to_another_perspective_with_its_kpis_and_links() -> None:
    before = given(*BUILT)
    assert when(MoveObjective(GROUP, LOYAL, FIN, 0), before) == [ObjectiveMoved(GROUP, LOYAL, FIN, 0)]
    state = after(MoveObjective(GROUP, LOYAL, FIN, 0), before)
    financial, customer = state.draft.root.nodes
    assert [node.id for node in financial.nodes] == ["loyal", "grow"]
    assert [node.id for node in customer.nodes] == ["fast"]
    assert financial.nodes[0] == tree.find(before.draft.root, LOYAL)
    assert state.draft.links == before.draft.links


def test_moving_to_where_it_stands_does_nothing() -> None:
    state = given(*BUILT)
    assert when(MovePerspective(GROUP, CUS, 1), state) == []
    assert when(MoveObjective(GROUP, LOYAL, CUS, 0), state) == []
    assert when(MoveObjective(GROUP, FAST, CUS), state) == []


def test_perspectives_are_renamed_and_objectives_reworded() -> None:
    state = given(*BUILT)
    assert when(RenamePerspective(GROUP, FIN, " Money "), state) == [PerspectiveRenamed(GROUP, FIN, "Money")]
    assert when(RewordObjective(GROUP, GROW, "Grow more"), state) == [ObjectiveReworded(GROUP, GROW, "Grow more")]
    renamed = given(*BUILT, PerspectiveRenamed(GROUP, FIN, "Money"), ObjectiveReworded(GROUP, GROW, "Grow more"))
    assert [node.name for node in tree.walk(renamed.draft.root)][1:3] == ["Money", "Grow more"]


def test_a_name_that_is_so_already_does_nothing() -> None:
    state = given(*BUILT)
    assert when(RenamePerspective(GROUP, FIN, "Financial"), state) == []
    assert when(RewordObjective(GROUP, GROW, "Grow"), state) == []


def test_removing_a_perspective_takes_its_objectives_placements_and_links() -> None:
    state = given(*BUILT)
    assert when(RemovePerspective(GROUP, CUS), state) == [PerspectiveRemoved(GROUP, CUS)]
    draft = after(RemovePerspective(GROUP, CUS), state).draft
    assert [node.id for node in tree.walk(draft.root)] == ["", "fin", "grow"]
    assert tree.placed_kpis(draft.root) == {SALES}
    assert draft.links == ()


def test_removing_an_objective_takes_only_its_own_links() -> None:
    state = after(RemoveObjective(GROUP, FAST), given(*BUILT))
    assert len(state.draft.links) == 1
    assert after(RemoveObjective(GROUP, GROW), state).draft.links == ()


def test_all_perspectives_of_a_draft_may_go() -> None:
    state = after(RemovePerspective(GROUP, CUS), after(RemovePerspective(GROUP, FIN), given(*BUILT)))
    assert top(state) == []


def test_perspectives_have_a_named_maximum() -> None:
    more = [PerspectiveAdded(GROUP, NodeId(f"p{i}"), "P", ONE, i) for i in range(PERSPECTIVES_MAX - 2)]
    full = given(CREATED, *more)
    assert refusal(Refused, AddPerspective(GROUP, NEW, "X"), full)[0] == "too-many-perspectives"
    assert when(AddPerspective(GROUP, NEW, "X"), given(CREATED, *more[1:]))


def test_objectives_have_a_named_maximum() -> None:
    more = [ObjectiveAdded(GROUP, NodeId(f"o{i}"), FIN, "O", ONE, i) for i in range(OBJECTIVES_MAX)]
    full = given(CREATED, *more)
    assert refusal(Refused, AddObjective(GROUP, NEW, CUS, "X"), full)[0] == "too-many-objectives"
    assert when(AddObjective(GROUP, NEW, CUS, "X"), given(CREATED, *more[1:]))


@pytest.mark.parametrize(
    "event",
    [
        PerspectiveRenamed(GROUP, GONE, "X"),
        PerspectiveMoved(GROUP, GONE, 7),
        PerspectiveRemoved(GROUP, GONE),
        ObjectiveMoved(GROUP, GONE, FIN, 0),
        ObjectiveMoved(GROUP, GROW, GONE, 0),
        ObjectiveAdded(GROUP, NEW, GONE, "X", ONE, 0),
        KpiPlaced(GROUP, GONE, SALES, ONE),
    ],
)
def test_history_is_never_refused_and_what_it_names_in_vain_changes_nothing(event: ScorecardEvent) -> None:
    assert given(*BUILT, event) == given(*BUILT)
