"""Bodies that build a scorecard: creating, versions, archiving. Changes of the draft stand in changes.py."""

from typing import Annotated

from pydantic import Field

from domain.scorecard.commands import ArchiveScorecard, CreateScorecard, PublishVersion
from domain.scorecard.events import NewPerspective
from domain.scorecard.limits import PERSPECTIVES_MAX
from domain.values import NodeId, ScorecardId
from services.api.bodies.changes import (
    ONE,
    AddObjectiveBody,
    AddPerspectiveBody,
    LinkBody,
    MissingDataBody,
    MoveObjectiveBody,
    MovePerspectiveBody,
    ParentBody,
    PlaceChildBody,
    PlaceKpiBody,
    RemoveObjectiveBody,
    RemovePerspectiveBody,
    RenameBody,
    RenamePerspectiveBody,
    RewordObjectiveBody,
    RollupChangeBody,
    UnlinkBody,
    UnplaceChildBody,
    UnplaceKpiBody,
    VisionBody,
    WeightsBody,
)
from services.api.values import Code, Day, Name, Number, Strict, Text

CHANGES_MAX = 500

ChangeBody = Annotated[
    RenameBody
    | VisionBody
    | AddPerspectiveBody
    | RenamePerspectiveBody
    | MovePerspectiveBody
    | RemovePerspectiveBody
    | AddObjectiveBody
    | RewordObjectiveBody
    | MoveObjectiveBody
    | RemoveObjectiveBody
    | PlaceKpiBody
    | UnplaceKpiBody
    | PlaceChildBody
    | UnplaceChildBody
    | WeightsBody
    | RollupChangeBody
    | MissingDataBody
    | LinkBody
    | UnlinkBody
    | ParentBody,
    Field(discriminator="change"),
]


class ChangesBody(Strict):
    """Changes of the draft, done in order, all or none."""

    changes: list[ChangeBody] = Field(min_length=1, max_length=CHANGES_MAX)


class NewPerspectiveBody(Strict):
    """A perspective from the start."""

    perspective: Code
    name: Name
    weight: Number = ONE


class NewScorecardBody(Strict):
    """A new scorecard; without perspectives it gets the four default ones with equal weights."""

    scorecard: Code
    name: Name
    perspectives: list[NewPerspectiveBody] = Field(default=[], max_length=PERSPECTIVES_MAX)

    def command(self) -> CreateScorecard:
        perspectives = (NewPerspective(NodeId(each.perspective), each.name, each.weight) for each in self.perspectives)
        return CreateScorecard(ScorecardId(self.scorecard), self.name, tuple(perspectives))


class VersionBody(Strict):
    """The draft becomes the next version, in force from a date; a restatement says so and gives a reason."""

    effective_from: Day
    restatement: bool = False
    reason: Text | None = None

    def command(self, scorecard: ScorecardId) -> PublishVersion:
        return PublishVersion(scorecard, self.effective_from, self.restatement, self.reason)


class ArchiveBody(Strict):
    """The last day on which the scorecard counts."""

    last_day: Day
    reason: Text | None = None

    def command(self, scorecard: ScorecardId) -> ArchiveScorecard:
        return ArchiveScorecard(scorecard, self.last_day, self.reason)
