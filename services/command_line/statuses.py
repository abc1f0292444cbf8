"""With which status a command ends, and what it says on stderr when something stopped it."""

from collections.abc import Callable
from enum import IntEnum
from typing import Never

import typer
from sqlalchemy.exc import DBAPIError, OperationalError

from domain.errors import DomainError
from infra.embedded.errors import EmbeddedServerError
from infra.settings import SettingsError


class Status(IntEnum):
    """Exit statuses, the same for every command; docs/command-line.md lists them."""

    DONE = 0
    FOUND_WRONG = 1
    """The command did its work and found something wrong: a bad log, an unhealthy service, refused rows."""
    USAGE = 2
    """Arguments, a file or the settings are unfit; nothing was done."""
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


def ending(act: Callable[[], None]) -> Never:
    """Run the program and end with the status that fits; only what we did not foresee shows a traceback."""
    try:
        act()
    except Stopped as stop:
        _end(stop.status, str(stop))
    except DomainError as error:
        _end(Status.REFUSED, f"{error.code}: {error.detail}")
    except SettingsError as error:
        _end(Status.USAGE, str(error))
    except EmbeddedServerError as error:
        _end(Status.UNAVAILABLE, str(error))
    except OperationalError as error:
        _end(Status.UNAVAILABLE, f"the database cannot be used: {_cause(error)}")
    raise SystemExit(Status.DONE)


def _cause(error: DBAPIError) -> str:
    """The server's own words, without statement and parameters."""
    return str(error.orig).strip() or type(error).__name__


def _end(status: Status, sentence: str) -> Never:
    typer.secho(f"steelyard: {sentence}", err=True, fg=typer.colors.RED)
    raise SystemExit(status)
