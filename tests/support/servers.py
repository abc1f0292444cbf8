"""Pytest plugin: one PostgreSQL and one Valkey per run, in memory where there is room, shared by all workers.

Under xdist the controller owns the servers and hands their addresses to the workers; otherwise the first test that asks
starts them. fsync stays on: in memory it costs nothing, and the server passes the same start-up checks as a real one.
"""

import contextlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, urlsplit

import psycopg
import pytest
from psycopg import sql

from infra.embedded.servers import EmbeddedServers
from infra.embedded.valkey import DATABASES

MEMORY = Path("/dev/shm")
MEMORY_FREE_BYTES_MIN = 1_000_000_000
FOLDER_PREFIX = "steelyard-tests-"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Superuser DSN of the maintenance database, and the URL of Valkey without a database number."""

    postgres: str
    redis: str


class WorkerNode(Protocol):
    config: pytest.Config
    workerinput: dict[str, str]


_folder_key = pytest.StashKey[Path]()
_servers_key = pytest.StashKey[EmbeddedServers]()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: WorkerNode) -> None:
    """In the controller, before a worker starts."""
    addresses = _start_once(node.config)
    node.workerinput["postgres_address"] = addresses.postgres
    node.workerinput["redis_address"] = addresses.redis


def pytest_unconfigure(config: pytest.Config) -> None:
    if _servers_key in config.stash:
        config.stash[_servers_key].stop()
        shutil.rmtree(config.stash[_folder_key], ignore_errors=True)


@pytest.fixture(scope="session")
def server_addresses(request: pytest.FixtureRequest) -> Addresses:
    worker: dict[str, str] | None = getattr(request.config, "workerinput", None)
    if worker is None:
        return _start_once(request.config)
    return Addresses(worker["postgres_address"], worker["redis_address"])


@pytest.fixture(scope="session")
def worker_index(request: pytest.FixtureRequest) -> int:
    """0, 1, ... under xdist; 0 without."""
    worker: dict[str, str] = getattr(request.config, "workerinput", {"workerid": "gw0"})
    return int(worker["workerid"].removeprefix("gw"))


@pytest.fixture(scope="session")
def postgres_admin_dsn(server_addresses: Addresses) -> str:
    """Superuser DSN of the maintenance database; make a database of your own with `new_database`."""
    return server_addresses.postgres


@pytest.fixture(scope="session")
def redis_url(server_addresses: Addresses, worker_index: int) -> str:
    """A Valkey database of this worker's own: flush it freely."""
    assert worker_index < DATABASES, "more workers than Valkey databases"
    return f"{server_addresses.redis}?db={worker_index}"


def new_database(admin_dsn: str, name: str, template: str | None = None) -> str:
    """Create a database, a copy of `template` if given (to which nobody may be connected); its superuser DSN."""
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY = file_copy").format(
        sql.Identifier(name), sql.Identifier(template or "template0")
    )
    with psycopg.connect(admin_dsn, autocommit=True) as connection:
        connection.execute(statement)
    return dsn_with(admin_dsn, database=name)


def drop_database(admin_dsn: str, name: str) -> None:
    """Drop a database, and end who is still connected to it."""
    statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    with psycopg.connect(admin_dsn, autocommit=True) as connection:
        connection.execute(statement)


def dsn_with(dsn: str, *, role: str | None = None, database: str | None = None) -> str:
    """The same server as another role or with another database; the test servers ask for no password."""
    parts = urlsplit(dsn)
    if role is not None:
        parts = parts._replace(netloc=f"{quote(role, safe='')}@")
    if database is not None:
        parts = parts._replace(path=f"/{quote(database, safe='')}")
    return parts.geturl()


def new_folder() -> Path:
    """A temporary folder, in memory where there is room; its maker removes it."""
    parent = MEMORY if _memory_has_room() else Path(tempfile.gettempdir())
    _remove_leftovers(parent)
    folder = Path(tempfile.mkdtemp(prefix=f"{FOLDER_PREFIX}{os.getpid()}-", dir=parent))
    folder.chmod(0o711)  # root in a container runs PostgreSQL as another account, which has to enter
    return folder


def _start_once(config: pytest.Config) -> Addresses:
    if _servers_key not in config.stash:
        folder = new_folder()
        config.stash[_folder_key] = folder
        config.stash[_servers_key] = EmbeddedServers.start(folder)
    servers = config.stash[_servers_key]
    return Addresses(servers.postgres_dsn(), servers.redis_url)


def _memory_has_room() -> bool:
    return os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= MEMORY_FREE_BYTES_MIN


def _remove_leftovers(parent: Path) -> None:
    """Folders of runs that were killed: they would fill the memory."""
    for folder in parent.glob(f"{FOLDER_PREFIX}*"):
        pid = int(folder.name.removeprefix(FOLDER_PREFIX).split("-")[0])
        with contextlib.suppress(PermissionError):
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                shutil.rmtree(folder, ignore_errors=True)
