"""What must be true once all is quiet: the live rows equal a rebuild byte for byte and the diaries value by value."""

import time
from collections.abc import Iterable, Iterator
from decimal import Decimal
from uuid import UUID

from infra.eventstore.verify import LogAltered, verify_log
from projections import progress
from projections.projection import Projection
from projections.readings import READINGS
from projections.rebuild import NotComparable, drop, equal, rebuild
from projections.runner import Outcome, catch_up
from services.app import App
from tests.support.faults.company import Company, Step

POLL_SECONDS = 0.05
PROJECTIONS = ("catalog", "readings", "scores")

_READINGS = (
    "SELECT from_position, kpi, period, kind, value, replaces FROM steelyard.reading"
    " WHERE tenant_id = %s AND generation = %s ORDER BY from_position"
)


def settled(app: App, companies: Iterable[Company], seconds: float) -> bool:
    """Wait until every projection of these organizations stands at the head of its log."""
    deadline = time.monotonic() + seconds
    waiting = list(companies)
    while waiting:
        waiting = [each for each in waiting if not at_head(app, each.organization)]
        if waiting and time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS if waiting else 0)
    return True


def at_head(app: App, organization: UUID) -> bool:
    """Whether nothing is behind or parked."""
    with app.database.transaction(organization) as connection:
        found = progress.live(connection, organization, PROJECTIONS)
        head = app.logs.bind(connection, organization).head().position
    return len(found) == len(PROJECTIONS) and all(
        each.position == head and each.status == progress.RUNNING for each in found.values()
    )


def position_of(app: App, organization: UUID, projection: str = READINGS.name) -> progress.Progress:
    """How far the live generation of a projection is."""
    with app.database.transaction(organization) as connection:
        return progress.live(connection, organization, [projection])[projection]


def wrongs(app: App, companies: Iterable[Company]) -> list[str]:
    """Everything that is not as it must be; empty if all is well."""
    return [f"{each.organization}: {wrong}" for each in companies for wrong in _wrongs(app, each)]


def _wrongs(app: App, company: Company) -> Iterator[str]:
    tenant = company.organization
    try:
        with app.database.transaction(tenant) as connection:
            verify_log(connection, tenant)
    except LogAltered as altered:
        yield str(altered)
    yield from _unlike_the_diary(app, company)
    for projection in app.projections:
        yield from _unlike_a_rebuild(app, tenant, projection)


def _unlike_the_diary(app: App, company: Company) -> Iterator[str]:
    tenant = company.organization
    generation = position_of(app, tenant).generation
    with app.database.transaction(tenant) as connection:
        rows = connection.exec_driver_sql(_READINGS, (tenant, generation)).all()
    found = [(row[0], *_shown(row.kpi, row.period, row.kind, row.value, row.replaces)) for row in rows]
    wanted = [(position, *_of(step)) for position, step in sorted(company.told.items())]
    if found != wanted:
        missing, extra = [*_without(wanted, found)], [*_without(found, wanted)]
        yield f"{len(missing)} acknowledged values are not there, first {missing[:1]}"
        yield f"{len(extra)} values are there that nobody was told of, first {extra[:1]}"


def _without(some: list[tuple[object, ...]], others: list[tuple[object, ...]]) -> Iterator[tuple[object, ...]]:
    known = set(others)
    return (each for each in some if each not in known)


def _of(step: Step) -> tuple[object, ...]:
    value = None if step.value is None else Decimal(step.value)
    return _shown(step.kpi, step.period, step.kind, value, step.replaces)


def _shown(kpi: str, period: str, kind: str, value: Decimal | None, replaces: int | None) -> tuple[object, ...]:
    return (kpi, period, kind, value, replaces)


def _unlike_a_rebuild(app: App, tenant: UUID, projection: Projection) -> Iterator[str]:
    live = position_of(app, tenant, projection.name)
    generation = rebuild(app.store, tenant, projection)
    while catch_up(app.store, tenant, projection, generation) is Outcome.BUSY:
        time.sleep(POLL_SECONDS)  # a worker beside us has taken a turn
    with app.database.transaction(tenant) as connection:
        try:
            if not equal(connection, tenant, projection, live.generation, generation):
                yield f"{projection.name} differs from its rebuild"
        except NotComparable:
            yield f"{projection.name} is {live.status} at {live.position} and its rebuild is not: {live.error}"
        drop(connection, tenant, projection, generation)
