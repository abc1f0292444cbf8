"""Read your writes: wait a moment until a projection has reached the position a command answered with."""

import time
from uuid import UUID

from infra.database import Database
from projections import progress

SECONDS_MAX = 2.0
FIRST_PAUSE_SECONDS = 0.005
PAUSE_SECONDS_MAX = 0.05


def wait_for(
    database: Database, tenant: UUID, projection: str, position: int, seconds: float = SECONDS_MAX
) -> int | None:
    """Wait until the live generation has reached the position; how far it is now, None if it has not started.

    One that is parked is not waited for. Whoever gets less than they asked for says that they are behind. Each look is
    a transaction of its own, so that no connection is held while waiting.
    """
    deadline, pause = time.monotonic() + seconds, FIRST_PAUSE_SECONDS
    while True:
        with database.transaction(tenant) as connection:
            live = progress.live(connection, tenant, [projection]).get(projection)
        reached = None if live is None else live.position
        parked = live is not None and live.status == progress.PARKED
        if (reached or 0) >= position or parked or time.monotonic() + pause > deadline:
            return reached
        time.sleep(pause)
        pause = min(pause * 2, PAUSE_SECONDS_MAX)
