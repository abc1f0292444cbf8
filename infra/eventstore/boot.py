"""What is checked before serving: settings of the server under which a promise of the log would not hold.

Refuses to start, with every finding at once. Nothing here writes.
"""

import os
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection

from infra import clock
from infra.database import SCHEMA, Database
from infra.migrations import run
from infra.migrations.run import OWNER

SERVER_VERSION_MIN = 150003
"""15.3 closed CVE-2023-2455, which let row-level security be evaded through cached plans."""
CLOCK_OFFSET_MAX = timedelta(seconds=2)
FOREIGN_FLAG = "POSTGRES_ENABLE_DB_FUNCTIONS"
"""A switch of the event sourcing library under which a reader can miss events."""

_DURABILITY = ("synchronous_commit", "fsync", "full_page_writes")
_ROLE = """
SELECT rolname, rolsuper OR rolbypassrls AS unbound,
    pg_has_role(rolname, %(owner)s, 'MEMBER') OR rolname = %(owner)s AS owns,
    EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = %(schema)s AND c.relowner = r.oid) AS owns_a_table
FROM pg_roles r WHERE rolname = current_user
"""
_UNGUARDED = """
SELECT c.relname, c.relforcerowsecurity AS forced
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
WHERE n.nspname = %(schema)s AND c.relkind IN ('r', 'p', 'f', 'm') AND (
    NOT c.relrowsecurity OR c.relforcerowsecurity OR NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid))
ORDER BY c.relname
"""
_LEAKPROOF = """
SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE p.proleakproof AND p.oid >= 16384 ORDER BY 1
"""


class UnsafeDatabase(Exception):
    """The service does not start; each finding says what to change."""

    def __init__(self, findings: tuple[str, ...]) -> None:
        super().__init__("the service does not start:\n" + "\n".join(f"- {finding}" for finding in findings))
        self.findings = findings


def refuse_unsafe(database: Database, environment: Mapping[str, str] = os.environ) -> None:
    """Raises UnsafeDatabase. `environment` is no setting of ours: a variable in it must not be there."""
    findings = [*_environment(environment)]
    with database.directory() as connection:
        findings += [
            *_server(connection),
            *_role(connection),
            *_isolation(connection),
            *_clock(connection),
            *_revision(connection),
        ]
    with database.scheduler() as connection:
        findings += _role(connection)
    if findings:
        raise UnsafeDatabase(tuple(findings))


def _environment(environment: Mapping[str, str]) -> Iterator[str]:
    if environment.get(FOREIGN_FLAG):
        yield f"{FOREIGN_FLAG} is set: events could be missed under it; unset it"


def _server(connection: Connection) -> Iterator[str]:
    version = int(_setting(connection, "server_version_num"))
    if version < SERVER_VERSION_MIN:
        yield f"PostgreSQL {_setting(connection, 'server_version')} is too old: 15.3 is the least"
    for name in _DURABILITY:
        if _setting(connection, name) == "off":
            yield f"{name} is off: an acknowledged event could be lost; set it to on"


def _setting(connection: Connection, name: str) -> str:
    return str(connection.exec_driver_sql("SELECT current_setting(%(name)s)", {"name": name}).scalar())


def _role(connection: Connection) -> Iterator[str]:
    role = connection.exec_driver_sql(_ROLE, {"owner": OWNER, "schema": SCHEMA}).one()
    if role.unbound:
        yield f"role {role.rolname} is a superuser or bypasses row-level security: it would see every organization"
    if role.owns or role.owns_a_table:
        yield f"role {role.rolname} owns tables or is a member of {OWNER}: policies do not bind it"


def _isolation(connection: Connection) -> Iterator[str]:
    for table, forced in connection.exec_driver_sql(_UNGUARDED, {"schema": SCHEMA}):
        if forced:
            yield f"table {table} forces row-level security: moving its shards can lose events; use ENABLE alone"
        else:
            yield f"table {table} has no row-level security: organizations would see each other"
    for function in connection.exec_driver_sql(_LEAKPROOF).scalars():
        yield f"function {function} is LEAKPROOF: it sees rows before the policies do; alter or drop it"


def _clock(connection: Connection) -> Iterator[str]:
    before = clock.now()
    there = connection.exec_driver_sql("SELECT clock_timestamp()").scalar()
    assert isinstance(there, datetime)
    middle = before + (clock.now() - before) / 2
    if abs(there - middle) >= CLOCK_OFFSET_MAX:
        seconds = (there - middle).total_seconds()
        yield f"the clock of the database is {seconds:+.1f} s off this machine's; synchronise both"


def _revision(connection: Connection) -> Iterator[str]:
    found, wanted = run.revision_of(connection), run.latest()
    if found == wanted:
        return
    older = found in {script.revision for script in run.scripts().walk_revisions()} or not found
    advice = "run `steelyard migrate`" if older else "it was made by a newer version of this program; start that one"
    yield f"the schema is at {found or 'nothing'}, this program needs {wanted}: {advice}"
