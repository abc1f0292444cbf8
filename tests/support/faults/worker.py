"""The worker as a process: as it is, or with one promise broken, for the negative controls of the drills.

python -m tests.support.faults.worker VARIANT
"""

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from uuid import UUID

from domain.measurement.events import MeasurementRecorded
from infra import settings as all_settings
from projections import progress, runner
from projections.projection import Batch, Projection, Store
from projections.runner import Outcome
from services import logs
from services.bundle import App
from services.starting import built
from services.worker import process
from services.worker.process import work_until_signal

PAUSE_SECONDS = 1.0
"""Between the two transactions, so that a kill finds the gap."""
POISON = "poison"
WHOLE = "whole"


def progress_first(store: Store, tenant: UUID, projection: Projection, generation: int, events_max: int) -> Outcome:
    """The position in a transaction of its own, before the rows: what is killed between them is lost."""
    with store.database.transaction(tenant) as connection:
        leased = progress.lease(connection, tenant, projection.name, generation)
        if leased is None:
            return Outcome.BUSY
        until = _until(store, tenant, projection)
        if until <= leased.position:
            return Outcome.CURRENT
        reached = min(leased.position + events_max, until)
        progress.move(connection, tenant, projection.name, generation, leased.position, reached)
    time.sleep(PAUSE_SECONDS)
    _apply(store, tenant, projection, generation, leased.position, reached)
    return Outcome.BEHIND


def progress_last(store: Store, tenant: UUID, projection: Projection, generation: int, events_max: int) -> Outcome:
    """The position in a transaction of its own, after the rows: what is killed between them is done twice."""
    with store.database.transaction(tenant) as connection:
        leased = progress.lease(connection, tenant, projection.name, generation)
        if leased is None:
            return Outcome.BUSY
        until = _until(store, tenant, projection)
        if until <= leased.position:
            return Outcome.CURRENT
        reached = min(leased.position + events_max, until)
        _apply(store, tenant, projection, generation, leased.position, reached)
        time.sleep(PAUSE_SECONDS)
        progress.move(connection, tenant, projection.name, generation, leased.position, reached)
    return Outcome.BEHIND


def _until(store: Store, tenant: UUID, projection: Projection) -> int:
    with store.database.transaction(tenant) as connection:
        return runner._bounds(connection, tenant, store.logs.bind(connection, tenant), projection).until


def _apply(store: Store, tenant: UUID, projection: Projection, generation: int, start: int, reached: int) -> None:
    with store.database.transaction(tenant) as connection:
        log = store.logs.bind(connection, tenant)
        sources = runner._bounds(connection, tenant, log, projection).sources
        batch = Batch(connection, tenant, generation, start + 1, reached, log, sources)
        while projection.apply(batch) is False:
            pass


def choking(projection: Projection) -> Projection:
    """It cannot apply a value of the KPI `poison`, as if the program had a defect."""

    def choke(batch: Batch) -> bool | None:
        for each in batch.events:
            if isinstance(each.event, MeasurementRecorded) and each.event.kpi == POISON:
                raise ValueError("cannot be applied")
        return projection.apply(batch)

    return replace(projection, apply=choke) if projection.name == "readings" else projection


def skipping(projection: Projection) -> Projection:
    """It leaves out what it cannot apply and goes on."""
    choked = choking(projection)

    def skip(batch: Batch) -> bool | None:
        try:
            return choked.apply(batch)
        except ValueError:
            for each in batch.events:
                if getattr(each.event, "kpi", None) != POISON:
                    projection.apply(replace(batch, first=each.position, last=each.position))
            return None

    return replace(projection, apply=skip)


def _patched(one_batch: Callable[..., Outcome]) -> Callable[[App], App]:
    def patch(app: App) -> App:
        runner._one_batch = one_batch
        return app

    return patch


def each_projection(change: Callable[[Projection], Projection]) -> Callable[[App], App]:
    """The program with every projection changed so."""
    return lambda app: replace(app, projections=tuple(change(each) for each in app.projections))


def hints_only(app: App) -> App:
    """Nobody looks for news that no wake-up told of."""
    process.sweep_until = lambda _app, stop, _desk: stop.wait()  # type: ignore[attr-defined,assignment]  # where it is used
    return app


VARIANTS: Mapping[str, Callable[[App], App]] = {
    WHOLE: lambda app: app,
    "progress-first": _patched(progress_first),
    "progress-last": _patched(progress_last),
    "choking": each_projection(choking),
    "skipping": each_projection(skipping),
    "hints-only": hints_only,
}

if __name__ == "__main__":
    settings = all_settings.load()
    logs.configure(settings.log_level)
    with built(settings) as app:
        work_until_signal(VARIANTS[sys.argv[1]](app))
