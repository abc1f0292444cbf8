"""How requests share a process: bounded threads for the API and for pages, and a collector that is out of the way."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import anyio
from anyio import to_thread
from litestar import Litestar
from litestar.testing import TestClient

from services.api.server import create_app
from services.app import App
from tests.services.programs import ROOT
from tests.support.http import Caller

MANY = 64


def test_pages_run_on_as_many_threads_as_the_settings_say(server: Litestar, app: App) -> None:
    async def tokens() -> float:
        for hook in server.on_startup:
            await hook()  # type: ignore[call-arg]  # ours is asynchronous and takes nothing
        return to_thread.current_default_thread_limiter().total_tokens

    assert anyio.run(tokens) == app.settings.threads


def test_more_requests_than_threads_wait_for_their_turn_and_are_all_answered(app: App) -> None:
    before = _request_threads()
    with TestClient(create_app(app), raise_server_exceptions=False) as client:
        caller = Caller.founded(app, client).built()
        with ThreadPoolExecutor(MANY) as clients:
            answers = list(clients.map(lambda _: caller.send("GET", "/v1/scorecards"), range(MANY)))
        assert len(_request_threads() - before) == app.settings.threads
    assert {answer.status_code for answer in answers} == {200}


def _request_threads() -> set[threading.Thread]:
    return {each for each in threading.enumerate() if each.name.startswith("request_")}


def test_what_start_up_made_is_out_of_sight_of_the_collector() -> None:
    settle = "import gc, services.serve, services.interpreter; services.interpreter.settle_memory()"
    said = f"{settle}; print(gc.get_freeze_count() > 10_000, *gc.get_threshold())"
    done = subprocess.run([sys.executable, "-c", said], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "50000", "20", "20"]
