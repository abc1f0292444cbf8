"""How a command reaches the service: on the embedded servers of this machine, or on production's.

Typed beside a running service it attaches to that service's embedded servers; alone it starts and stops them itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from infra import settings as all_settings
from infra.embedded.servers import EmbeddedServers
from services import logs
from services.app import App
from services.command_line.output import remark
from services.command_line.statuses import Status, Stopped
from services.local import local_owner
from services.starting import built, prepared, require_present_schema
from tenants.access import Actor
from tenants.credentials import organization_by_code


@dataclass(frozen=True, slots=True)
class Session:
    """The service, and who may act in it from here."""

    app: App

    def owner_of(self, code: str) -> Actor:
        """Whoever types here acts as an owner of the organization with that code. Raises Stopped."""
        with self.app.database.directory() as connection:
            found = organization_by_code(connection, code)
        if found is None:
            raise Stopped(Status.USAGE, f"there is no organization {code!r}; `steelyard organization list` shows all")
        return local_owner(found)


@contextmanager
def opened() -> Iterator[Session]:
    """The service as its settings say, on its schema. Raises SettingsError, EmbeddedServerError, SchemaUnfit."""
    location = all_settings.locate()
    if location.mode == "production":
        settings = all_settings.load()
        logs.configure(settings.log_level)
        require_present_schema(settings)
        with built(settings) as app:
            yield Session(app)
        return
    with EmbeddedServers.start(location.home) as servers, built(prepared(location, servers, remark)) as app:
        yield Session(app)
