"""How every process comes to a service: settings, schema, build(). The same on embedded servers and in production."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from infra import settings as all_settings
from infra.embedded.database import ensure_database
from infra.embedded.servers import EmbeddedServers
from infra.migrations import run as migrations
from infra.settings import Location, Settings
from services import logs
from services.bundle import App
from services.wiring import build


class SchemaUnfit(Exception):
    """The schema is not the one this version works on; the message says what to do."""

    def __init__(self, present: str) -> None:
        known = {script.revision for script in migrations.scripts().walk_revisions()}
        advice = (
            "run `steelyard migrate` with STEELYARD_DATABASE_URL_MIGRATOR set, then start again"
            if not present or present in known
            else "a newer version of Steelyard made it, so start that one"
        )
        wanted = migrations.latest()
        super().__init__(f"the schema is at {present or 'nothing'}, this version needs {wanted}: {advice}")


def prepared(location: Location, servers: EmbeddedServers, tell: Callable[[str], None]) -> Settings:
    """Settings of this machine, its schema brought up to date, which is told. Raises SettingsError, SchemaUnfit."""
    ensure_database(servers, all_settings.EMBEDDED_DATABASE)
    settings = all_settings.embedded(location.home, servers)
    logs.configure(settings.log_level)
    assert settings.database_url_migrator is not None, "the embedded servers' superuser migrates"
    migrator = settings.database_url_migrator.get_secret_value()
    present = migrations.current(migrator)
    if present and present not in {script.revision for script in migrations.scripts().walk_revisions()}:
        raise SchemaUnfit(present)
    if present != migrations.latest():
        tell(f"schema: {present or 'none'} -> {migrations.migrate(migrator)}")
    return settings


def require_present_schema(settings: Settings) -> None:
    """In production only the migrate command changes the schema. Raises SchemaUnfit."""
    present = migrations.current(settings.database_url_app.get_secret_value())
    if present != migrations.latest():
        raise SchemaUnfit(present)


@contextmanager
def built(settings: Settings) -> Iterator[App]:
    """The service, closed at the end."""
    app = build(settings)
    try:
        yield app
    finally:
        app.close()
