"""What tests of the API may ask for: a client of the real server on the test database."""

import warnings
from collections.abc import Iterator

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from services.api.server import create_app
from services.app import App
from tests.support.http import Caller


@pytest.fixture(scope="module")
def server(app: App) -> Litestar:
    """The HTTP server without pages; what Litestar will not take in its next version is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)
        return create_app(app)


@pytest.fixture(scope="module")
def client(server: Litestar) -> Iterator[TestClient[Litestar]]:
    """Sends requests without a network."""
    with TestClient(server, raise_server_exceptions=False) as made:
        yield made


@pytest.fixture
def caller(app: App, client: TestClient[Litestar]) -> Caller:
    """An owner of a new organization."""
    return Caller.founded(app, client)
