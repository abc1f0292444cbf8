"""A client of the API that never gives up: it repeats a request with its key until it is told the outcome.

Everything it is told meanwhile is counted; only a 503 or 409 that says when to come back, or silence, may come before.
"""

import http.client
import json
import time
from collections import Counter
from dataclasses import dataclass, field

from infra import clock

SILENCE = 0
TIMEOUT_SECONDS = 20.0
PAUSE_SECONDS = 0.05
PATIENCE_SECONDS = 90.0
IN_PROGRESS = "idempotency-in-progress"


class Lied(AssertionError):
    """An answer that no caller may see."""


@dataclass(frozen=True)
class Told:
    """An answer; a status of SILENCE if none came."""

    status: int
    body: bytes = b""
    retry_after: str | None = None


@dataclass
class Caller:
    """One thread's connection. `seen` counts every status."""

    port: int
    token: str
    seen: Counter[int] = field(default_factory=Counter)
    slowest_seconds: float = 0.0
    _connection: http.client.HTTPConnection | None = None

    def insist(self, path: str, body: dict[str, object], key: str | None = None) -> Told:
        """The outcome, after as many repetitions as it takes. Raises Lied."""
        key = key or str(clock.new_id())
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            told = self.post(path, body, key)
            if 200 <= told.status < 300:
                return told
            if not _says_come_back(told):
                raise Lied(f"{path} {body}: {told.status} {told.body.decode()}")
            if time.monotonic() > deadline:
                raise Lied(f"{path} {body}: no outcome in {PATIENCE_SECONDS:g} s, last {told}")
            time.sleep(PAUSE_SECONDS)

    def post(self, path: str, body: dict[str, object], key: str) -> Told:
        """One attempt."""
        started = time.monotonic()
        told = self._sent(path, json.dumps(body).encode(), key)
        self.seen[told.status] += 1
        self.slowest_seconds = max(self.slowest_seconds, time.monotonic() - started)
        return told

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _sent(self, path: str, body: bytes, key: str) -> Told:
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": key,
        }
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_SECONDS)
            self._connection.request("POST", path, body, headers)
            answer = self._connection.getresponse()
            return Told(answer.status, answer.read(), answer.getheader("Retry-After"))
        except (OSError, http.client.HTTPException):
            self.close()
            return Told(SILENCE)


def _says_come_back(told: Told) -> bool:
    if told.status == SILENCE:
        return True
    in_progress = told.status == 409 and IN_PROGRESS in told.body.decode()
    return (told.status == 503 or in_progress) and told.retry_after is not None
