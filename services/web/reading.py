"""Reads what a page shows: one transaction, everything as of one position, states as of now.

The position is how far the readings have come: definitions and values are both taken there.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from uuid import UUID

from sqlalchemy import Connection

from domain import streams
from domain.calendar import Calendar, Period
from domain.errors import Invalid, NotFound
from domain.kpi.state import Kpi, definition_for
from domain.policy import Band
from domain.scorecard.state import Scorecard
from domain.scoring.freshness import FreshnessState, first_period, freshness
from domain.scoring.inputs import Cell, Definitions, VersionChoice
from domain.scoring.score import needed, score
from domain.scoring.setting import policy_in_force
from domain.scoring.tree import ScoreTree
from domain.values import KpiId, ScorecardId
from infra import clock
from infra.eventstore.log import Log
from projections import progress, readings
from projections.usage import NO_KPIS, usage
from services.bundle import App
from services.commands import Forbidden
from services.web.seen import Place
from tenants.access import Actor, Permission, may
from tenants.organization.decide import ORGANIZATION
from tenants.organization.events import OrganizationEvent

VERSION_DIGITS_MAX = 6


@dataclass
class Reading:
    """One organization as of one position, within one transaction."""

    connection: Connection
    tenant: UUID
    log: Log
    generation: int
    position: int
    definitions: Definitions
    as_of: datetime

    @property
    def calendar(self) -> Calendar:
        return self.definitions.calendar

    @property
    def today(self) -> date:
        return self.calendar.day_of(self.as_of)

    @cached_property
    def scorecards(self) -> Sequence[Scorecard]:
        """Every scorecard, the present ones first, by name."""
        made = (card for card in self.definitions.scorecards.values() if card.created)
        return sorted(made, key=lambda card: (self.archived(card), card.draft.root.name, card.id))

    def archived(self, card: Scorecard) -> bool:
        return card.archived_after is not None and card.archived_after < self.today

    def scorecard(self, code: str) -> Scorecard:
        """Raises NotFound."""
        found = self.definitions.scorecards.get(ScorecardId(code))
        if found is None or not found.created:
            raise NotFound("scorecard-unknown", "There is no scorecard of that code")
        return found

    def place(self, code: str) -> Place:
        """The organization by code and name."""
        state = ORGANIZATION.initial("")
        for recorded in self.log.load(streams.ORGANIZATION, until=self.position):
            assert isinstance(recorded.event, OrganizationEvent), "the stream holds no other events"
            state = ORGANIZATION.evolve(state, recorded.event, recorded.position)
        return Place(code, state.name or code)

    def kpis_below(self, scorecard: ScorecardId) -> Mapping[KpiId, Kpi]:
        """The KPIs that can change a scorecard, in any of its versions."""
        below = self._below.get(scorecard, NO_KPIS)
        return {kpi: self.definitions.kpis[kpi] for kpi in sorted(below) if kpi in self.definitions.kpis}

    def valued(self, kpis: Iterable[KpiId]) -> frozenset[Period]:
        """The collection periods in which one of these KPIs had a value."""
        return readings.periods_with_values(self.connection, self.tenant, self.generation, kpis, self.position)

    def trees(
        self, scorecard: ScorecardId, periods: Sequence[Period], version: VersionChoice
    ) -> dict[Period, ScoreTree]:
        """The scores of a scorecard in several periods, from one read of values. Raises NotFound `version-unknown`."""
        cells: set[Cell] = set()
        for period in periods:
            cells |= needed(self.definitions, scorecard, period, version)
        values = readings.values_as_of(self.connection, self.tenant, self.generation, cells, self.position)
        return {period: score(self.definitions, values, scorecard, period, self.as_of, version) for period in periods}

    def bands(self, period: Period) -> Sequence[Band]:
        """The bands of the policy in force for the period."""
        return policy_in_force(self.definitions, self.calendar.last_day(period)).policy.bands

    def freshness(self, kpis: Mapping[KpiId, Kpi]) -> dict[KpiId, FreshnessState]:
        """How stale each KPI is now."""
        latest = readings.latest_periods(self.connection, self.tenant, self.generation, kpis, self.position)
        states = ((code, self._freshness(kpi, latest.get(code))) for code, kpi in kpis.items())
        return {code: state for code, state in states if state is not None}

    def _freshness(self, kpi: Kpi, latest: Period | None) -> FreshnessState | None:
        known, first = definition_for(kpi, self.today), first_period(kpi, self.calendar)
        if known is None or first is None:
            return None
        policy = policy_in_force(self.definitions, self.today).policy
        found = freshness(known.definition, self.calendar, policy, first, latest, self.as_of, kpi.retired_after)
        return found.state

    @cached_property
    def _below(self) -> Mapping[ScorecardId, frozenset[KpiId]]:
        return usage(self.definitions).below


@contextmanager
def reading(app: App, actor: Actor) -> Iterator[Reading]:
    """The actor's organization. Raises Forbidden and what the database raises."""
    if not may(actor, Permission.READ):
        raise Forbidden(Permission.READ)
    with app.database.transaction(actor.tenant) as connection:
        log = app.logs.bind(connection, actor.tenant)
        live = progress.live(connection, actor.tenant, [readings.NAME]).get(readings.NAME)
        generation, position = (live.generation, live.position) if live else (progress.FIRST_GENERATION, 0)
        definitions = app.definitions.at(log, position)
        yield Reading(connection, actor.tenant, log, generation, position, definitions, clock.now())


def version_choice(text: str) -> VersionChoice:
    """From the address. Raises Invalid."""
    match text:
        case "" | "in_force":
            return "in_force"
        case "draft":
            return "draft"
        case _ if text.isascii() and text.isdecimal() and len(text) <= VERSION_DIGITS_MAX:
            return int(text)
        case _:
            raise Invalid("version-invalid", "/version must be in_force, draft or a number", "/version")
