"""Bodies as they arrive: a slow one is not waited for, a large one is not read before the key is known."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

import pytest
from litestar import Litestar
from litestar.types import Message

from services.api.arriving import UNASKED_BYTES_MAX
from services.api.server import create_app
from services.app import App
from tenants.access import Role
from tests.support.http import Caller, Json

BATCH = "/v1/measurements/batch"
Receive = Callable[[], Awaitable[Message]]


@pytest.fixture(scope="module")
def hasty(app: App) -> Litestar:
    """A server that waits a second for a body."""
    return create_app(replace(app, settings=app.settings.model_copy(update={"body_seconds_max": 1})))


@dataclass
class Told:
    """What the server sent."""

    messages: list[Message] = field(default_factory=list)

    async def send(self, message: Message) -> None:
        self.messages.append(message)

    @property
    def status(self) -> int:
        return int(str(self.messages[0]["status"]))  # type: ignore[typeddict-item]  # the first one starts the response

    @property
    def slug(self) -> str:
        """The type of the problem."""
        body: Json = json.loads(b"".join(message.get("body", b"") for message in self.messages[1:]))  # type: ignore[misc]
        return str(body["type"]).rpartition("/")[2]


def sent(server: Litestar, token: str, receive: Receive, length: int | None) -> Told:
    """A request as a server hands it over: `receive` is called when the application wants more of the body."""
    headers = [(b"authorization", f"Bearer {token}".encode()), (b"content-type", b"application/json")]
    if length is not None:
        headers.append((b"content-length", str(length).encode()))
    scope: dict[str, object] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": BATCH,
        "raw_path": BATCH.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": headers,
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 1),
        "state": {},
    }
    told = Told()
    asyncio.run(server(scope, receive, told.send))  # type: ignore[arg-type]  # a scope is a TypedDict
    return told


async def never() -> Message:
    """The rest does not come."""
    await asyncio.sleep(3600)
    raise AssertionError


async def unread() -> Message:
    raise AssertionError("nobody may want the body")


@pytest.mark.parametrize("length", [10, UNASKED_BYTES_MAX + 1, None])
def test_a_body_that_does_not_come_is_not_waited_for(hasty: Litestar, caller: Caller, length: int | None) -> None:
    told = sent(hasty, caller.token, never, length)
    assert (told.status, told.slug) == (408, "too-slow")


@pytest.mark.parametrize("length", [UNASKED_BYTES_MAX + 1, None])
def test_a_large_body_is_not_read_from_whoever_has_no_key(server: Litestar, length: int | None) -> None:
    assert sent(server, "steelyard_key_nobodys", unread, length).status == 401


def test_nor_from_a_key_that_may_not_send_it(server: Litestar, caller: Caller) -> None:
    viewer = caller.with_role(Role.VIEWER)
    assert sent(server, viewer.token, unread, UNASKED_BYTES_MAX + 1).status == 403
