"""A lost reply to COMMIT: the caller gets the true outcome, and the command has one effect."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from uuid import UUID

import pytest
from pydantic import SecretStr
from sqlalchemy import Connection, event
from sqlalchemy.exc import DBAPIError

from domain.errors import Refused
from infra.database import LOCK_SECONDS
from infra.database_errors import Unavailable, classify
from infra.eventstore.idempotency import claim
from infra.eventstore.log import Recorded
from services.app import App, execute
from services.commands import CommandKey, written
from services.founding import Founding, found_organization
from services.wiring import build
from tests.support.app import found, owner, settings_for
from tests.support.commands import define
from tests.support.database import TestDatabase
from tests.support.proxy import Cut, PostgresProxy

ROUNDS = 25


@dataclass(frozen=True)
class Wire:
    """The service behind a wire that can be cut."""

    app: App
    proxy: PostgresProxy


@pytest.fixture(scope="module")
def wire(module_database: TestDatabase, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    with PostgresProxy(module_database.superuser_url, tmp_path_factory.mktemp("wire")) as proxy:
        direct = settings_for(module_database, redis_url, tmp_path_factory.mktemp("home"))
        behind = direct.model_copy(update={"database_url_app": SecretStr(proxy.url(module_database.app_url))})
        app = build(behind)
        yield Wire(app, proxy)
        app.close()


def names(app: App, organization: UUID) -> list[str]:
    with app.database.transaction(organization) as connection:
        return [each.name for each in app.logs.bind(connection, organization).read(0, 1_000)]


@pytest.mark.parametrize("cut", Cut)
def test_every_command_has_its_outcome_and_one_effect(wire: Wire, app: App, cut: Cut) -> None:
    organization = found(app).organization
    for number in range(ROUNDS):
        wire.proxy.cut_next(cut)
        answer = execute(wire.app, owner(organization), [define(f"kpi-{number}")], CommandKey.made())
        assert (written(answer).outcome, answer.position, answer.replayed) == ("recorded", 3 + number, False)
    assert len(names(app, organization)) == 2 + ROUNDS


@contextmanager
def cut_after(wire: Wire, beginning: str, cut: Cut) -> Iterator[None]:
    """Cut at the first COMMIT after a statement that begins so."""
    engine, armed = wire.app.database._app, [True]

    def arm(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith(beginning) and armed:
            armed.pop()
            wire.proxy.cut_next(cut)

    event.listen(engine, "before_cursor_execute", arm)
    yield
    event.remove(engine, "before_cursor_execute", arm)
    assert not armed, "the statement was never sent"


@pytest.mark.parametrize("cut", Cut)
def test_an_organization_is_founded_once(wire: Wire, app: App, cut: Cut) -> None:
    founding = Founding(f"lost-{cut.name.lower().replace('_', '-')}", "Lost")
    with cut_after(wire, "INSERT INTO steelyard.tenant_head", cut):
        issued = found_organization(wire.app, founding, CommandKey.of("found", b"lost"))
    assert names(app, issued.organization) == ["organization-founded", "api-key-issued"]
    assert found_organization(app, founding, CommandKey.of("found", b"lost")).token == issued.token


def test_a_commit_that_the_server_is_slow_to_end_is_waited_for(wire: Wire, app: App) -> None:
    """Whoever holds the key meanwhile is, as far as the caller can know, the lost request itself."""
    organization, key = found(app).organization, CommandKey.of("define", b"define")
    claiming = threading.Event()

    def hold() -> None:
        with suppress(Refused), app.database.transaction(organization) as connection:
            claiming.set()
            claim(connection, organization, owner(organization).principal, key.key, key.fingerprint)
            time.sleep(LOCK_SECONDS + 0.5)
            raise Refused("refused", "nothing came of it")

    def cut(_connection: Connection, _recorded: tuple[Recorded, ...]) -> None:
        if not claiming.is_set():
            pool.submit(hold)
            assert claiming.wait(LOCK_SECONDS)
            wire.proxy.cut_next(Cut.BEFORE_COMMIT)

    with ThreadPoolExecutor(1) as pool:
        answer = execute(wire.app, owner(organization), [define()], key, alongside=cut)
    assert (written(answer).outcome, answer.replayed) == ("recorded", False)


def test_a_database_that_stays_away_is_said_so_and_a_repetition_gets_the_outcome(wire: Wire, app: App) -> None:
    organization, key = found(app).organization, CommandKey.of("define", b"define")
    nowhere = app.settings.model_copy(
        update={"database_url_app": SecretStr("postgresql://steelyard_app@127.0.0.1:1/steelyard?connect_timeout=1")}
    )
    away = build(nowhere)
    with pytest.raises(DBAPIError) as failure:
        execute(away, owner(organization), [define()], key)
    assert isinstance(classify(failure.value), Unavailable)
    away.close()
    assert not execute(app, owner(organization), [define()], key).replayed
