"""What is said while a server is away: without Redis the service goes on, without PostgreSQL it says come again."""

from collections.abc import Iterator
from contextlib import contextmanager

from litestar import Litestar
from litestar.testing import TestClient
from pydantic import SecretStr

from services.api.server import create_app
from services.app import App
from services.wiring import build
from tests.support.app import OPERATOR_KEY
from tests.support.http import Caller, refused

NOWHERE = SecretStr("postgresql://steelyard_app@127.0.0.1:1/steelyard?connect_timeout=1")
NO_REDIS = SecretStr("redis://127.0.0.1:1/0")


@contextmanager
def served(app: App, **settings: SecretStr) -> Iterator[tuple[App, TestClient[Litestar]]]:
    """The same service with another address of a server."""
    made = build(app.settings.model_copy(update=settings))
    with TestClient(create_app(made), raise_server_exceptions=False) as client:
        yield made, client
    made.close()


def test_without_redis_the_service_is_ready_and_degraded_and_writes_go_on(app: App) -> None:
    with served(app, redis_url=NO_REDIS) as (made, client):
        ready = client.get("/readyz")
        assert (ready.status_code, ready.json()["ready"], ready.json()["degraded"]) == (200, True, True)
        Caller.founded(made, client).built()


def test_without_its_database_the_service_lives_but_is_not_ready(app: App) -> None:
    with served(app, database_url_app=NOWHERE) as (_, client):
        assert client.get("/livez").status_code == 200
        ready = client.get("/readyz")
        assert (ready.status_code, ready.json()["checks"]["database"]) == (503, "away")


def test_without_its_database_a_request_is_told_to_come_again(app: App) -> None:
    with served(app, database_url_app=NOWHERE) as (_, client):
        answer = client.post(
            "/v1/organizations",
            json={"code": "acme", "name": "Acme"},
            headers={"Authorization": f"Bearer {OPERATOR_KEY}"},
        )
        refused(answer, 503, "unavailable")
        assert answer.headers["retry-after"] == "1"
