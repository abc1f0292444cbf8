"""Rules of what a scorecard consists of: its name, vision, perspectives and objectives."""

from collections.abc import Sequence
from typing import assert_never

from domain.errors import Refused
from domain.scorecard import lookup, tree
from domain.scorecard.commands import (
    AddObjective,
    AddPerspective,
    CreateScorecard,
    MoveObjective,
    MovePerspective,
    RemoveObjective,
    RemovePerspective,
    RenamePerspective,
    RenameScorecard,
    RewordObjective,
    StateVision,
)
from domain.scorecard.events import (
    NewPerspective,
    ObjectiveAdded,
    ObjectiveMoved,
    ObjectiveRemoved,
    ObjectiveReworded,
    PerspectiveAdded,
    PerspectiveMoved,
    PerspectiveRemoved,
    PerspectiveRenamed,
    ScorecardCreated,
    ScorecardEvent,
    ScorecardRenamed,
    VisionStated,
)
from domain.scorecard.limits import OBJECTIVES_MAX, PERSPECTIVES_MAX, refuse_beyond
from domain.scorecard.state import Card
from domain.values import NodeId, code, free_text, name, weight

DEFAULT_PERSPECTIVES = (
    NewPerspective(NodeId("financial"), "Financial"),
    NewPerspective(NodeId("customer"), "Customer"),
    NewPerspective(NodeId("internal-processes"), "Internal processes"),
    NewPerspective(NodeId("learning-and-growth"), "Learning & growth"),
)

StructureCommand = (
    RenameScorecard
    | StateVision
    | AddPerspective
    | RenamePerspective
    | MovePerspective
    | RemovePerspective
    | AddObjective
    | RewordObjective
    | MoveObjective
    | RemoveObjective
)


def created(command: CreateScorecard) -> ScorecardCreated:
    """The scorecard with the perspectives asked for, or else the four default ones."""
    code(command.scorecard, "/scorecard")
    refuse_beyond(len(command.perspectives), PERSPECTIVES_MAX, "too-many-perspectives", "/perspectives")
    seen: set[NodeId] = set()
    checked = []
    for index, new in enumerate(command.perspectives):
        checked.append(_checked(new, f"/perspectives/{index}"))
        if new.perspective in seen:
            field = f"/perspectives/{index}/perspective"
            raise Refused("node-exists", f"{field}: the code {new.perspective!r} is given twice", field)
        seen.add(new.perspective)
    return ScorecardCreated(command.scorecard, name(command.name), tuple(checked) or DEFAULT_PERSPECTIVES)


def _checked(new: NewPerspective, field: str) -> NewPerspective:
    code(new.perspective, f"{field}/perspective")
    return NewPerspective(new.perspective, name(new.name, f"{field}/name"), weight(new.weight, f"{field}/weight"))


def decide(command: StructureCommand, card: Card) -> Sequence[ScorecardEvent]:
    """What the command makes happen to the draft; nothing when the draft is so already."""
    match command:
        case RenameScorecard():
            wanted = name(command.name)
            return [ScorecardRenamed(command.scorecard, wanted)] if wanted != card.root.name else []
        case StateVision():
            vision = free_text(command.vision, "/vision") if command.vision.strip() else ""
            return [VisionStated(command.scorecard, vision)] if vision != card.vision else []
        case AddPerspective() | RenamePerspective() | MovePerspective() | RemovePerspective():
            return _perspective(command, card)
        case AddObjective() | RewordObjective() | MoveObjective() | RemoveObjective():
            return _objective(command, card)
        case _:
            assert_never(command)


def _perspective(
    command: AddPerspective | RenamePerspective | MovePerspective | RemovePerspective, card: Card
) -> Sequence[ScorecardEvent]:
    match command:
        case AddPerspective():
            return [_perspective_added(command, card)]
        case RenamePerspective():
            wanted = name(command.name)
            if wanted == lookup.perspective(card, command.perspective).name:
                return []
            return [PerspectiveRenamed(command.scorecard, command.perspective, wanted)]
        case MovePerspective():
            lookup.perspective(card, command.perspective)
            siblings = [node.id for node in card.root.nodes]
            index = lookup.place(command.index, len(siblings) - 1)
            if index == siblings.index(command.perspective):
                return []
            return [PerspectiveMoved(command.scorecard, command.perspective, index)]
        case RemovePerspective():
            lookup.perspective(card, command.perspective)
            return [PerspectiveRemoved(command.scorecard, command.perspective)]
        case _:
            assert_never(command)


def _perspective_added(command: AddPerspective, card: Card) -> PerspectiveAdded:
    lookup.refuse_taken(card, command.perspective, "/perspective")
    siblings = len(card.root.nodes)
    refuse_beyond(siblings + 1, PERSPECTIVES_MAX, "too-many-perspectives")
    return PerspectiveAdded(
        command.scorecard,
        command.perspective,
        name(command.name),
        weight(command.weight),
        lookup.place(command.index, siblings),
    )


def _objective(
    command: AddObjective | RewordObjective | MoveObjective | RemoveObjective, card: Card
) -> Sequence[ScorecardEvent]:
    match command:
        case AddObjective():
            return [_objective_added(command, card)]
        case RewordObjective():
            wanted = name(command.name)
            if wanted == lookup.objective(card, command.objective).name:
                return []
            return [ObjectiveReworded(command.scorecard, command.objective, wanted)]
        case MoveObjective():
            return _objective_moved(command, card)
        case RemoveObjective():
            lookup.objective(card, command.objective)
            return [ObjectiveRemoved(command.scorecard, command.objective)]
        case _:
            assert_never(command)


def _objective_added(command: AddObjective, card: Card) -> ObjectiveAdded:
    perspective = lookup.perspective(card, command.perspective)
    lookup.refuse_taken(card, command.objective, "/objective")
    refuse_beyond(len(tree.objectives(card.root)) + 1, OBJECTIVES_MAX, "too-many-objectives")
    return ObjectiveAdded(
        command.scorecard,
        command.objective,
        command.perspective,
        name(command.name),
        weight(command.weight),
        lookup.place(command.index, len(perspective.nodes)),
    )


def _objective_moved(command: MoveObjective, card: Card) -> Sequence[ScorecardEvent]:
    objective = lookup.objective(card, command.objective)
    perspective = lookup.perspective(card, command.perspective)
    siblings = [node.id for node in perspective.nodes]
    stays = objective.id in siblings
    index = lookup.place(command.index, len(siblings) - stays)
    if stays and index == siblings.index(objective.id):
        return []
    return [ObjectiveMoved(command.scorecard, command.objective, command.perspective, index)]
