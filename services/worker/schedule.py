"""Periodic jobs, each done by one process of all: whoever moves its due date in the database does it."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import Connection, text

from infra import clock
from infra.eventstore import idempotency
from projections.behind import NOBODY, tenants
from services.bundle import App
from tenants.credentials import purge_page_tokens

LOOK_SECONDS = 10.0
TENANTS_PAGE_MAX = 500

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """What is done, and how often."""

    every: timedelta
    run: Callable[[App, threading.Event], None]


def purge_keys(app: App, stop: threading.Event) -> None:
    """Forget idempotency keys past their retention, organization by organization; one's failure is its own."""
    after = NOBODY
    while not stop.is_set():
        with app.database.scheduler() as connection:
            page = tenants(connection, after, TENANTS_PAGE_MAX)
        for tenant in page:
            try:
                _purge_keys_of(app, tenant, stop)
            except Exception:  # an outermost loop too: over organizations
                log.exception("purge failed", organization=str(tenant))
        if len(page) < TENANTS_PAGE_MAX:
            return
        after = page[-1]


def _purge_keys_of(app: App, tenant: UUID, stop: threading.Event) -> None:
    """All that are old enough, in bounded transactions: whoever writes all the time makes more in an hour than one."""
    gone = idempotency.PURGE_ROWS_MAX
    while gone == idempotency.PURGE_ROWS_MAX and not stop.is_set():
        with app.database.transaction(tenant) as connection:
            gone = idempotency.purge(connection, tenant, clock.now())


def purge_tokens(app: App, stop: threading.Event) -> None:
    """Forget page tokens that were never used."""
    with app.database.directory() as connection:
        purge_page_tokens(connection, clock.now())


JOBS: Mapping[str, Job] = {
    "purge-keys": Job(timedelta(hours=1), purge_keys),
    "purge-page-tokens": Job(timedelta(days=1), purge_tokens),
}


def keep_schedule_until(app: App, stop: threading.Event, jobs: Mapping[str, Job] = JOBS) -> None:
    """Look for due jobs until stopped; a job that fails comes again when it is due again."""
    while not stop.is_set():
        for name, job in jobs.items():
            try:
                if due(app, name, job.every):
                    job.run(app, stop)
            except Exception:  # the outermost loop of this thread
                log.exception("job failed", job=name)
        stop.wait(LOOK_SECONDS)


def due(app: App, name: str, every: timedelta) -> bool:
    """Whether the job is due and ours: its row is moved on in the same transaction."""
    now = clock.now()
    with app.database.scheduler() as connection:
        return _claim(connection, name, now, now + every)


def _claim(connection: Connection, name: str, now: datetime, following: datetime) -> bool:
    connection.execute(
        text("INSERT INTO steelyard.schedule (name, due_at) VALUES (:name, :now) ON CONFLICT DO NOTHING"),
        {"name": name, "now": now},
    )
    moved = connection.execute(
        text("UPDATE steelyard.schedule SET due_at = :following WHERE name = :name AND due_at <= :now"),
        {"name": name, "now": now, "following": following},
    )
    return moved.rowcount == 1
