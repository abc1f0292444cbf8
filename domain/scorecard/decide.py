"""The write model of a scorecard: what may be asked of it, and what then happens.

Each room has its rules: structure, placement, rollup, links, cascade, publishing. Here stand the rules of all of them:
the scorecard exists and is in use, and no node is left with children that all have weight 0.
"""

from collections.abc import Sequence
from typing import assert_never

from domain.decider import Decider, replay
from domain.errors import NotFound, Refused
from domain.scorecard import cascade, links, lookup, placement, publishing, structure, tree
from domain.scorecard.commands import (
    AddObjective,
    AddPerspective,
    ArchiveScorecard,
    CreateScorecard,
    LinkObjectives,
    MoveObjective,
    MovePerspective,
    PlaceChildScorecard,
    PlaceKpi,
    PublishVersion,
    RemoveObjective,
    RemovePerspective,
    RenamePerspective,
    RenameScorecard,
    RewordObjective,
    ScorecardCommand,
    ScorecardContext,
    SetMissingData,
    SetParent,
    SetRollup,
    SetWeights,
    StateVision,
    UnlinkObjectives,
    UnplaceChildScorecard,
    UnplaceKpi,
)
from domain.scorecard.events import ScorecardEvent
from domain.scorecard.evolve import evolve, initial
from domain.scorecard.state import Scorecard


def decide(command: ScorecardCommand, state: Scorecard, context: ScorecardContext) -> Sequence[ScorecardEvent]:
    """The events of an accepted command; none when everything is so already.

    Raises NotFound `scorecard-unknown`, Refused `scorecard-exists`, `scorecard-archived`, `all-weights-zero`, and what
    the rooms raise.
    """
    _check_in_use(command, state)
    events = _decided(command, state, context)
    _refuse_weightless(command, state, events)
    return events


def _check_in_use(command: ScorecardCommand, state: Scorecard) -> None:
    if isinstance(command, CreateScorecard):
        if state.created:
            raise Refused("scorecard-exists", f"there is a scorecard {command.scorecard!r} already", "/scorecard")
        return
    if not state.created:
        raise NotFound("scorecard-unknown", f"there is no scorecard {command.scorecard!r}", "/scorecard")
    if state.archived_after is not None:
        detail = f"the scorecard {command.scorecard!r} is archived after {state.archived_after} and stays as it is"
        raise Refused("scorecard-archived", detail, "/scorecard")


def _decided(command: ScorecardCommand, state: Scorecard, context: ScorecardContext) -> Sequence[ScorecardEvent]:
    card = state.draft
    match command:
        case CreateScorecard():
            return [structure.created(command)]
        case RenameScorecard() | StateVision():
            return structure.decide(command, card)
        case AddPerspective() | RenamePerspective() | MovePerspective() | RemovePerspective():
            return structure.decide(command, card)
        case AddObjective() | RewordObjective() | MoveObjective() | RemoveObjective():
            return structure.decide(command, card)
        case PlaceKpi() | UnplaceKpi() | SetWeights() | SetRollup() | SetMissingData():
            return placement.decide(command, card, context)
        case LinkObjectives():
            return [links.linked(command, card)]
        case UnlinkObjectives():
            return [links.unlinked(command, card)]
        case PlaceChildScorecard():
            return [cascade.placed(command, state, context)]
        case UnplaceChildScorecard():
            return [cascade.unplaced(command, state)]
        case SetParent():
            return cascade.parent_set(command, state, context)
        case PublishVersion():
            return [publishing.published(command, state, context)]
        case ArchiveScorecard():
            return [publishing.archived(command, state, context)]
        case _:
            assert_never(command)


def _refuse_weightless(command: ScorecardCommand, state: Scorecard, events: Sequence[ScorecardEvent]) -> None:
    """One rule for every command: whoever takes the last weight of a node's children is refused."""
    after = replay(evolve, state, ((event, 0) for event in events))
    emptied = sorted(tree.without_any_weight(after.draft.root) - tree.without_any_weight(state.draft.root))
    if emptied:
        detail = f"all children of {lookup.shown(emptied[0])} would have weight 0; give one of them a weight above 0"
        raise Refused("all-weights-zero", detail, _weight_field(command))


def _weight_field(command: ScorecardCommand) -> str:
    match command:
        case SetWeights():
            return "/weights"
        case AddPerspective() | AddObjective() | PlaceKpi() | PlaceChildScorecard():
            return "/weight"
        case CreateScorecard():
            return "/perspectives"
        case _:
            return ""


SCORECARD = Decider(initial, decide, evolve)
