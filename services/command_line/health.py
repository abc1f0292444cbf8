"""`steelyard doctor`: what is running, in which version, how far it is behind, and what is wrong.

The health check of a worker's container as well, so it asks little and never waits long.
"""

import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version
from typing import cast

import redis
from pydantic import SecretStr
from sqlalchemy.exc import DBAPIError

from infra import settings as all_settings
from infra.database_errors import Unavailable
from infra.embedded.servers import EmbeddedServers
from infra.eventstore.boot import UnsafeDatabase, refuse_unsafe
from infra.migrations import run as migrations
from infra.settings import Settings
from projections.waits import late, longest_waits
from services import logs
from services.bundle import App
from services.command_line.output import AsJson, Json, print_json, print_table, remark
from services.command_line.session import require_data
from services.command_line.statuses import found_wrong
from services.starting import built, prepared

ANSWER_SECONDS_MAX = 2.0
LAG_MAX = timedelta(seconds=60)
"""An event has waited longer than that for a projection: no worker works, or not for everybody."""
EVENTS_BEHIND_MAX = 20_000
"""In one organization: the worker cannot keep up."""
ORGANIZATIONS_ASKED_MAX = 200
"""How many of those that are behind are asked how long their events have waited, the longest silent ones first."""

_LAG = """
SELECT p.projection,
    count(*) FILTER (WHERE p.status = 'parked') AS parked,
    count(*) FILTER (WHERE p.status <> 'parked' AND p.position < h.position) AS behind,
    coalesce(sum(h.position - p.position) FILTER (WHERE p.status <> 'parked'), 0) AS events,
    coalesce(max(h.position - p.position) FILTER (WHERE p.status <> 'parked'), 0) AS most
FROM steelyard.tenant_head h
JOIN steelyard.projection_route r ON r.tenant_id = h.tenant_id
JOIN steelyard.progress p ON p.tenant_id = r.tenant_id AND p.projection = r.projection AND p.generation = r.generation
GROUP BY p.projection ORDER BY p.projection
"""
_SIZE = "SELECT count(*) AS organizations, coalesce(sum(h.position), 0) AS events FROM steelyard.tenant_head h"
ALONE = "embedded, nothing else runs"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    value: str
    wrong: bool = False


def doctor(as_json: AsJson = False) -> None:
    """Look at settings, versions, schema, Redis and projections; end with 1 if anything is wrong.

    No value of a secret is shown.

    Examples:
      $ steelyard doctor
      $ steelyard doctor --json
    """
    with _app() as (app, mode):
        findings = [
            *_settings(app.settings, mode),
            *_service(app.settings, mode),
            *_redis(app.settings),
            *_database(app),
        ]
    wrong = any(finding.wrong for finding in findings)
    if as_json:
        found: dict[str, Json] = {finding.name: finding.value for finding in findings}
        problems: Json = [finding.name for finding in findings if finding.wrong]
        print_json({"healthy": not wrong, "wrong": problems, "found": found})
    else:
        rows = [(finding.name, finding.value, "WRONG" if finding.wrong else "") for finding in findings]
        print_table("Unhealthy" if wrong else "Healthy", ("", "Found", ""), rows)
    if wrong:
        raise found_wrong()


@contextmanager
def _app() -> Iterator[tuple[App, str]]:
    """The service without its start-up checks, whose findings are what is asked for."""
    location = all_settings.locate()
    if location.mode == "production":
        settings = all_settings.load()
        logs.configure("error")
        with built(settings) as app:
            yield app, "production"
        return
    require_data(location.home)
    with EmbeddedServers.start(location.home) as servers, built(prepared(location, servers, remark)) as app:
        yield app, "embedded, attached to a running process" if servers.attached else ALONE


def _settings(settings: Settings, mode: str) -> Iterator[Finding]:
    yield Finding("mode", mode)
    yield Finding("steelyard", version("steelyard"))
    yield Finding("python", sys.version.split()[0])
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if name != "mode" and not isinstance(value, SecretStr) and value is not None:
            yield Finding(f"setting {name}", str(value))


def _service(settings: Settings, mode: str) -> Iterator[Finding]:
    """Whether something answers here; in a container of its own the worker has no service beside it."""
    if mode == ALONE:  # whatever answers at the address serves other data
        yield Finding("service", "not running")
        return
    address = f"http://{settings.host}:{settings.port}/readyz"
    try:
        with urllib.request.urlopen(address, timeout=ANSWER_SECONDS_MAX) as answer:
            yield Finding("service", f"answers {answer.status} at {address}")
    except urllib.error.HTTPError as error:
        yield Finding("service", f"answers {error.code} at {address}", wrong=True)
    except OSError:
        yield Finding("service", f"nothing answers at {address}")


def _redis(settings: Settings) -> Iterator[Finding]:
    url = settings.redis_url.get_secret_value()
    try:
        with redis.Redis.from_url(
            url, socket_timeout=ANSWER_SECONDS_MAX, socket_connect_timeout=ANSWER_SECONDS_MAX
        ) as client:
            server = cast("dict[str, object]", client.info("server"))
        valkey = server.get("valkey_version")
        yield Finding("redis", f"Valkey {valkey}" if valkey else f"Redis {server['redis_version']}")
    except redis.RedisError as error:
        yield Finding("redis", f"cannot be reached ({type(error).__name__}): work goes on, slower", wrong=True)


def _database(app: App) -> Iterator[Finding]:
    for look in (_versions, _safety, _projections):
        try:
            yield from look(app)
        except (DBAPIError, Unavailable) as error:
            yield Finding("database", f"cannot be asked ({type(error).__name__})", wrong=True)
            return


def _versions(app: App) -> Iterator[Finding]:
    with app.database.directory() as connection:
        yield Finding("postgresql", str(connection.exec_driver_sql("SHOW server_version").scalar()))
        present, wanted = migrations.revision_of(connection), migrations.latest()
    if present != wanted:
        yield Finding("schema", f"{present or 'none'}, this version needs {wanted}: steelyard migrate", wrong=True)
    else:
        yield Finding("schema", present)


def _safety(app: App) -> Iterator[Finding]:
    try:
        refuse_unsafe(app.database)
    except UnsafeDatabase as error:
        for number, finding in enumerate(error.findings, 1):
            yield Finding(f"start-up check {number}", finding, wrong=True)
    else:
        yield Finding("start-up checks", "passed")


def _projections(app: App) -> Iterator[Finding]:
    with app.database.scheduler() as connection:
        size = connection.exec_driver_sql(_SIZE).one()
        rows = connection.exec_driver_sql(_LAG).all()
        behind = late(connection, ORGANIZATIONS_ASKED_MAX)
    waited = longest_waits(app.database, behind)
    yield Finding("organizations", f"{size.organizations} with {size.events} events")
    for row in rows:
        wait = waited.get(row.projection)
        wrong = (wait is not None and wait > LAG_MAX) or row.most > EVENTS_BEHIND_MAX or row.parked > 0
        waiting = f", waiting for up to {wait.total_seconds():.0f} s" if wait is not None else ""
        parked = f", {row.parked} parked before an event that cannot be applied" if row.parked else ""
        value = f"{row.events} events behind in {row.behind} organizations{waiting}{parked}"
        yield Finding(f"projection {row.projection}", value, wrong=wrong)
