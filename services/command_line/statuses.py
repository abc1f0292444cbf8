"""With which status a command ends, and what it says on stderr when something stopped it."""

from collections.abc import Callable
from enum import IntEnum
from typing import Never

import psycopg
import typer
from sqlalchemy.exc import DBAPIError

from domain.errors import DomainError
from infra.broker import EvictingRedis
from infra.database_errors import Unavailable, classify
from infra.embedded.errors import DataOfAnotherMajor, EmbeddedServerError
from infra.eventstore.boot import UnsafeDatabase
from infra.eventstore.errors import KeyInProgress, OrganizationHeld
from infra.settings import SettingsError
from projections.projection import CatalogBehind
from services.commands import Forbidden, OrganizationExists
from services.port import CannotListen, PortTaken
from services.starting import SchemaUnfit


class Status(IntEnum):
    """Exit statuses, the same for every command; docs/command-line.md lists them."""

    DONE = 0
    FOUND_WRONG = 1
    """The command did its work and found something wrong: a bad log, an unhealthy service, refused rows."""
    USAGE = 2
    """Arguments, a file, the settings or the data folder are unfit; nothing was done."""
    REFUSED = 3
    """The rules or the permissions said no; nothing was done."""
    UNAVAILABLE = 4
    """The database or another server cannot be reached or is not ready; try again later."""
    INTERRUPTED = 130


class Stopped(Exception):
    """A command cannot go on: its status, and a sentence that says why and what to do."""

    def __init__(self, status: Status, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def unfit(sentence: str) -> Stopped:
    """What was asked cannot be done as it was asked."""
    return Stopped(Status.USAGE, sentence)


def found_wrong() -> typer.Exit:
    """To be raised when the result has been printed and tells of something wrong."""
    return typer.Exit(Status.FOUND_WRONG)


def ending(act: Callable[[], None]) -> Never:
    """Run the program and end with the status that fits; only what nobody foresaw shows a traceback."""
    try:
        act()
    except Stopped as stop:
        _end(stop.status, str(stop))
    except DomainError as error:
        _end(Status.REFUSED, f"{error.code}: {error.detail}")
    except OrganizationExists:
        _end(Status.REFUSED, "organization-exists: the code of the organization is taken")
    except Forbidden as error:
        _end(Status.REFUSED, f"insufficient-role: this needs the permission {error.required.value}")
    except OrganizationHeld:
        _end(Status.REFUSED, "integrity-hold: the log is closed for writing until it has been checked")
    except (SettingsError, DataOfAnotherMajor, UnsafeDatabase, PortTaken, CannotListen, EvictingRedis) as error:
        _end(Status.USAGE, str(error))
    except (CatalogBehind, KeyInProgress) as error:
        _end(Status.UNAVAILABLE, f"somebody else is at the same work, try again: {error}")
    except (EmbeddedServerError, SchemaUnfit) as error:
        _end(Status.UNAVAILABLE, str(error))
    except psycopg.OperationalError as error:
        _end(Status.UNAVAILABLE, f"the database cannot be used now: {error}")
    except (DBAPIError, Unavailable) as error:
        if not isinstance(classify(error), Unavailable):
            raise
        _end(Status.UNAVAILABLE, f"the database cannot be used now: {_cause(error)}")
    raise SystemExit(Status.DONE)


def _cause(error: Exception) -> str:
    """The server's own words, without statement and parameters."""
    words = str(error.orig) if isinstance(error, DBAPIError) else str(error)
    return words.strip() or type(error).__name__


def _end(status: Status, sentence: str) -> Never:
    typer.secho(f"steelyard: {sentence}", err=True, fg=typer.colors.RED)
    raise SystemExit(status)
