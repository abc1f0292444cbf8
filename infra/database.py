"""The only place that opens connections and sets the tenant: one transaction per block, in one of four scopes.

transaction(tenant)   the application role, which sees this organization's rows only
ask(tenant, ...)      the same for a few questions whose answers are all there is to do, in one round trip
snapshot(tenant)      the same role, reading what stood there at one moment
directory()           the application role without a tenant: tables that are nobody's content
scheduler()           the scheduler role: heads and progress of all organizations
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from typing import Self
from uuid import UUID

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.rows import TupleRow
from sqlalchemy import Connection, Engine, ExceptionContext, MetaData, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from infra import arrays
from infra.database_errors import MALFORMED_VALUE, CommitUnknown, DeadlineExceeded, Unavailable, lost_connection
from infra.patience import PatientConnection
from infra.round_trip import Question, Reply, RoundTrip

SCHEMA = "steelyard"
metadata = MetaData(schema=SCHEMA)
"""Shared by all tables, which are declared beside the code that uses them."""

DEADLINE_SECONDS = 20.0
"""The start of a transaction is the time of its events, so it may not lie far back: with IDLE_SECONDS below 60."""
IDLE_SECONDS = 30
STATEMENT_SECONDS = 15
LOCK_SECONDS = 2
CONNECT_SECONDS = 5
SILENCE_SECONDS = 25
"""A server whose machine is gone says nothing: after so long without a sign of it the connection is given up."""
POOL_WAIT_SECONDS = 5.0
SCHEDULER_POOL_SIZE = 2
SNAPSHOT_SECONDS_MAX = 3_600.0
BEGIN_ATTEMPTS_MAX = 2

_SESSION = {
    # Citus hands SET LOCAL on to its workers only if told so; plain PostgreSQL keeps the setting as a name.
    "citus.propagate_set_commands": "local",
    "default_transaction_isolation": "read\\ committed",
    "timezone": "UTC",
    "lock_timeout": f"{LOCK_SECONDS}s",
    "statement_timeout": f"{STATEMENT_SECONDS}s",
    "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
}

_GIVE_UP = {
    "keepalives_idle": SILENCE_SECONDS - 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": SILENCE_SECONDS * 1_000,
}


Enter = Callable[[Connection], object]

PREPARED = "steelyard_prepared"
"""Under this name a connection's record keeps what was prepared on it by round trips."""
_NOBODY = "SET LOCAL app.tenant_id = ''"
"""Says so, instead of trusting that nobody set a tenant for the session."""


@dataclass(frozen=True, slots=True)
class Database:
    """One per process."""

    _app: Engine
    _scheduler: Engine

    @classmethod
    def connect(cls, url_app: str, url_scheduler: str, pool_size: int) -> Self:
        """From libpq URIs; connections are opened when they are first needed."""
        return cls(_engine(url_app, pool_size), _engine(url_scheduler, SCHEDULER_POOL_SIZE))

    def transaction(
        self, tenant: UUID, *, opening: RoundTrip | None = None, deadline_seconds: float = DEADLINE_SECONDS
    ) -> AbstractContextManager[Connection]:
        """A transaction in which this organization's rows exist and no others; committed at the end of the block.

        The questions of `opening` travel with its BEGIN. A deadline above DEADLINE_SECONDS is for reading: such a
        transaction cannot write.
        Raises CommitUnknown if the connection broke during COMMIT, DeadlineExceeded, Unavailable, DBAPIError.
        """
        entering = [_command("BEGIN"), _command(_tenant_setting(tenant))]
        if deadline_seconds > DEADLINE_SECONDS:
            entering.append(_command("SET TRANSACTION READ ONLY"))
        return _transaction(self._app, _trip(entering, opening), deadline_seconds)

    def ask(self, tenant: UUID, *questions: Question) -> tuple[Sequence[TupleRow], ...]:
        """The rows that answer each question, from one transaction in one round trip.

        Each question sees what is committed when it is answered. Raises Unavailable, DBAPIError.
        """
        trip = _trip([_command("BEGIN"), _command(_tenant_setting(tenant)), *questions, _command("COMMIT")])
        connection = _begin(self._app, trip)
        connection.close()
        return tuple(reply.rows for reply in trip.replies[2:-1])

    def derived(self, tenant: UUID) -> AbstractContextManager[Connection]:
        """A transaction that writes only what can be derived again from the log: its commit does not wait for the disk.

        After a crash of the server the last such transactions may be gone, each as a whole and from the newest on; none
        is kept without the events it was derived from, since they were committed before it.
        """
        entering = [
            _command("BEGIN"),
            _command(_tenant_setting(tenant)),
            _command("SET LOCAL synchronous_commit = off"),
        ]
        return _transaction(self._app, _trip(entering), DEADLINE_SECONDS)

    def snapshot(self, tenant: UUID) -> AbstractContextManager[Connection]:
        """A transaction that sees this organization's rows as they were at one moment, and cannot write.

        One organization is on one node of Citus, so that it is one moment there as well.
        """
        reading = self._app.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        setting = _tenant_setting(tenant)
        # The driver begins it, for SQLAlchemy has told it how.
        return _transaction(
            reading, RoundTrip(), SNAPSHOT_SECONDS_MAX, lambda connection: connection.exec_driver_sql(setting)
        )

    def directory(self) -> AbstractContextManager[Connection]:
        """A transaction without a tenant, in which tables of tenants are empty and refuse rows."""
        return _transaction(self._app, _trip([_command("BEGIN"), _command(_NOBODY)]), DEADLINE_SECONDS)

    def scheduler(self) -> AbstractContextManager[Connection]:
        """A transaction that sees how far the organizations and their projections are, and no content."""
        return _transaction(self._scheduler, _trip([_command("BEGIN"), _command(_NOBODY)]), DEADLINE_SECONDS)

    def close(self) -> None:
        """Close the connections; those in use are closed when they come back."""
        self._app.dispose()
        self._scheduler.dispose()


