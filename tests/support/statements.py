"""Every statement the application sends, checked as it is sent against the rules that let it run on Citus too.

The checks of source text cannot see statements that are put together at run time; this one can, in every test.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from sqlalchemy import Engine, event

from infra.database import Database
from infra.migrations import run


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
    _rule(r"\b(pg_)?NOTIFY\b|\bLISTEN\b", "notifications stay on one node"),
    _rule(
        r"\b(UPDATE|DELETE)\b.*\b(clock_timestamp|gen_random_uuid|random)\s*\(",
        "no volatile functions in UPDATE, DELETE",
    ),
    _rule(r"\bDO\s+UPDATE\b.*\b(now|clock_timestamp|gen_random_uuid|random)\s*\(", "DO UPDATE takes only excluded.*"),
    _rule(r"\bRETURNING\b.*\bnow\s*\(", "no now() in RETURNING"),
    _rule(r"\bUPDATE\b(?:(?!\bWHERE\b).)*\bSET\b(?:(?!\bWHERE\b).)*[\s,(]tenant_id\s*=", "tenant_id never changes"),
    _rule(r"\bISOLATION\s+LEVEL\s+(SERIALIZABLE|REPEATABLE)", "READ COMMITTED only"),
)

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
    """Why a statement may not be sent; None if it may."""
    text = _COMMENT.sub(" ", statement)
    for rule in RULES:
        if rule.forbidden.search(text):
            return rule.why
    touched = {name.lower() for name in re.findall(r"\bsteelyard\s*\.\s*\"?(\w+)", text)}
    if touched & tenant_tables() and not re.search(r"\btenant_id\b", text):
        return "names a table of organizations and not tenant_id"
    return None


def watch(database: Database) -> Database:
    """The same database, whose application connections refuse statements that break a rule."""
    _watch_engine(database._app)
    return database


def _watch_engine(engine: Engine) -> None:
    @event.listens_for(engine, "before_cursor_execute")
    def refuse(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        why = broken_rule(statement)
        if why:
            raise RuleBroken(f"{why}: {statement}")
