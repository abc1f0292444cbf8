"""Bring a database to the newest schema: roles if we may make them, then the revisions as the owner of everything.

The migrator is a member of steelyard_owner, or the superuser of an embedded server, who makes the roles first.
"""

from functools import cache
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg.conninfo import make_conninfo
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.pool import NullPool

from infra.database import CONNECT_SECONDS, SCHEMA

OWNER = "steelyard_owner"
NOLOGIN_ROLES = (OWNER, "steelyard_signer", "steelyard_auditor")
LOGIN_ROLES = ("steelyard_migrator", "steelyard_app", "steelyard_scheduler")
LOCK_SECONDS = 30

_VERSION = f"SELECT max(version_num) FROM {SCHEMA}.alembic_version"  # noqa: S608 - a constant


def migrate(url_migrator: str) -> str:
    """Apply what is missing, all or nothing; the revision the database is at afterwards.

    Two that start at once run one after the other.
    """
    engine = _engine(url_migrator)
    with engine.begin() as connection:
        if _superuser(connection):
            _make_roles(connection)
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
        connection.exec_driver_sql(f"SET LOCAL ROLE {OWNER}")
        _make_schema(connection)
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        return revision_of(connection)


def current(url: str) -> str:
    """The revision a database is at, for any of the roles; empty if it was never migrated."""
    with _engine(url).connect() as connection:
        return revision_of(connection)


@cache
def latest() -> str:
    """The revision this version of the program needs."""
    head = scripts().get_current_head()
    assert head is not None, "the program brings revisions"
    return head


def scripts() -> ScriptDirectory:
    """The chain of revisions."""
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config


def _engine(url: str) -> Engine:
    conninfo = make_conninfo(url, connect_timeout=CONNECT_SECONDS, application_name="steelyard migrate")
    return create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(conninfo), poolclass=NullPool, hide_parameters=True
    )


def _superuser(connection: Connection) -> bool:
    return bool(connection.exec_driver_sql("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").scalar())


def _make_roles(connection: Connection) -> None:
    """Roles belong to the whole server; another database of it may have brought them, even this very moment."""
    for role in (*NOLOGIN_ROLES, *LOGIN_ROLES):
        login = "LOGIN" if role in LOGIN_ROLES else "NOLOGIN"
        connection.exec_driver_sql(
            f"DO $$ BEGIN CREATE ROLE {role} {login}; "
            "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        )
    member = connection.exec_driver_sql(f"SELECT pg_has_role('steelyard_migrator', '{OWNER}', 'MEMBER')").scalar()
    if not member:
        connection.exec_driver_sql(f"GRANT {OWNER} TO steelyard_migrator")
    database = str(connection.exec_driver_sql("SELECT quote_ident(current_database())").scalar())
    connection.exec_driver_sql(f"ALTER DATABASE {database} OWNER TO {OWNER}")


def _make_schema(connection: Connection) -> None:
    connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
    # Also the lock that lets only one migration run: two comments on one schema wait for each other.
    connection.exec_driver_sql(f"COMMENT ON SCHEMA {SCHEMA} IS 'Steelyard: logs of organizations and what is read'")
    connection.exec_driver_sql(
        f"GRANT USAGE ON SCHEMA {SCHEMA} TO steelyard_app, steelyard_scheduler, steelyard_signer, steelyard_auditor"
    )


def revision_of(connection: Connection) -> str:
    """The revision of the database at the other end; empty if it was never migrated."""
    known = connection.exec_driver_sql(f"SELECT to_regclass('{SCHEMA}.alembic_version') IS NOT NULL").scalar()
    if not known:
        return ""
    return str(connection.exec_driver_sql(_VERSION).scalar() or "")
