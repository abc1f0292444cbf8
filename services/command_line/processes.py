"""The commands that keep running, the one that prepares the database, and the one that lets a browser in."""

import threading
from typing import Annotated

import typer

from infra import settings as all_settings
from infra.embedded.servers import EmbeddedServers
from infra.eventstore.boot import refuse_unsafe
from infra.migrations import run as migrations
from services import logs
from services.app import App
from services.command_line.main_job import account_of_examples, address, welcome
from services.command_line.output import AsJson, print_json, remark, say
from services.command_line.session import opened
from services.command_line.statuses import unfit
from services.run import run_machine
from services.serve import serve_until_signal
from services.starting import built, prepared, require_present_schema
from services.worker.process import work_until_signal

Organization = Annotated[str, typer.Argument(help="Code of the organization, such as company.")]


def run(
    examples: Annotated[bool, typer.Option(help="Load the two example cases before serving.")] = True,
) -> None:
    """Run everything on this machine: database, Redis, workers, HTTP service. Ctrl-C ends it.

    The first start loads two example cases, each later one finds them there. The
    address is printed when the service takes requests; STEELYARD_PORT moves it.

    Examples:
      $ steelyard run
      $ STEELYARD_PORT=8500 steelyard run --no-examples
    """
    location = all_settings.locate()
    if location.mode == "production":
        raise unfit("in production run `steelyard migrate`, then `steelyard serve` and `steelyard worker`")

    def before(app: App) -> None:
        if examples:
            account_of_examples(app)

    run_machine(location, before, welcome, remark)


def serve() -> None:
    """Serve the HTTP interface and the pages, until Ctrl-C or SIGTERM.

    For production (STEELYARD_MODE=production), where the database and Redis are
    servers of their own and `steelyard worker` works beside it.

    Examples:
      $ steelyard serve
    """
    settings = all_settings.load()
    logs.configure(settings.log_level)
    require_present_schema(settings)
    with built(settings) as app:
        refuse_unsafe(app.database)
        serve_until_signal(
            app, threading.Event(), ready=lambda: remark(f"serving {settings.public_url}"), tick=lambda: None
        )


def worker() -> None:
    """Work on projections in the background, until Ctrl-C or SIGTERM; for production, beside `steelyard serve`.

    Examples:
      $ steelyard worker
    """
    settings = all_settings.load()
    logs.configure(settings.log_level)
    require_present_schema(settings)
    with built(settings) as app:
        refuse_unsafe(app.database)
        work_until_signal(app)


def migrate() -> None:
    """Bring the database to the schema of this version; nothing happens if it is there already.

    In production STEELYARD_DATABASE_URL_MIGRATOR says how to reach the database
    as steelyard_migrator.

    Examples:
      $ steelyard migrate
    """
    location = all_settings.locate()
    if location.mode == "embedded":
        with EmbeddedServers.start(location.home) as servers:
            prepared(location, servers, remark)
        say(f"schema: {migrations.latest()}")
        return
    settings = all_settings.load()
    logs.configure(settings.log_level)
    if settings.database_url_migrator is None:
        raise unfit("set STEELYARD_DATABASE_URL_MIGRATOR to the address of the database as steelyard_migrator")
    say(f"schema: {migrations.migrate(settings.database_url_migrator.get_secret_value())}")


def open_page(organization: Organization, as_json: AsJson = False) -> None:
    """Print an address that opens an organization's pages in a browser, once.

    The address holds a one-time token; the browser that opens it keeps a cookie
    for these pages. A service must run.

    Examples:
      $ steelyard open company
    """
    with opened() as session:
        found = address(session.app, session.owner_of(organization).tenant, organization)
    if as_json:
        print_json({"address": found})
    else:
        say(found)
