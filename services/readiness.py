"""Whether requests can be served: the database with its boot checks; without Redis it is ready but degraded."""

import time
from threading import Lock

import redis
from msgspec import Struct
from sqlalchemy.exc import DBAPIError

from infra.database_errors import Unavailable
from infra.eventstore.boot import UnsafeDatabase, refuse_unsafe
from services.bundle import App

CACHED_SECONDS = 1.0
REDIS_SECONDS = 0.5


class Readiness(Struct, frozen=True):
    """`checks` says "ok" of each part, or what is wrong in general words; details are for the doctor command."""

    ready: bool
    degraded: bool
    checks: dict[str, str]


class Probe:
    """Asks at most once a second, however often it is asked."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._lock = Lock()
        self._asked_at = -CACHED_SECONDS
        self._found = Readiness(False, False, {})

    def readiness(self) -> Readiness:
        """The readiness of at most a second ago."""
        with self._lock:
            if time.monotonic() - self._asked_at >= CACHED_SECONDS:
                self._found = self._asked()
                self._asked_at = time.monotonic()
            return self._found

    def _asked(self) -> Readiness:
        checks = {"database": self._database(), "redis": self._redis()}
        return Readiness(checks["database"] == "ok", checks["redis"] != "ok", checks)

    def _database(self) -> str:
        try:
            refuse_unsafe(self._app.database)
        except UnsafeDatabase:
            return "unsafe"
        except (Unavailable, DBAPIError):
            return "away"
        return "ok"

    def _redis(self) -> str:
        client = redis.Redis.from_url(
            self._app.settings.redis_url.get_secret_value(),
            socket_connect_timeout=REDIS_SECONDS,
            socket_timeout=REDIS_SECONDS,
        )
        try:
            client.ping()
        except redis.RedisError:
            return "away"
        finally:
            client.close()
        return "ok"
