"""How a command reaches the service: the same build() as every process, on the embedded servers or on production's.

Typed beside a running service it attaches to that service's embedded servers; alone it starts and stops them itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from infra import settings as all_settings
from infra.embedded.database import ensure_database
from infra.embedded.servers import EmbeddedServers
from infra.migrations import run as migrations
from infra.settings import Location, Settings
from services import logs
from services.app import App
from services.command_line.output import remark
from services.command_line.statuses import Status, Stopped
from services.local import local_owner
from services.wiring import build
from tenants.access import Actor
from tenants.credentials import organization_by_code


@dataclass(frozen=True, slots=True)
class Session:
    """`alone` says that no service runs beside this command, so nobody else works on the projections."""

    app: App
    alone: bool

    def owner_of(self, code: str) -> Actor:
        """Whoever types here acts as an owner of the organization with that code. Raises Stopped."""
        with self.app.database.directory() as connection:
            found = organization_by_code(connection, code)
        if found is None:
            raise Stopped(Status.USAGE, f"there is no organization {code!r}; `steelyard organization list` shows all")
        return local_owner(found)


@contextmanager
def opened() -> Iterator[Session]:
    """The service as its settings say, on the present schema. Raises SettingsError, EmbeddedServerError, Stopped."""
    location = all_settings.locate()
    if location.mode == "production":
        settings = all_settings.load()
        logs.configure(settings.log_level)
        require_present_schema(settings)
        with built(settings) as app:
            yield Session(app, alone=False)
        return
    with EmbeddedServers.start(location.home) as servers, built(prepared(location, servers)) as app:
        yield Session(app, alone=not servers.attached)


def prepared(location: Location, servers: EmbeddedServers) -> Settings:
    """Settings of this machine; the schema is brought up to date, which a service running beside never notices."""
    ensure_database(servers, all_settings.EMBEDDED_DATABASE)
    settings = all_settings.embedded(location.home, servers)
    logs.configure(settings.log_level)
    assert settings.database_url_migrator is not None, "the embedded servers' superuser migrates"
    migrator = settings.database_url_migrator.get_secret_value()
    present = migrations.current(migrator)
    if present != migrations.latest():
        remark(f"schema: {present or 'none'} -> {migrations.migrate(migrator)}")
    return settings


def require_present_schema(settings: Settings) -> None:
    """In production only the migrate command changes the schema. Raises Stopped."""
    present, wanted = migrations.current(settings.database_url_app.get_secret_value()), migrations.latest()
    if present != wanted:
        raise Stopped(
            Status.UNAVAILABLE,
            f"the schema is at {present or 'nothing'}, this version needs {wanted}: run `steelyard migrate` "
            "with STEELYARD_DATABASE_URL_MIGRATOR set, then start again",
        )


@contextmanager
def built(settings: Settings) -> Iterator[App]:
    """The service, closed at the end."""
    app = build(settings)
    try:
        yield app
    finally:
        app.close()
