"""getScores in JSON: one question shows whether the answer of before still holds; else it is put together anew.

Stored trees go out as they are stored. What is not stored is computed by current_tree, with the same content.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Raw, Struct

from domain.scoring.inputs import Definitions
from infra.database import Database
from infra.eventstore.log import LogFactory
from projections.answers import KpiLabels, TrendView
from projections.current import current_tree, exact, stored_question
from projections.definitions_cache import DefinitionsCache
from projections.kept_answers import Asked, Day, Finished, KeptAnswers
from projections.labels import labels
from projections.outlines import outline
from projections.reader import Reader
from projections.readings import latest_of, latest_question
from projections.standing import Standing, standing
from projections.usage import NO_KPIS, usage

INSTANT_FIELD = b',"evaluated_at":'


class UnopenedAnswer(Struct, frozen=True):
    """A ScoreAnswer whose tree stays as it is stored, without its last field: the instant it is evaluated at."""

    tree: Raw
    previous_period: str
    nodes: dict[str, TrendView]
    kpis: dict[str, KpiLabels]
    stale_share: str | None
    as_of_position: int


@dataclass(frozen=True, slots=True)
class ScoreAnswers:
    """One per process."""

    database: Database
    logs: LogFactory
    definitions: DefinitionsCache
    kept: KeptAnswers

    def answer(self, asked: Asked, as_of: datetime) -> Finished:
        """As far as the scores have come. Raises NotFound `scorecard-unknown`, `version-unknown`."""
        now = standing(self.database, asked.tenant)
        found = self.kept.find(asked, now, as_of)
        if found is None:
            found = self._stored(asked, now, as_of) or self._computed(asked, now, as_of)
            if found.standing == now:
                self.kept.keep(found)
        return found

    def _stored(self, asked: Asked, now: Standing, as_of: datetime) -> Finished | None:
        """From stored trees, if that is exact."""
        if asked.version != "in_force":
            return None
        definitions = self.definitions.kept(asked.tenant, now.definition_position)
        if definitions is None:
            definitions = self._read_definitions(asked.tenant, now)
        content = self._put_together(asked, now, definitions, as_of)
        return None if content is None else Finished(asked, now, Day.of(definitions.calendar, as_of), content)

    def _read_definitions(self, tenant: UUID, now: Standing) -> Definitions:
        with self.database.transaction(tenant) as connection:
            return self.definitions.at(self.logs.bind(connection, tenant), now.position)

    def _put_together(self, asked: Asked, now: Standing, definitions: Definitions, as_of: datetime) -> bytes | None:
        calendar = definitions.calendar
        previous = calendar.previous(asked.period)
        kpis = usage(definitions).below.get(asked.scorecard, NO_KPIS)
        stored, latest = self.database.ask(
            asked.tenant,
            stored_question(
                asked.tenant, now.scores_generation, asked.scorecard, (asked.period, previous), now.position
            ),
            latest_question(asked.tenant, now.readings_generation, kpis, now.position),
        )
        trees = exact(stored, lambda period: calendar.ended(period, as_of))
        if len(trees) < 2:
            return None
        tree, before = trees[asked.period], trees[previous]
        found = labels(definitions, as_of, outline(tree), outline(before), latest_of(latest))
        answer = UnopenedAnswer(Raw(tree), previous.text, found.nodes, found.kpis, found.stale_share, now.position)
        return msgspec.json.encode(answer).removesuffix(b"}") + INSTANT_FIELD

    def _computed(self, asked: Asked, now: Standing, as_of: datetime) -> Finished:
        """In a transaction of its own, at the same position."""
        with self.database.transaction(asked.tenant) as connection:
            log = self.logs.bind(connection, asked.tenant)
            reader = Reader(connection, asked.tenant, log, self.definitions, as_of, now.position)
            answer = current_tree(reader, asked.scorecard, asked.period, asked.version)
            day = Day.of(reader.calendar, as_of)
        content, field, _ = msgspec.json.encode(answer).rpartition(INSTANT_FIELD)
        return Finished(asked, replace(now, position=answer.as_of_position), day, content + field)
