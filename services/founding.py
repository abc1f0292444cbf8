"""Founding an organization: its directory row, its head, its first event and its owner's key in one transaction."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from domain.calendar import Calendar
from domain.values import code as checked_code
from infra import clock
from infra.database_errors import CommitUnknown, UniqueViolation, classify
from infra.eventstore.log import Log
from services import routes
from services.bundle import App
from services.commands import CommandKey, OrganizationExists
from services.keys import IssuedKey, NewKey, WantedKey, issued, issuing, new_key
from services.known import Known
from services.transaction import ATTEMPTS_MAX, Decided, transact
from tenants import credentials
from tenants.access import OPERATOR, Actor, Role
from tenants.organization.commands import FoundOrganization

FIRST_KEY_NAME = "first owner"


@dataclass(frozen=True, slots=True)
class Founding:
    """A new organization; without a calendar the year is the civil one, in UTC."""

    code: str
    name: str
    calendar: Calendar | None = None


def found_organization(app: App, founding: Founding, key: CommandKey) -> IssuedKey:
    """Found it, as the operator; the key of its first owner, also for a repetition of the same request.

    Raises OrganizationExists if the code is taken, Invalid for what breaks a rule, KeyReused, Unavailable.
    """
    checked_code(founding.code)
    taken = _taken(app, founding.code)
    if taken is not None:
        return _repeated(app, Actor(taken, OPERATOR, Role.OWNER), key)
    try:
        return _founded(app, founding, key)
    except DBAPIError as error:
        if isinstance(classify(error), UniqueViolation):  # somebody founded it meanwhile, perhaps this very request
            return found_organization(app, founding, key)
        raise


def _taken(app: App, code: str) -> UUID | None:
    """Who has the code; a reply lost while asking is asked for again."""
    for attempts_left in reversed(range(ATTEMPTS_MAX)):
        try:
            with app.database.directory() as connection:
                return credentials.organization_by_code(connection, code)
        except CommitUnknown:
            if not attempts_left:
                raise
    raise AssertionError("the last attempt returns or raises")


def _founded(app: App, founding: Founding, key: CommandKey) -> IssuedKey:
    operator = Actor(clock.new_id(), OPERATOR, Role.OWNER)
    owner = new_key(app, operator.tenant, WantedKey(FIRST_KEY_NAME, Role.OWNER))

    def enter(connection: Connection, log: Log) -> None:
        credentials.add_organization(connection, operator.tenant, founding.code, clock.now())
        log.found()

    answer = transact(
        app,
        operator,
        key,
        lambda known: _decided(known, founding, owner),
        prepare=enter,
        alongside=lambda connection, _: owner.enter(connection),
    )
    return issued(app, answer)


def _decided(known: Known, founding: Founding, owner: NewKey) -> Decided:
    routes.decide(known, FoundOrganization(founding.code, founding.name, founding.calendar))
    return issuing(owner)(known)


def _repeated(app: App, operator: Actor, key: CommandKey) -> IssuedKey:
    """The first answer, if this request is the one that founded it."""

    def exists(_: Known) -> Decided:
        raise OrganizationExists

    return issued(app, transact(app, operator, key, exists))
