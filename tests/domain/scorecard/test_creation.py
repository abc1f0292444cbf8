"""A scorecard begins, is named, says what it is for, and is asked for by its code."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from domain.errors import Invalid, NotFound, Refused
from domain.scorecard.commands import (
    AddPerspective,
    ArchiveScorecard,
    CreateScorecard,
    LinkObjectives,
    PlaceKpi,
    PublishVersion,
    RenameScorecard,
    ScorecardCommand,
    StateVision,
)
from domain.scorecard.events import (
    NewPerspective,
    ScorecardArchived,
    ScorecardCreated,
    ScorecardRenamed,
    VisionStated,
)
from domain.scorecard.limits import PERSPECTIVES_MAX
from domain.values import NodeId, ScorecardId
from tests.domain.scorecard.scenario import CREATED, FIN, GROUP, GROW, LOYAL, SALES, ZERO, given, refusal, when


def test_without_perspectives_a_scorecard_gets_the_four_default_ones_with_equal_weights() -> None:
    [event] = when(CreateScorecard(GROUP, "Group"), given())
    assert isinstance(event, ScorecardCreated)
    assert [new.name for new in event.perspectives] == [
        "Financial",
        "Customer",
        "Internal processes",
        "Learning & growth",
    ]
    assert {new.weight for new in event.perspectives} == {Decimal(1)}
    assert [node.id for node in given(event).draft.root.nodes] == [new.perspective for new in event.perspectives]


def test_perspectives_asked_for_replace_the_default_ones() -> None:
    command = CreateScorecard(GROUP, " Group ", (NewPerspective(FIN, " Money ", Decimal("60.0")),))
    assert when(command, given()) == [ScorecardCreated(GROUP, "Group", (NewPerspective(FIN, "Money", Decimal(60)),))]


def test_a_scorecard_is_created_once() -> None:
    assert refusal(Refused, CreateScorecard(GROUP, "Again"), given(CREATED))[:2] == ("scorecard-exists", "/scorecard")


def test_the_code_of_a_scorecard_must_be_a_code() -> None:
    command = CreateScorecard(ScorecardId("a b"), "Group")
    assert refusal(Invalid, command, given())[:2] == ("code-invalid", "/scorecard")


def test_two_perspectives_cannot_be_created_with_one_code() -> None:
    twice = (NewPerspective(FIN, "One"), NewPerspective(FIN, "Two"))
    code, field, _detail = refusal(Refused, CreateScorecard(GROUP, "Group", twice), given())
    assert (code, field) == ("node-exists", "/perspectives/1/perspective")


@pytest.mark.parametrize(
    ("new", "code", "field"),
    [
        (NewPerspective(NodeId(""), "Money"), "code-invalid", "/perspectives/0/perspective"),
        (NewPerspective(FIN, " "), "text-empty", "/perspectives/0/name"),
        (NewPerspective(FIN, "Money", Decimal(-1)), "weight-out-of-range", "/perspectives/0/weight"),
    ],
)
def test_a_bad_perspective_is_refused_by_the_place_it_stands_at(new: NewPerspective, code: str, field: str) -> None:
    assert refusal(Invalid, CreateScorecard(GROUP, "Group", (new,)), given())[:2] == (code, field)


def test_perspectives_that_all_weigh_nothing_are_refused_at_creation() -> None:
    command = CreateScorecard(GROUP, "Group", (NewPerspective(FIN, "Money", ZERO),))
    assert refusal(Refused, command, given())[:2] == ("all-weights-zero", "/perspectives")


def test_a_scorecard_begins_with_at_most_the_named_number_of_perspectives() -> None:
    many = tuple(NewPerspective(NodeId(f"p{index}"), "P") for index in range(PERSPECTIVES_MAX + 1))
    assert when(CreateScorecard(GROUP, "Group", many[1:]), given())
    assert refusal(Refused, CreateScorecard(GROUP, "Group", many), given())[0] == "too-many-perspectives"


@pytest.mark.parametrize(
    "command",
    [
        RenameScorecard(GROUP, "New"),
        AddPerspective(GROUP, FIN, "Money"),
        PlaceKpi(GROUP, FIN, SALES),
        LinkObjectives(GROUP, LOYAL, GROW),
        PublishVersion(GROUP, date(2026, 1, 1)),
        ArchiveScorecard(GROUP, date(2026, 1, 1)),
    ],
)
def test_nothing_can_be_asked_of_a_scorecard_that_was_not_created(command: ScorecardCommand) -> None:
    assert refusal(NotFound, command, given())[:2] == ("scorecard-unknown", "/scorecard")


@pytest.mark.parametrize(
    "command",
    [
        RenameScorecard(GROUP, "New"),
        PlaceKpi(GROUP, FIN, SALES),
        PublishVersion(GROUP, date(2027, 1, 1)),
        ArchiveScorecard(GROUP, date(2027, 1, 1)),
    ],
)
def test_nothing_of_an_archived_scorecard_changes(command: ScorecardCommand) -> None:
    archived = given(CREATED, ScorecardArchived(GROUP, date(2026, 12, 31)))
    assert refusal(Refused, command, archived)[:2] == ("scorecard-archived", "/scorecard")
    assert refusal(Refused, CreateScorecard(GROUP, "Again"), archived)[0] == "scorecard-exists"


def test_a_scorecard_is_renamed_in_its_draft() -> None:
    assert when(RenameScorecard(GROUP, " New "), given(CREATED)) == [ScorecardRenamed(GROUP, "New")]
    assert given(CREATED, ScorecardRenamed(GROUP, "New")).draft.root.name == "New"


def test_a_vision_is_stated_and_taken_back() -> None:
    stated = given(CREATED, VisionStated(GROUP, "Weigh\nfairly"))
    assert when(StateVision(GROUP, "Weigh\nfairly "), given(CREATED)) == [VisionStated(GROUP, "Weigh\nfairly")]
    assert stated.draft.vision == "Weigh\nfairly"
    assert when(StateVision(GROUP, " "), stated) == [VisionStated(GROUP, "")]


def test_what_is_so_already_does_not_happen_again() -> None:
    state = given(CREATED, VisionStated(GROUP, "Weigh"))
    assert when(RenameScorecard(GROUP, "Group"), state) == []
    assert when(StateVision(GROUP, "Weigh"), state) == []


def test_the_draft_of_a_scorecard_not_created_is_empty() -> None:
    assert given() == replace(given(), created=False, versions=(), parent=None, archived_after=None)
    assert given().draft.root.nodes == ()
