"""How a command reaches the service: on the embedded servers of this machine, or on production's.

Typed beside a running service it attaches to that service's embedded servers; alone it starts and stops them itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra import settings as all_settings
from infra.embedded.servers import EmbeddedServers
from services import logs
from services.app import App
from services.command_line.output import remark
from services.command_line.statuses import Status, Stopped, unfit
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
def opened(*, founding: bool = False) -> Iterator[Session]:
    """The service as its settings say, on its schema; `founding` makes a new one where there is none.

    Raises Stopped, SettingsError, EmbeddedServerError, SchemaUnfit.
    """
    location = all_settings.locate()
    if location.mode == "production":
        settings = all_settings.load()
        logs.configure(settings.log_level)
        require_present_schema(settings)
        with built(settings) as app:
            yield Session(app)
        return
    if not founding:
        require_data(location.home)
    with EmbeddedServers.start(location.home) as servers, built(prepared(location, servers, remark)) as app:
        yield Session(app)


def require_data(home: Path) -> None:
    """Raises Stopped where no service has kept data: whoever asks there has not found the folder."""
    if not any(home.glob("postgres-*")):
        raise unfit(
            f"there are no data in {home}; type this where Steelyard runs, or set STEELYARD_HOME to its folder. "
            "`steelyard run` and `steelyard organization create` begin anew"
        )
