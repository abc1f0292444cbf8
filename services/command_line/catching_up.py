"""Bring an organization's projections up to its log from here, by the call the worker makes; safe beside a worker."""

import time
from uuid import UUID

from projections.runner import Outcome, catch_up
from services.app import App
from services.command_line.statuses import Status, Stopped

SECONDS_MAX = 60.0
BUSY_PAUSE_SECONDS = 0.02


def bring_up(app: App, organization: UUID) -> None:
    """Every background projection at the head, or parked before an event it cannot apply. Raises Stopped."""
    deadline = time.monotonic() + SECONDS_MAX
    for projection in (each for each in app.projections if not each.inline):
        # A worker that holds the lease is at the same work: ask again until it is done.
        while catch_up(app.store, organization, projection) is Outcome.BUSY:
            if time.monotonic() > deadline:
                raise Stopped(
                    Status.UNAVAILABLE,
                    f"projection {projection.name} is still busy after {SECONDS_MAX:g} s: see `steelyard doctor`",
                )
            time.sleep(BUSY_PAUSE_SECONDS)
