"""A connection that gives a silent server up: one that accepts what is sent and answers nothing holds nobody for ever.

The limits of a statement are the server's own and end nothing once it has stopped. TCP notices a machine that is gone,
but not a process that stands still while its kernel acknowledges every packet.
"""

import time

import psycopg
from psycopg.abc import RV, PQGen
from psycopg.rows import TupleRow

ANSWER_SECONDS_MAX = 40.0
"""For the answer to what was sent at once: twice what the server itself allows a statement, and some more."""
LOOK_SECONDS = 0.1
"""How often a wait looks up, so that Ctrl-C is heard: as the driver has it."""


class PatientConnection(psycopg.Connection[TupleRow]):
    """Every conversation of the driver comes through `wait`, also COMMIT and pipelines."""

    def wait(self, gen: PQGen[RV], interval: float = LOOK_SECONDS, timeout: float | None = None) -> RV:
        """As the driver's own, which waits for ever without a `timeout`. Raises OperationalError and is closed then."""
        limit = ANSWER_SECONDS_MAX if timeout is None else timeout
        deadline = time.monotonic() + limit
        try:
            return super().wait(gen, interval, limit)
        except psycopg.OperationalError:
            if timeout is None and time.monotonic() >= deadline:
                # In the middle of a conversation: whatever comes next would be taken for another answer.
                self.pgconn.finish()
            raise
