"""`steelyard` as a process with one promise broken, for the negative controls of the drills.

python -m tests.support.faults.service VARIANT serve|run ...
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from itertools import count

import redis
from msgspec import json
from sqlalchemy.exc import DBAPIError

from domain.measurement.commands import MeasurementCommand
from infra import clock
from infra.broker import Waker
from infra.database_errors import Unavailable, classify
from services import app as execution
from services.bundle import App
from services.cli import main
from services.commands import Answer, CommandKey, WrittenView
from services.transaction import Alongside, Work, transact
from tenants.access import Actor

NOWHERE = 1_000_000_000
"""Positions from here on are nobody's."""

_positions = count(NOWHERE)


def insistent() -> None:
    """The wake-up is part of the command: whoever cannot send it fails."""

    def fail(self: Waker, error: redis.RedisError) -> None:
        raise error

    Waker._failed = fail  # type: ignore[method-assign]  # that is the variant


def boastful() -> None:
    """What the database refuses is answered as recorded."""
    execution.transact = _boastful  # type: ignore[attr-defined,assignment]  # replaced where it is used


def _boastful(
    app: App,
    actor: Actor,
    key: CommandKey,
    work: Work,
    *,
    meeting: Sequence[MeasurementCommand] = (),
    alongside: Alongside | None = None,
) -> Answer:
    try:
        return transact(app, actor, key, work, meeting=meeting, alongside=alongside)
    except (DBAPIError, Unavailable) as error:
        if not isinstance(classify(error), Unavailable):
            raise
    position = next(_positions)
    return Answer(json.encode(WrittenView("recorded", position, clock.now(), [])), position, replayed=False)


VARIANTS: Mapping[str, Callable[[], None]] = {"insistent": insistent, "boastful": boastful}

if __name__ == "__main__":
    VARIANTS[sys.argv.pop(1)]()
    main()
