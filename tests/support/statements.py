"""Every statement the application sends, checked as it is sent against the rules that let it run on Citus too.

The checks of source text cannot see statements that are put together at run time; this one can, in every test.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Self, cast

import psycopg
from psycopg.abc import Params
from psycopg.rows import TupleRow
from sqlalchemy import Connection, Engine, event

from infra.database import Database
from infra.migrations import run
from infra.round_trip import RoundTrip


class RuleBroken(AssertionError):
    """A statement that Citus would refuse, or that would not stay within one organization."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern no statement may have (`forbidden`), and why."""

    forbidden: re.Pattern[str]
    why: str


def _rule(pattern: str, why: str) -> Rule:
    return Rule(re.compile(pattern, re.IGNORECASE | re.DOTALL), why)


RULES = (
    _rule(r"\bset_config\s*\(", "set_config() does not reach the workers"),
    _rule(r"\bSET\s+LOCAL\b.*;|;.*\bSET\s+LOCAL\b", "SET LOCAL stands alone in its call"),
    _rule(r"\bSET\s+(SESSION\s+)?app\.", "the tenant is set for one transaction"),
    _rule(r"\bpg_(try_)?advisory", "advisory locks hold on one node only"),
    _rule(r"\bMERGE\s+INTO\b", "MERGE is refused"),
    _rule(r"\bCOPY\s+[\w.]+\s*(\([^)]*\)\s*)?FROM\b", "COPY FROM is refused under row-level security"),
    _rule(r"\bpg_notify\b|(?-i:^\s*(NOTIFY|LISTEN)\b)", "notifications stay on one node"),
    _rule(
        r"\b(UPDATE|DELETE)\b.*\b(clock_timestamp|gen_random_uuid|random)\s*\(",
        "no volatile functions in UPDATE, DELETE",
    ),
    _rule(r"\bDO\s+UPDATE\b.*\b(now|clock_timestamp|gen_random_uuid|random)\s*\(", "DO UPDATE takes only excluded.*"),
    _rule(r"\bRETURNING\b.*\bnow\s*\(", "no now() in RETURNING"),
    _rule(r"\bUPDATE\b(?:(?!\bWHERE\b).)*\bSET\b(?:(?!\bWHERE\b).)*[\s,(]tenant_id\s*=", "tenant_id never changes"),
    _rule(r"\bISOLATION\s+LEVEL\s+(SERIALIZABLE|REPEATABLE)", "READ COMMITTED only"),
)

# Compared with something, or among the columns of an insert.
_BOUND = re.compile(r"\btenant_id\"?\s*=|\bINSERT\s+INTO\s+[\w.\"]+\s*\([^)]*\btenant_id\b", re.IGNORECASE)
_TABLE = re.compile(r"\bsteelyard\s*\.\s*\"?(\w+)", re.IGNORECASE)
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)


@lru_cache(maxsize=1)
def tenant_tables() -> frozenset[str]:
    """All tables of organizations, as the revisions declare them."""
    return frozenset(
        name
        for script in run.scripts().walk_revisions()
        for name in cast(tuple[str, ...], getattr(script.module, "tenant_tables", ()))
    )


def broken_rule(statement: str) -> str | None:
    """Why a statement may not be sent by the application; None if it may."""
    text = _COMMENT.sub(" ", statement)
    why = forbidden(text)
    if why is None and tables_named(text) & tenant_tables() and not _BOUND.search(text):
        return "names a table of organizations and binds no tenant_id"
    return why


def forbidden(text: str) -> str | None:
    """The rule a text breaks wherever it stands."""
    return next((rule.why for rule in RULES if rule.forbidden.search(text)), None)


def tables_named(text: str) -> set[str]:
    """The tables of our schema in a statement."""
    return {name.lower() for name in _TABLE.findall(text)}


def watch(database: Database) -> Database:
    """The same database, whose application connections refuse statements that break a rule."""
    _watch_engine(database._app)
    return database


def _watch_engine(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def refuse(connection: psycopg.Connection, _record: object) -> None:
        connection.cursor_factory = _Watched


class _Watched(psycopg.Cursor[TupleRow]):
    """Whatever is sent goes through a cursor, by SQLAlchemy or without it."""

    def execute(  # type: ignore[override]  # its overload for template strings is not used here
        self, query: str, params: Params | None = None, *, prepare: bool | None = None, binary: bool | None = None
    ) -> Self:
        _refuse(query)
        return super().execute(query, params, prepare=prepare, binary=binary)

    def executemany(self, query: str, params_seq: Iterable[Params], *, returning: bool = False) -> None:  # type: ignore[override]  # only texts are sent
        _refuse(query)
        super().executemany(query, params_seq, returning=returning)


def _make(trip: RoundTrip, connection: psycopg.Connection, prepared: set[bytes]) -> None:
    """What travels together does not go through cursors."""
    if issubclass(connection.cursor_factory, _Watched):
        for reply in trip.replies:
            _refuse(reply.question.statement)
    for note in _noting:
        note.extend(reply.question.statement for reply in trip.replies)
    _made(trip, connection, prepared)


_noting: list[list[str]] = []
_made = RoundTrip.make
setattr(RoundTrip, "make", _make)  # noqa: B010 - every trip of the tests is looked at


def _refuse(statement: str) -> None:
    why = broken_rule(statement)
    if why:
        raise RuleBroken(f"{why}: {statement}")


@contextmanager
def counted(where: Connection | type[Engine]) -> Iterator[list[str]]:
    """The statements sent on a connection, or on any."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(where, "before_cursor_execute", note)
    _noting.append(sent)
    yield sent
    _noting.remove(sent)
    event.remove(where, "before_cursor_execute", note)
