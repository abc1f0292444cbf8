"""Given events, then rows: an organization with a log of events made by hand, and the projections over it."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import get_args
from uuid import UUID

from domain import streams
from domain.calendar import Period, PeriodKind
from domain.kpi.events import Aggregation, Definition, Direction, Kind, KpiDefined, KpiEvent, ScaleSet
from domain.kpi.scale import Anchor, Point, Scale
from domain.measurement.events import (
    MeasurementCorrected,
    MeasurementEvent,
    MeasurementRecorded,
    MeasurementRetracted,
    Reading,
    ValueDeclaredNotApplicable,
)
from domain.scorecard.events import (
    KpiPlaced,
    NewPerspective,
    ObjectiveAdded,
    ScorecardCreated,
    ScorecardEvent,
    VersionPublished,
)
from domain.values import MANUAL, FreeText, KpiId, NodeId, ScorecardId, Source
from infra.database import Database, exchange
from infra.eventstore.codec import Codec, EventType
from infra.eventstore.log import LogFactory, Metadata, NewEvent, Recorded
from infra.eventstore.sealing import Sealer
from infra.round_trip import RoundTrip
from projections.catalog import CATALOG
from projections.definitions_cache import DefinitionsCache
from projections.inline import catch_up_inline, standing
from projections.projection import Projection, Store
from projections.readings import READINGS
from projections.runner import Outcome, catch_up
from projections.scores import PAIRS_PER_TRANSACTION_MAX, scores
from tenants.organization.events import OrganizationEvent, OrganizationFounded
from tests.support.database import founded

WHO = Metadata(actor="01900000-0000-7000-8000-000000000001", command_id="test")
BEGINNING = date(2020, 1, 1)

_CLASSES: tuple[type, ...] = tuple(
    cls for union in (KpiEvent, ScorecardEvent, MeasurementEvent, OrganizationEvent) for cls in get_args(union)
)
CODEC = Codec(
    [EventType(re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower(), 1, cls) for cls in _CLASSES],
    {Period: (str, Period.parse)},
    [FreeText],
)
LOGS = LogFactory(CODEC, Sealer(b"k" * 32))


@dataclass
class World:
    """One organization: `append` puts events into its log as a command would, inline projections included."""

    database: Database
    tenant: UUID
    definitions: DefinitionsCache
    projections: Sequence[Projection]
    _versions: Counter[str] = field(default_factory=Counter)

    @classmethod
    def new(cls, database: Database) -> "World":
        """A new organization, not founded yet, with every projection."""
        return cls.of(database, founded(database))

    @classmethod
    def of(cls, database: Database, tenant: UUID, pairs_max: int = PAIRS_PER_TRANSACTION_MAX) -> "World":
        """An existing organization, as a process sees it that has just started."""
        cache = DefinitionsCache()
        return cls(database, tenant, cache, (CATALOG, READINGS, scores(cache, pairs_max)))

    @property
    def store(self) -> Store:
        return Store(self.database, LOGS)

    def append(self, *events: object) -> tuple[Recorded, ...]:
        """In one transaction."""
        with self.database.transaction(self.tenant) as connection:
            log = LOGS.bind(connection, self.tenant)
            log.lock_head()
            trip = RoundTrip()
            stood = trip.ask(standing(self.tenant, self.projections))
            exchange(connection, trip)
            writing = RoundTrip()
            recorded = log.append([self._placed(event) for event in events], WHO, writing)
            catch_up_inline(connection, writing, log, self.tenant, self.projections, stood, recorded)
            exchange(connection, writing)
        return recorded

    def catch_up(self, *, events_max: int = 500) -> list[Outcome]:
        """Every background projection to the head."""
        background = [each for each in self.projections if not each.inline]
        return [catch_up(self.store, self.tenant, each, events_max=events_max) for each in background]

    def projection(self, name: str) -> Projection:
        return next(each for each in self.projections if each.name == name)

    def _placed(self, event: object) -> NewEvent:
        stream = stream_of(event)
        if isinstance(event, MeasurementEvent):
            return NewEvent(stream, event, None)
        self._versions[stream] += 1
        return NewEvent(stream, event, self._versions[stream])


def stream_of(event: object) -> str:
    if isinstance(event, MeasurementEvent):
        return streams.measurement_stream(event.kpi)
    if isinstance(event, KpiEvent):
        return streams.kpi_stream(event.kpi)
    if isinstance(event, ScorecardEvent):
        return streams.scorecard_stream(event.scorecard)
    return streams.ORGANIZATION


FOUNDED = OrganizationFounded("acme", "Acme")


def defined(kpi: str, frequency: PeriodKind = PeriodKind.MONTH, *, since: date = BEGINNING) -> KpiDefined:
    definition = Definition(
        name=f"KPI {kpi}",
        unit="",
        kind=Kind.STOCK,
        direction=Direction.HIGHER,
        frequency=frequency,
        aggregation=Aggregation.MEAN,
    )
    return KpiDefined(KpiId(kpi), definition, since)


def scaled(kpi: str, top: int = 100, *, since: date = BEGINNING) -> ScaleSet:
    """0 scores 0, `top` scores 100."""
    anchors = (Anchor(Point(), Decimal(0)), Anchor(Point(fixed=Decimal(top)), Decimal(100)))
    return ScaleSet(KpiId(kpi), Scale("anchors", anchors), since)


def recorded(
    kpi: str, period: str, value: object, source: Source = MANUAL, external_id: str | None = None
) -> MeasurementRecorded:
    reading = Reading(Decimal(str(value)))
    return MeasurementRecorded(KpiId(kpi), Period.parse(period), source, reading, external_id=external_id)


def corrected(kpi: str, period: str, value: object, replaces: int, source: Source = MANUAL) -> MeasurementCorrected:
    reading = Reading(Decimal(str(value)))
    return MeasurementCorrected(KpiId(kpi), Period.parse(period), source, reading, replaces, FreeText("wrong"))


def retracted(kpi: str, period: str, replaces: int, source: Source = MANUAL) -> MeasurementRetracted:
    return MeasurementRetracted(KpiId(kpi), Period.parse(period), source, replaces, FreeText("wrong"))


def not_applicable(kpi: str, period: str, source: Source = MANUAL) -> ValueDeclaredNotApplicable:
    return ValueDeclaredNotApplicable(KpiId(kpi), Period.parse(period), source)


def card(scorecard: str, *kpis: tuple[str, int], since: date = BEGINNING) -> tuple[ScorecardEvent, ...]:
    """A scorecard with one perspective and objective, the KPIs with their weights below it, published."""
    code = ScorecardId(scorecard)
    return (
        ScorecardCreated(code, f"Scorecard {scorecard}", (NewPerspective(NodeId("p"), "Perspective"),)),
        ObjectiveAdded(code, NodeId("o"), NodeId("p"), "Objective", Decimal(1), 0),
        *(KpiPlaced(code, NodeId("o"), KpiId(kpi), Decimal(weight)) for kpi, weight in kpis),
        VersionPublished(code, 1, since),
    )
