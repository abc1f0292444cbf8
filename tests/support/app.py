"""Pytest plugin: the real App on a test database, made by build(settings) as everywhere else."""

import base64
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
from pydantic import SecretStr

from infra import clock
from infra.settings import Settings
from projections.runner import Outcome, catch_up
from services.app import App
from services.commands import CommandKey
from services.founding import Founding, found_organization
from services.keys import IssuedKey, WantedKey, issue_key
from services.wiring import build
from tenants.access import Actor, Role
from tests.support.database import POOL_SIZE, TestDatabase
from tests.support.statements import watch

OPERATOR_KEY = "operator-key-of-the-tests-0123456789"
JANUARY = date(2026, 1, 1)


def settings_for(database: TestDatabase, redis_url: str, home: Path) -> Settings:
    """The settings of an embedded service on that database."""
    return Settings(
        home=home,
        mode="embedded",
        database_url_app=SecretStr(database.app_url),
        database_url_scheduler=SecretStr(database.scheduler_url),
        redis_url=SecretStr(redis_url),
        operator_key=SecretStr(OPERATOR_KEY),
        sealing_key=SecretStr(base64.b64encode(bytes(range(32))).decode()),
        token_key=SecretStr(base64.b64encode(bytes(range(32, 64))).decode()),
        threads=4,
        worker_threads=2,
        pool_size=POOL_SIZE,
    )


@pytest.fixture(scope="module")
def app(module_database: TestDatabase, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The service on the module's database."""
    made = build(settings_for(module_database, redis_url, tmp_path_factory.mktemp("home")))
    watch(made.database)
    yield made
    made.close()


def found(app: App, code: str | None = None) -> IssuedKey:
    """A new organization with its first owner's key."""
    code = code or f"org-{clock.new_id()}"
    return found_organization(app, Founding(code, "An organization"), CommandKey.made())


def owner(organization: UUID) -> Actor:
    """An owner of that organization."""
    return Actor(organization, "owner", Role.OWNER)


def key_of(app: App, organization: UUID, role: Role) -> IssuedKey:
    """A fresh key of that role."""
    wanted = WantedKey(f"a {role.value}", role, expires_at=clock.now().replace(year=2100))
    return issue_key(app, owner(organization), wanted, CommandKey.made())


def bring_up(app: App, organization: UUID) -> None:
    """Every background projection at the head of the log."""
    for projection in app.projections:
        if not projection.inline:
            assert catch_up(app.store, organization, projection) is Outcome.CURRENT
