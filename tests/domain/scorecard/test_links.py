"""Cause and effect between objectives: no loops, no repetition, no link to what is not there."""

import pytest

from domain.errors import Invalid, NotFound, Refused
from domain.scorecard.commands import LinkObjectives, UnlinkObjectives
from domain.scorecard.events import ObjectiveAdded, ObjectivesLinked, ObjectivesUnlinked
from domain.scorecard.limits import LINKS_MAX
from domain.scorecard.state import Link
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
    after,
    given,
    refusal,
    when,
)

CHAINED = given(*BUILT, ObjectivesLinked(GROUP, FAST, LOYAL))
"""fast -> loyal -> grow."""


def test_objectives_are_linked_across_and_within_perspectives() -> None:
    assert when(LinkObjectives(GROUP, FAST, GROW), given(*BUILT)) == [ObjectivesLinked(GROUP, FAST, GROW)]
    assert when(LinkObjectives(GROUP, FAST, LOYAL), given(*BUILT)) == [ObjectivesLinked(GROUP, FAST, LOYAL)]


def test_a_second_way_to_the_same_effect_is_no_cycle() -> None:
    assert when(LinkObjectives(GROUP, FAST, GROW), CHAINED) == [ObjectivesLinked(GROUP, FAST, GROW)]


def test_a_link_that_closes_a_cycle_is_refused_and_the_cycle_named() -> None:
    code, field, detail = refusal(Refused, LinkObjectives(GROUP, GROW, FAST), CHAINED)
    assert (code, field) == ("link-cycle", "/effect")
    assert "grow -> fast -> loyal -> grow" in detail


def test_two_objectives_do_not_cause_each_other() -> None:
    assert "grow -> loyal -> grow" in refusal(Refused, LinkObjectives(GROUP, GROW, LOYAL), given(*BUILT))[2]


def test_an_objective_does_not_cause_itself() -> None:
    assert refusal(Invalid, LinkObjectives(GROUP, GROW, GROW), given(*BUILT))[:2] == ("link-to-itself", "/effect")


def test_a_link_is_made_once() -> None:
    assert refusal(Refused, LinkObjectives(GROUP, LOYAL, GROW), given(*BUILT))[:2] == ("link-exists", "/effect")


@pytest.mark.parametrize(
    ("cause", "effect", "kind", "code", "field"),
    [
        (NodeId("gone"), GROW, NotFound, "node-unknown", "/cause"),
        (GROW, NodeId("gone"), NotFound, "node-unknown", "/effect"),
        (CUS, GROW, Invalid, "not-an-objective", "/cause"),
        (LOYAL, FIN, Invalid, "not-an-objective", "/effect"),
        (LOYAL, NodeId(""), Invalid, "not-an-objective", "/effect"),
    ],
)
def test_only_objectives_of_the_draft_are_linked(
    cause: NodeId, effect: NodeId, kind: type[NotFound | Invalid], code: str, field: str
) -> None:
    assert refusal(kind, LinkObjectives(GROUP, cause, effect), given(*BUILT))[:2] == (code, field)


def test_a_link_is_taken_away_and_frees_the_other_direction() -> None:
    state = after(UnlinkObjectives(GROUP, LOYAL, GROW), CHAINED)
    assert when(UnlinkObjectives(GROUP, LOYAL, GROW), CHAINED) == [ObjectivesUnlinked(GROUP, LOYAL, GROW)]
    assert state.draft.links == (Link(FAST, LOYAL),)
    assert when(LinkObjectives(GROUP, GROW, FAST), state)


def test_a_link_that_is_not_there_cannot_be_taken_away() -> None:
    assert refusal(NotFound, UnlinkObjectives(GROUP, GROW, LOYAL), given(*BUILT))[0] == "link-unknown"


def test_linking_and_unlinking_again_leaves_the_draft_as_it_was() -> None:
    state = after(UnlinkObjectives(GROUP, LOYAL, GROW), CHAINED)
    assert after(LinkObjectives(GROUP, LOYAL, GROW), state) == CHAINED


def test_links_have_a_named_maximum() -> None:
    count = 46
    names = [NodeId(f"o{index:02}") for index in range(count)]
    objectives = [ObjectiveAdded(GROUP, name, FIN, name, ONE, index) for index, name in enumerate(names)]
    pairs = [(names[i], names[j]) for i in range(count) for j in range(i + 1, count)]
    links = [ObjectivesLinked(GROUP, cause, effect) for cause, effect in pairs[:LINKS_MAX]]
    command = LinkObjectives(GROUP, *pairs[LINKS_MAX])
    assert refusal(Refused, command, given(CREATED, *objectives, *links))[0] == "too-many-links"
    assert when(command, given(CREATED, *objectives, *links[1:]))
