"""Our two ways in: the log alone, as the transaction of a command uses it, and whole commands.

`log`      row-level security, idempotency key claimed and settled, head locked, leaf, metadata
`command`  the same and what a caller gets: definitions, rules, values in force, inline projections, answer, wake-up
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from uuid import UUID

from bench.append.raw import STREAM, Pick
from bench.measure import Step
from bench.organizations import Values, owner
from domain.measurement.commands import RecordMeasurement
from domain.measurement.events import MeasurementRecorded, Reading
from infra import clock
from infra.database import exchange
from infra.eventstore import idempotency
from infra.eventstore.idempotency import Claimed
from infra.eventstore.log import Metadata, NewEvent, locking_head
from infra.round_trip import RoundTrip
from services.app import execute
from services.batch import batch_view, record_batch
from services.bundle import App
from services.commands import CommandKey

PRINCIPAL = "bench"
FINGERPRINT = bytes(32)
ANSWER = b'{"outcome":"recorded"}'

Supply = Mapping[UUID, Values]


@contextmanager
def log(app: App, pick: Pick, batch: int, values: Values) -> Iterator[Step]:
    """Events into the log of organizations that have nothing but a log."""
    events = [NewEvent(STREAM, _event(values.take()), None) for _ in range(batch)]

    def step() -> int:
        tenant, key = pick(), f"made-{clock.new_id()}"
        named = tenant, PRINCIPAL, key
        opening, writing = RoundTrip(), RoundTrip()
        claiming = opening.ask(idempotency.claiming(*named, FINGERPRINT))
        locking = opening.ask(locking_head(tenant))
        with app.database.transaction(tenant, opening=opening) as connection:
            assert isinstance(idempotency.claimed(connection, claiming, *named, FINGERPRINT), Claimed)
            log = app.logs.bind(connection, tenant)
            log.take_head(locking)
            recorded = log.append(events, Metadata(PRINCIPAL, key, role="owner"), writing)
            writing.ask(idempotency.settling(*named, ANSWER, recorded[0].position, recorded[-1].position))
            exchange(connection, writing)
        return batch

    yield step


def _event(command: RecordMeasurement) -> MeasurementRecorded:
    assert command.entry.value is not None
    assert not isinstance(command.entry.value, str)
    return MeasurementRecorded(command.kpi, command.period, command.source, Reading(command.entry.value))


@contextmanager
def command(app: App, pick: Pick, batch: int, supply: Supply) -> Iterator[Step]:
    """RecordMeasurement as the API sends it: alone, or in a batch with an outcome for every row."""

    def one() -> int:
        tenant = pick()
        execute(app, owner(tenant), [supply[tenant].take()], CommandKey.made())
        return 1

    def many() -> int:
        tenant = pick()
        rows = [supply[tenant].take() for _ in range(batch)]
        answer = record_batch(app, owner(tenant), rows, CommandKey.made())
        assert batch_view(answer).recorded == batch
        return batch

    yield one if batch == 1 else many


def round_robin(tenants: Sequence[UUID]) -> Callable[[int, int], Pick]:
    """Each of so many threads goes through a share of its own; with fewer organizations they meet."""

    def of(thread: int, threads: int) -> Pick:
        share = tenants[thread::threads] or tenants
        turn = iter(range(10**12))
        return lambda: share[next(turn) % len(share)]

    return of
