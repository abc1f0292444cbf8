"""Reads of one organization in one transaction, all as of one position: how far the scores have come.

A stored row that last changed at or before that position is exact there, even if the projection has since moved on.
Everything else (another version, the draft, a period without values, one that has not ended and depends on the day) is
computed from the definitions and readings of the position by the same score().
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from psycopg.rows import TupleRow
from sqlalchemy import Connection

from domain.calendar import Calendar, Period
from domain.errors import NotFound
from domain.scorecard.state import Scorecard
from domain.scoring.inputs import Cell, Definitions, VersionChoice
from domain.scoring.plan import plan
from domain.scoring.score import leaves, roll_up
from domain.scoring.tree import ScoreTree
from domain.values import ScorecardId
from infra.eventstore.log import Log
from infra.round_trip import Question
from projections import progress, readings, scores
from projections.definitions_cache import DefinitionsCache
from projections.progress import Progress

NOT_STARTED = Progress("", progress.FIRST_GENERATION, 0, progress.RUNNING, None)


@dataclass
class Reader:
    """`as_of` is the instant that labels and the coverage of unfinished periods are judged at.

    `known_at` asks for an earlier position than the scores have reached.
    """

    connection: Connection
    tenant: UUID
    log: Log
    cache: DefinitionsCache
    as_of: datetime
    known_at: int | None = None

    @cached_property
    def position(self) -> int:
        """The position that every answer of this reader shows."""
        reached = self._live[scores.NAME].position
        return reached if self.known_at is None else min(self.known_at, reached)

    @cached_property
    def definitions(self) -> Definitions:
        """Everything defined at the position."""
        return self.cache.at(self.log, self.position)

    @property
    def calendar(self) -> Calendar:
        return self.definitions.calendar

    @property
    def scores_generation(self) -> int:
        return self._live[scores.NAME].generation

    @property
    def readings_generation(self) -> int:
        return self._live[readings.NAME].generation

    def require(self, scorecard: ScorecardId) -> Scorecard:
        """The scorecard. Raises NotFound `scorecard-unknown`."""
        found = self.definitions.scorecards.get(scorecard)
        if found is None or not found.created:
            raise NotFound("scorecard-unknown", f"there is no scorecard {scorecard!r}")
        return found

    def settled(self, period: Period) -> bool:
        """Whether the period has ended, so that no passing day changes its coverage."""
        return self.calendar.ended(period, self.as_of)

    def trees(
        self, scorecard: ScorecardId, periods: Collection[Period], version: VersionChoice = "in_force"
    ) -> Mapping[Period, ScoreTree]:
        """Computed here, from one read of values. Raises NotFound `scorecard-unknown`, `version-unknown`."""
        plans = {period: plan(self.definitions, scorecard, period, version) for period in periods}
        cells = frozenset[Cell]().union(*(each.cells for each in plans.values()))
        values = readings.values_as_of(self.connection, self.tenant, self.readings_generation, cells, self.position)
        return {period: roll_up(each, leaves(each, values, self.as_of), self.as_of) for period, each in plans.items()}

    def tree(self, scorecard: ScorecardId, period: Period, version: VersionChoice = "in_force") -> ScoreTree:
        """The one tree, for explanations. Raises NotFound `scorecard-unknown`, `version-unknown`."""
        return self.trees(scorecard, [period], version)[period]

    def rows(self, question: Question) -> Sequence[TupleRow]:
        """What answers a question within this transaction."""
        return [tuple(row) for row in self.connection.exec_driver_sql(question.statement, dict(question.parameters))]

    @cached_property
    def _live(self) -> Mapping[str, Progress]:
        names: Sequence[str] = (readings.NAME, scores.NAME)
        found = progress.live(self.connection, self.tenant, names)
        return {name: found.get(name, NOT_STARTED) for name in names}
