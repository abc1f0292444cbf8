"""The values that a measurement meets: read set-wise under the head lock, then moved on by each one decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection

from domain.calendar import Period
from domain.measurement.commands import MeasurementCommand, RetractMeasurement
from domain.measurement.events import (
    NOT_APPLICABLE,
    MeasurementEvent,
    MeasurementRetracted,
    ValueDeclaredNotApplicable,
    ValueKnown,
)
from domain.values import KpiId, Source
from infra.database import exchange
from infra.round_trip import Reply, RoundTrip
from projections import catalog
from projections.catalog import ExternalKey, Key


@dataclass(frozen=True, slots=True)
class Expected:
    """What commands will meet, asked for in a round trip."""

    keys: Sequence[Key]
    values: Reply | None
    external_keys: Sequence[ExternalKey]
    external: Reply | None


def expecting(trip: RoundTrip, tenant: UUID, commands: Sequence[MeasurementCommand]) -> Expected:
    """Ask in the trip for what these commands will meet, in two questions at the most whatever their number."""
    keys = list(dict.fromkeys(map(_key, commands)))
    external = list(dict.fromkeys(name for each in commands if (name := _external_key(each)) is not None))
    return Expected(
        keys,
        trip.ask(catalog.asking_values(tenant, keys)) if keys else None,
        external,
        trip.ask(catalog.asking_external(tenant, external)) if external else None,
    )


class ValuesInForce:
    """What the catalog says at the locked head, with what this transaction decided on top of it.

    `expected` was asked for under the lock; what was not is asked for when it is needed.
    """

    def __init__(self, connection: Connection, tenant: UUID, expected: Expected | None = None) -> None:
        self._connection = connection
        self._tenant = tenant
        self._values: dict[Key, ValueKnown | None] = {}
        self._external: dict[ExternalKey, ValueKnown | None] = {}
        self._decided: set[Key] = set()
        self._periods: dict[tuple[KpiId, ...], frozenset[Period]] = {}
        if expected is not None:
            self._learn(expected)

    def prepare(self, commands: Sequence[MeasurementCommand]) -> None:
        """Read what these commands will meet at once; what is known here stays."""
        trip = RoundTrip()
        expected = expecting(trip, self._tenant, commands)
        exchange(self._connection, trip)
        self._learn(expected)

    def _learn(self, expected: Expected) -> None:
        values = catalog.values_of(expected.values) if expected.values else {}
        external = catalog.external_of(expected.external) if expected.external else {}
        self._values = {**dict.fromkeys(expected.keys), **values, **self._values}
        self._external = {**dict.fromkeys(expected.external_keys), **external, **self._external}

    def in_force(self, command: MeasurementCommand) -> ValueKnown | None:
        """The value in force where the command wants to measure."""
        if _key(command) not in self._values:
            self.prepare([command])
        return self._values[_key(command)]

    def external(self, command: MeasurementCommand) -> ValueKnown | None:
        """What was ever stored under the command's external id."""
        key = _external_key(command)
        if key is None:
            return None
        if key not in self._external:
            self.prepare([command])
        return self._external[key]

    def take(self, event: MeasurementEvent, position: int) -> None:
        """Take a decided event into account."""
        key = event.kpi, event.period, event.source
        self._decided.add(key)
        if isinstance(event, MeasurementRetracted):
            self._values[key] = None
            return
        reading = NOT_APPLICABLE if isinstance(event, ValueDeclaredNotApplicable) else event.reading
        known = ValueKnown(*key, reading, position)
        self._values[key] = known
        if event.external_id is not None:
            self._external[event.source, event.external_id] = known

    def periods_of(self, kpis: Sequence[KpiId]) -> frozenset[Period]:
        """The periods in which any of these KPIs has a value in force."""
        wanted = tuple(kpis)
        if wanted not in self._periods:
            found = catalog.measured_periods(self._connection, self._tenant, wanted) if wanted else frozenset()
            self._periods[wanted] = found
        return self._periods[wanted] | self._decided_periods(frozenset(wanted))

    def all_periods(self) -> frozenset[Period]:
        """The periods in which any KPI has a value in force."""
        return catalog.all_measured_periods(self._connection, self._tenant) | self._decided_periods(None)

    def _decided_periods(self, kpis: frozenset[KpiId] | None) -> frozenset[Period]:
        """Of the values decided here; one that was retracted here as well counts as if it stood."""
        return frozenset(period for kpi, period, _ in self._decided if kpis is None or kpi in kpis)


def _key(command: MeasurementCommand) -> Key:
    return command.kpi, command.period, command.source


def _external_key(command: MeasurementCommand) -> ExternalKey | None:
    """An id with the one character that PostgreSQL cannot hold is not looked up: the rules refuse it by name."""
    if isinstance(command, RetractMeasurement) or command.external_id is None or "\0" in command.external_id:
        return None
    return Source(command.source), command.external_id