def _engine(url: str, pool_size: int) -> Engine:
    options = " ".join(f"-c {name}={value}" for name, value in _SESSION.items())
    conninfo = make_conninfo(
        url, options=options, connect_timeout=CONNECT_SECONDS, application_name="steelyard", **_GIVE_UP
    )
    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: _connected(conninfo),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_WAIT_SECONDS,
        # Parameters would otherwise stand in error texts, and from there in logs.
        hide_parameters=True,
    )
    event.listen(engine, "handle_error", _without_values)
    event.listen(engine, "rollback", _forget_prepared)
    event.listen(engine, "rollback_savepoint", _forget_prepared)
    return engine


def _connected(conninfo: str) -> psycopg.Connection:
    connection = PatientConnection.connect(conninfo)
    arrays.register(connection)
    return connection


def _without_values(context: ExceptionContext) -> None:
    """Keeps what PostgreSQL says first: the lines after it repeat rows. Of a malformed value even that repeats it."""
    error, shown = context.original_exception, context.sqlalchemy_exception
    if not isinstance(error, psycopg.Error) or not error.sqlstate:
        return
    _shorten(error)
    if shown is not None:
        shown.args = (f"({type(error).__name__}) {error}",)


def _shorten(error: psycopg.Error) -> None:
    kind, said = type(error).__name__, str(error).partition("\n")[0]
    error.args = (kind if (error.sqlstate or "").startswith(MALFORMED_VALUE) else said,)


@contextmanager
def _transaction(
    engine: Engine, opening: RoundTrip, deadline_seconds: float, enter: Enter | None = None
) -> Iterator[Connection]:
    began = time.monotonic()
    connection = _begin(engine, opening, enter)
    if not connection.in_transaction():
        connection.begin()  # as SQLAlchemy has it, which sends nothing: the opening began
    try:
        yield connection
        if time.monotonic() - began > deadline_seconds:
            raise DeadlineExceeded(f"more than {deadline_seconds:g} s")
        _commit(connection)
    finally:
        # Rolls back what was not committed, and hands the connection back.
        connection.close()


def _begin(engine: Engine, opening: RoundTrip, enter: Enter | None = None) -> Connection:
    """A connection in a transaction; one that died in the pool is replaced, since nothing has happened on it yet."""
    for attempts_left in reversed(range(BEGIN_ATTEMPTS_MAX)):
        connection = _checked_out(engine)
        try:
            exchange(connection, opening)
            if enter is not None:
                enter(connection)
        except BaseException as error:
            connection.close()
            if not attempts_left or not isinstance(error, DBAPIError) or not lost_connection(error):
                raise
        else:
            return connection
    raise AssertionError("the last attempt returns or raises")


def _checked_out(engine: Engine) -> Connection:
    try:
        return engine.connect()
    except PoolTimeout as error:
        raise Unavailable("all connections are busy") from error


def exchange(connection: Connection, trip: RoundTrip) -> None:
    """Make a round trip within a transaction. Raises DBAPIError, and what the questions make of it."""
    driver = _driver(connection)
    try:
        trip.make(driver, connection.info.setdefault(PREPARED, set()))
    except psycopg.Error as error:
        _forget_prepared(connection)
        raised = _as_raised_elsewhere(connection, driver, error)
        meant = trip.failed.refused(error) if trip.failed is not None and trip.failed.refused is not None else None
        raise meant or raised from raised
    except BaseException:
        # Interrupted in the middle of the conversation.
        connection.invalidate()
        raise
    trip.check()


def _as_raised_elsewhere(connection: Connection, driver: psycopg.Connection, error: psycopg.Error) -> DBAPIError:
    """SQLAlchemy's error for one of the driver, so that callers need to know one kind only."""
    _shorten(error)
    lost = driver.closed
    if lost:
        # Asked on a dead connection, SQLAlchemy notices by itself and renews what else has died in the pool.
        with suppress(DBAPIError):
            connection.exec_driver_sql("SELECT 1")
    made = DBAPIError.instance(None, None, error, psycopg.Error, connection_invalidated=lost)
    assert isinstance(made, DBAPIError)
    return made


def _driver(connection: Connection) -> psycopg.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver


def _tenant_setting(tenant: UUID) -> str:
    """SET LOCAL dies with the transaction. It stands alone in its call and is no function call: Citus needs both."""
    if not isinstance(tenant, UUID):
        raise TypeError("a tenant is a UUID")
    return f"SET LOCAL app.tenant_id = '{tenant}'"


def _command(statement: str) -> Question:
    return Question(statement, {}, prepare=False)


def _trip(entering: Sequence[Question], opening: RoundTrip | None = None) -> RoundTrip:
    replies = [Reply(question) for question in entering]
    return RoundTrip([*replies, *opening.replies] if opening else replies)


def _commit(connection: Connection) -> None:
    transaction = connection.get_transaction()
    assert transaction is not None, "nobody commits but the transaction's own block"
    try:
        transaction.commit()
    except DBAPIError as error:
        if lost_connection(error):
            raise CommitUnknown("the connection was lost during COMMIT") from error
        raise


def _forget_prepared(connection: Connection, *_savepoint: object) -> None:
    """The driver drops what was prepared when anything is rolled back; it is prepared anew when it is next sent."""
    if not connection.invalidated:
        connection.info.pop(PREPARED, None)
