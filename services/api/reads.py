"""How every read begins: one transaction, the head of the log, and what is defined there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import Connection

from domain.kpi.state import Kpi
from domain.scorecard.state import Scorecard
from domain.scoring.inputs import Definitions
from domain.values import KpiId, ScorecardId
from infra.eventstore.log import Head, Log
from projections.definitions import Folded
from services.api.operation import Call
from services.api.problems import Problem
from services.bundle import App
from tenants.access import Actor

RETRY_SECONDS = "1"


@dataclass
class Reading:
    """One organization as of the head of its log, within one transaction."""

    app: App
    actor: Actor
    connection: Connection
    log: Log
    head: Head

    @property
    def definitions(self) -> Definitions:
        """Everything that is defined."""
        return self.folded.definitions

    @cached_property
    def folded(self) -> Folded:
        """The same with the organization as such; nothing is read while no definition came."""
        return self.app.definitions.at_head(self.log, self.head)

    def kpi(self, code: str) -> Kpi:
        """Raises Problem `not-found`."""
        found = self.definitions.kpis.get(KpiId(code))
        if found is None or not found.definitions:
            raise Problem("not-found", "there is no such KPI")
        return found

    def scorecard(self, code: str) -> Scorecard:
        """Raises Problem `not-found`."""
        found = self.definitions.scorecards.get(ScorecardId(code))
        if found is None or not found.created:
            raise Problem("not-found", "there is no such scorecard")
        return found


@contextmanager
def reading(call: Call) -> Iterator[Reading]:
    """The organization of the caller. Raises Problem `header-invalid` for a position the log has not reached."""
    with call.app.database.transaction(call.actor.tenant) as connection:
        log = call.app.logs.bind(connection, call.actor.tenant)
        head = log.head()
        if head.position < call.min_position:
            detail = f"Steelyard-Min-Position: the log ends at {head.position}, and no write was answered with more"
            raise Problem("header-invalid", detail)
        yield Reading(call.app, call.actor, connection, log, head)


def behind(position: int) -> Problem:
    """What is shown has not reached the position asked for."""
    headers = {"Retry-After": RETRY_SECONDS, "Steelyard-Position": str(position)}
    return Problem("projection-behind", f"position {position} is shown at the moment", headers=headers)
