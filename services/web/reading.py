"""How a page reads: one transaction, everything as of one position (projections.reader), labels as of now."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from domain.calendar import Calendar, Period
from domain.errors import Invalid
from domain.kpi.state import Kpi
from domain.policy import Band
from domain.scorecard.state import Scorecard
from domain.scoring.inputs import VersionChoice
from domain.scoring.setting import policy_in_force
from domain.values import ROOT, KpiId, ScorecardId
from infra import clock
from projections import readings
from projections.answers import HistoryPoint, NodePoint
from projections.history import history
from projections.reader import Reader
from projections.usage import NO_KPIS, usage
from projections.views import ScoreView
from services.bundle import App
from services.commands import Forbidden
from services.web.seen import Place, Reached
from tenants.access import Actor, Permission, may

VERSION_DIGITS_MAX = 6


@dataclass
class Reading:
    """One organization, with what pages ask of it besides scores."""

    reader: Reader

    @property
    def calendar(self) -> Calendar:
        return self.reader.calendar

    @property
    def today(self) -> date:
        return self.calendar.day_of(self.reader.as_of)

    @cached_property
    def scorecards(self) -> Sequence[Scorecard]:
        """Every scorecard, the present ones first, by name."""
        made = (card for card in self.reader.definitions.scorecards.values() if card.created)
        return sorted(made, key=lambda card: (self.archived(card), card.draft.root.name, card.id))

    def archived(self, card: Scorecard) -> bool:
        return card.archived_after is not None and card.archived_after < self.today

    def place(self, code: str) -> Place:
        """The organization by code and name."""
        folded = self.reader.cache.folded_at(self.reader.log, self.reader.position)
        return Place(code, folded.organization.name or code)

    def kpis_below(self, scorecard: ScorecardId) -> Mapping[KpiId, Kpi]:
        """The KPIs that can change a scorecard, in any of its versions."""
        kpis = self.reader.definitions.kpis
        return {kpi: kpis[kpi] for kpi in sorted(self._below.get(scorecard, NO_KPIS)) if kpi in kpis}

    def valued(self, kpis: Iterable[KpiId]) -> frozenset[Period]:
        """The collection periods in which one of these KPIs had a value."""
        read = self.reader
        return readings.periods_with_values(read.connection, read.tenant, read.readings_generation, kpis, read.position)

    def bands(self, period: Period) -> Sequence[Band]:
        """The bands of the policy in force for the period."""
        return policy_in_force(self.reader.definitions, self.calendar.last_day(period)).policy.bands

    def totals(
        self, scorecard: ScorecardId, first: Period, last: Period, version: VersionChoice = "in_force"
    ) -> list[Reached]:
        """The scorecard's own score from one period to another of the same kind. Raises NotFound."""
        found = history(self.reader, scorecard, first.kind, first, last, version, node=ROOT)
        return [_total(point) for point in found.points]

    @cached_property
    def _below(self) -> Mapping[ScorecardId, frozenset[KpiId]]:
        return usage(self.reader.definitions).below


@contextmanager
def reading(app: App, actor: Actor) -> Iterator[Reading]:
    """The actor's organization. Raises Forbidden and what the database raises."""
    if not may(actor, Permission.READ):
        raise Forbidden(Permission.READ)
    with app.database.transaction(actor.tenant) as connection:
        log = app.logs.bind(connection, actor.tenant)
        yield Reading(Reader(connection, actor.tenant, log, app.definitions, clock.now()))


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


def reached(period: Period, score: ScoreView | NodePoint, version: int | None, partial: bool) -> Reached:
    """One score of a series."""
    return Reached(
        period, score.state, score.raw_score, score.shown, score.band, score.coverage, version, partial=partial
    )


def nothing(period: Period, version: int | None) -> Reached:
    """A period without what the series is about."""
    return Reached(period, "not_applicable", None, None, None, None, version)


def _total(point: HistoryPoint) -> Reached:
    period = Period.parse(point.period)
    if not point.nodes:
        return nothing(period, point.version)
    return reached(period, point.nodes[0], point.version, point.partial)
