"""What the world can do to a transaction, told apart by SQLSTATE and never by the name of a constraint.

Errors reach the caller as sqlalchemy.exc.DBAPIError; `classify` says what they mean. Citus leaves the names empty.

Unavailable                nothing was decided: the same request may come again later (503)
├── LockTimeout            somebody else held the row for too long
├── DeadlineExceeded       the transaction took too long and was rolled back
└── CommitUnknown          the connection broke during COMMIT: look the command up, then say what happened
UniqueViolation            a row with this key exists
"""

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

UNIQUE_VIOLATION = "23505"
LOCK_TIMEOUT = "55P03"
MALFORMED_VALUE = "22"
"""A class: a value that its type cannot hold."""

# Classes: connection, transaction rollback (deadlock, serialization), resources (disk full), operator, system.
_UNAVAILABLE_CLASSES = ("08", "40", "53", "57", "58")
_UNAVAILABLE_STATES = frozenset({"25P03", "25P04", "25006"})  # idle or transaction time-out, standby


class Unavailable(Exception):
    """The database cannot serve this now."""


class LockTimeout(Unavailable):
    """A lock was not given within its time-out."""


class DeadlineExceeded(Unavailable):
    """The transaction ran longer than it may; nothing of it was kept."""


class CommitUnknown(Unavailable):
    """The connection was lost while committing: it may have happened or not."""


class UniqueViolation(Exception):
    """A unique key is taken."""


def classify(error: BaseException) -> Unavailable | UniqueViolation | None:
    """What an error of the database means; None if it is a defect of ours."""
    if isinstance(error, Unavailable | UniqueViolation):
        return error
    if isinstance(error, PoolTimeout):
        return Unavailable("all connections are busy")
    if not isinstance(error, DBAPIError):
        return None
    state = sqlstate(error)
    if state == UNIQUE_VIOLATION:
        return UniqueViolation(state)
    if state == LOCK_TIMEOUT:
        return LockTimeout(state)
    refused = isinstance(error, OperationalError) and not state  # nobody listens: there is no server to give a state
    if refused or lost_connection(error) or state.startswith(_UNAVAILABLE_CLASSES) or state in _UNAVAILABLE_STATES:
        return Unavailable(state or "connection lost")
    return None


def sqlstate(error: DBAPIError) -> str:
    """The five characters of the SQLSTATE; empty if the server could not send one."""
    return str(getattr(error.orig, "sqlstate", None) or "")


def lost_connection(error: DBAPIError) -> bool:
    """Whether the conversation ended before an answer came."""
    return error.connection_invalidated or sqlstate(error).startswith(("08", "57P"))
