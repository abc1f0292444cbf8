"""The environment of production, on databases of the test run."""

import pytest

from infra.settings import PREFIX
from tests.services.programs import free_port
from tests.support.servers import dsn_with, new_database

OPERATOR_KEY = "kL3vQ9xT2mW7pR5sZ8bN1cF4hJ6dG0aY"


@pytest.fixture
def production(postgres_admin_dsn: str, template_database: str, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The environment of production on an empty database; the superuser's address of it."""
    name = f"production_{free_port()}"
    dsn = new_database(postgres_admin_dsn, name)
    settings = {
        "MODE": "production",
        "DATABASE_URL_APP": dsn_with(dsn, role="steelyard_app"),
        "DATABASE_URL_SCHEDULER": dsn_with(dsn, role="steelyard_scheduler"),
        "REDIS_URL": redis_url,
        "OPERATOR_KEY": OPERATOR_KEY,
        "SEALING_KEY": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "TOKEN_KEY": "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=",
        "PUBLIC_URL": "https://scores.example.org",
    }
    for key, value in settings.items():
        monkeypatch.setenv(PREFIX + key, value)
    return dsn
