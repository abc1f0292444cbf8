"""The embedded servers keep their data, die with their owner, and are shared.

Each test runs its owner as a process of its own, so that it can be killed as an operator or the kernel would.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
import redis

from infra.embedded.errors import DataOfAnotherMajor, NoUnprivilegedUser, SocketFolderNotOurs
from infra.embedded.postgres import MAJOR, PostgresFiles, installation, start_postgres, stop_postgres
from infra.embedded.privilege import choose_privilege
from infra.embedded.process import command_line, wait_until
from infra.embedded.servers import SHORT_FOLDER_PARENT, EmbeddedServers
from infra.embedded.valkey import answers
from tests.support.servers import drop_database, dsn_with, new_database, new_folder

OWNER = """
import sys
from pathlib import Path
from infra.embedded.servers import EmbeddedServers
with EmbeddedServers.start(Path(sys.argv[1])) as servers:
    print(servers.postgres_dsn(), servers.redis_url, servers.attached, flush=True)
    sys.stdin.read()
"""
WAIT_SECONDS_MAX = 30.0


class Owner:
    """A process that started the servers of `home`, or attached to them."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.process = subprocess.Popen(
            [sys.executable, "-c", OWNER, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.dsn, self.redis_url, attached = self.process.stdout.readline().split()
        self.attached = attached == "True"

    @property
    def postgres_pid(self) -> int:
        return int((self.home / f"postgres-{MAJOR}" / "postmaster.pid").read_text().split()[0])

    def end(self) -> None:
        self.process.communicate()

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def home() -> Iterator[Path]:
    folder = new_folder()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def remember(dsn: str, text: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS memory (text text)")
        connection.execute("INSERT INTO memory VALUES (%s)", [text])


def remembered(dsn: str) -> list[str]:
    with psycopg.connect(dsn) as connection:
        return [str(row[0]) for row in connection.execute("SELECT text FROM memory ORDER BY text")]


def refuses_connections(dsn: str) -> bool:
    try:
        psycopg.connect(dsn).close()
    except psycopg.OperationalError:
        return True
    return False


def test_a_database_of_the_test_run_is_durable_and_valkey_refuses_to_forget(
    postgres_admin_dsn: str, redis_url: str, worker_index: int
) -> None:
    name = f"embedded_probe_{worker_index}"
    dsn = new_database(postgres_admin_dsn, name)
    settings = ("fsync", "synchronous_commit", "full_page_writes", "data_checksums")
    with psycopg.connect(dsn) as connection:
        assert [connection.execute("SELECT current_setting(%s)", [each]).fetchone() for each in settings] == [
            ("on",)
        ] * 4
        order = "SELECT datlocprovider, datlocale FROM pg_database WHERE datname = current_database()"
        assert connection.execute(order).fetchone() == ("b", "C.UTF-8")
    drop_database(postgres_admin_dsn, name)
    assert dsn_with(dsn, database="postgres") == postgres_admin_dsn
    with redis.Redis.from_url(redis_url) as client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_killing_the_owner_takes_both_servers_down(home: Path) -> None:
    owner = Owner(home)
    pid = owner.postgres_pid
    owner.kill()
    assert wait_until(lambda: command_line(pid) == "", WAIT_SECONDS_MAX)
    assert refuses_connections(owner.dsn)
    assert wait_until(lambda: not answers(Path(urlsplit(owner.redis_url).path)), WAIT_SECONDS_MAX)


def test_committed_rows_and_queued_work_outlive_a_killed_owner(home: Path) -> None:
    first = Owner(home)
    remember(first.dsn, "committed")
    with redis.Redis.from_url(first.redis_url) as client:
        client.rpush("queue", "work")
    first.kill()
    second = Owner(home)
    assert remembered(second.dsn) == ["committed"]
    with redis.Redis.from_url(second.redis_url) as client:
        assert client.lrange("queue", 0, -1) == [b"work"]
    assert not second.attached
    second.end()


def test_committed_rows_outlive_a_killed_server_with_a_busy_backend(home: Path) -> None:
    with EmbeddedServers.start(home) as servers:
        dsn = servers.postgres_dsn()
        remember(dsn, "committed")
        with psycopg.connect(dsn, autocommit=True) as busy:
            busy.execute("SELECT 1")
            pid = int((home / f"postgres-{MAJOR}" / "postmaster.pid").read_text().split()[0])
            os.kill(pid, signal.SIGKILL)
            assert wait_until(lambda: servers.ensure_running() == ("postgres",), WAIT_SECONDS_MAX)
        assert remembered(dsn) == ["committed"]
        assert servers.ensure_running() == ()


def test_a_second_process_attaches_and_leaves_the_servers_running(home: Path) -> None:
    first = Owner(home)
    second = Owner(home)
    assert (first.attached, second.attached) == (False, True)
    assert second.dsn == first.dsn
    second.end()
    remember(first.dsn, "still here")
    first.end()
    assert refuses_connections(first.dsn)


def test_half_a_data_folder_is_made_anew(home: Path) -> None:
    half = home / f"postgres-{MAJOR}.new"
    half.mkdir()
    (half / "PG_VERSION").write_text(MAJOR)
    owner = Owner(home)
    remember(owner.dsn, "whole")
    assert not half.exists()
    owner.end()


def test_a_lock_file_that_names_a_stranger_does_not_stop_the_start(home: Path) -> None:
    Owner(home).end()
    lock_file = home / f"postgres-{MAJOR}" / "postmaster.pid"
    with subprocess.Popen(["sleep", "60"]) as stranger:
        lock_file.write_text(f"{stranger.pid}\n{home / f'postgres-{MAJOR}'}\n1\n5432\n\n\n0 0\nready\n")
        owner = Owner(home)
        remember(owner.dsn, "started")
        owner.end()
        assert stranger.poll() is None
        stranger.kill()


def test_data_of_an_older_postgresql_is_refused_with_what_to_do(home: Path) -> None:
    older = home / "postgres-17"
    older.mkdir()
    (older / "PG_VERSION").write_text("17\n")
    with pytest.raises(DataOfAnotherMajor, match="pg_dumpall"):
        EmbeddedServers.start(home)
    assert not (home / f"postgres-{MAJOR}").exists()


def test_a_long_path_still_has_a_socket_and_it_is_private(home: Path) -> None:
    deep = home / ("long" * 30)
    with EmbeddedServers.start(deep) as servers:
        remember(servers.postgres_dsn(), "reached")
        folder = Path(parse_qs(urlsplit(servers.postgres_dsn()).query)["host"][0])
    assert folder.parent == SHORT_FOLDER_PARENT
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.chmod(0o777)
    with pytest.raises(SocketFolderNotOurs):
        EmbeddedServers.start(deep)
    folder.chmod(0o700)
    for left in folder.iterdir():
        left.unlink()
    folder.rmdir()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has privileges to give up")
def test_root_without_user_namespaces_runs_postgresql_as_an_existing_account(home: Path) -> None:
    privilege = choose_privilege(installation(), home / "programs", lambda: False)
    assert privilege.account is not None
    sockets = home / "sockets"
    sockets.mkdir(mode=0o700)
    privilege.own(sockets)
    files = PostgresFiles(home / f"postgres-{MAJOR}", sockets, home / "postgres.log")
    child = start_postgres(files, privilege)
    try:
        assert Path(f"/proc/{child.pid}").stat().st_uid == privilege.account.uid
        remember(f"postgresql://postgres@/postgres?host={sockets}", "reached")
    finally:
        stop_postgres(child)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has privileges to give up")
def test_a_home_that_account_cannot_enter_is_refused_and_keeps_its_mode(home: Path) -> None:
    home.chmod(0o700)
    with pytest.raises(NoUnprivilegedUser, match="STEELYARD_HOME"):
        choose_privilege(installation(), home / "programs", lambda: False)
    assert home.stat().st_mode & 0o777 == 0o700
