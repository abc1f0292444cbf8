"""One effect per key, whatever comes twice, at once, or without an answer."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from infra import clock
from infra.database import Database
from infra.database_errors import CommitUnknown
from infra.eventstore import idempotency
from infra.eventstore.errors import KeyInProgress, KeyReused
from infra.eventstore.idempotency import Answered, Claimed, claim, lookup, purge, settle
from tests.infra.eventstore.world import ANN, LOGS, filled, read_all
from tests.support.database import TestDatabase
from tests.support.proxy import Cut, PostgresProxy

PRINT = b"fingerprint"


def _once(database: Database, tenant: UUID, key: str, principal: str = "ann", fingerprint: bytes = PRINT) -> bytes:
    """A command as services carry it out: claim, append, settle, commit."""
    with database.transaction(tenant) as connection:
        claimed = claim(connection, tenant, principal, key, fingerprint)
        if isinstance(claimed, Answered):
            return claimed.answer
        (recorded,) = LOGS.bind(connection, tenant).append([filled(1)], ANN)
        answer = b'{"position":%d}' % recorded.position
        settle(connection, tenant, principal, key, answer, recorded.position, recorded.position)
        return answer


class Failed(Exception):
    """A command that is refused after its key was claimed."""


def _claim_and_fail(database: Database, tenant: UUID, meanwhile: Callable[[], None]) -> None:
    with database.transaction(tenant) as connection:
        claim(connection, tenant, "ann", "k", PRINT)
        meanwhile()
        raise Failed


def test_the_second_time_the_first_answer_comes_and_nothing_else_happens(database: Database, tenant: UUID) -> None:
    assert _once(database, tenant, "k") == b'{"position":1}'
    assert _once(database, tenant, "k") == b'{"position":1}'
    with database.transaction(tenant) as connection:
        assert claim(connection, tenant, "ann", "k", PRINT) == Answered(b'{"position":1}', 1, 1)
    assert len(read_all(database, tenant)) == 1


def test_another_request_under_the_same_key_is_refused(database: Database, tenant: UUID) -> None:
    _once(database, tenant, "k")
    with pytest.raises(KeyReused):
        _once(database, tenant, "k", fingerprint=b"other")


def test_keys_are_each_principals_and_each_organizations_own(
    database: Database, tenant: UUID, other_tenant: UUID
) -> None:
    assert _once(database, tenant, "k") == b'{"position":1}'
    assert _once(database, tenant, "k", principal="ben") == b'{"position":2}'
    assert _once(database, other_tenant, "k", fingerprint=b"other") == b'{"position":1}'


def test_a_command_that_failed_leaves_its_key_free(database: Database, tenant: UUID) -> None:
    with pytest.raises(Failed):
        _claim_and_fail(database, tenant, lambda: None)
    with database.transaction(tenant) as connection:
        assert claim(connection, tenant, "ann", "k", b"other") == Claimed()


def test_an_answer_without_events_has_no_positions(database: Database, tenant: UUID) -> None:
    with database.transaction(tenant) as connection:
        claim(connection, tenant, "ann", "k", PRINT)
        settle(connection, tenant, "ann", "k", b"{}")
    with database.transaction(tenant) as connection:
        assert lookup(connection, tenant, "ann", "k") == Answered(b"{}", None, None)


def test_settling_without_a_claim_is_a_defect(database: Database, tenant: UUID) -> None:
    with pytest.raises(AssertionError), database.transaction(tenant) as connection:
        settle(connection, tenant, "ann", "k", b"{}")


def test_parallel_duplicates_have_one_effect_and_identical_answers(database: Database, tenant: UUID) -> None:
    for round_ in range(10):
        with ThreadPoolExecutor(8) as pool:
            answers = set(pool.map(lambda _: _once(database, tenant, f"k{round_}"), range(8)))  # noqa: B023 - at once
        assert answers == {b'{"position":%d}' % (round_ + 1)}


def test_a_duplicate_waits_for_the_first_and_reads_its_answer(database: Database, tenant: UUID) -> None:
    with ThreadPoolExecutor(1) as pool:
        with database.transaction(tenant) as connection:
            claim(connection, tenant, "ann", "k", PRINT)
            duplicate = pool.submit(_once, database, tenant, "k")
            time.sleep(0.2)
            assert not duplicate.done()
            settle(connection, tenant, "ann", "k", b"first")
        assert duplicate.result() == b"first"


def test_a_duplicate_of_one_that_rolls_back_becomes_the_first(database: Database, tenant: UUID) -> None:
    with ThreadPoolExecutor(1) as pool:
        duplicates: list[Future[bytes]] = []

        def meanwhile() -> None:
            duplicates.append(pool.submit(_once, database, tenant, "k"))
            time.sleep(0.2)

        with pytest.raises(Failed):
            _claim_and_fail(database, tenant, meanwhile)
        assert [each.result() for each in duplicates] == [b'{"position":1}']


def test_a_duplicate_that_waited_too_long_is_told_so(database: Database, tenant: UUID) -> None:
    with database.transaction(tenant) as connection:
        claim(connection, tenant, "ann", "k", PRINT)
        began = time.monotonic()
        with pytest.raises(KeyInProgress):
            _once(database, tenant, "k")
        assert 1.5 < time.monotonic() - began < 4


def test_keys_are_kept_for_seven_days_and_then_forgotten(
    database: Database, tenant: UUID, other_tenant: UUID, module_database: TestDatabase
) -> None:
    now = datetime(2026, 3, 31, tzinfo=UTC)
    for organization in (tenant, other_tenant):
        for key, age in (("young", timedelta(days=7)), ("old", timedelta(days=7, seconds=1))):
            _once(database, organization, key)
            module_database.superuser(
                "UPDATE steelyard.command SET created_at = %s WHERE tenant_id = %s AND key = %s",
                (now - age, organization, key),
            )
    with database.transaction(tenant) as connection:
        assert purge(connection, tenant, now) == 1
        assert lookup(connection, tenant, "ann", "young") is not None
        assert lookup(connection, tenant, "ann", "old") is None
    with database.transaction(other_tenant) as connection:
        assert lookup(connection, other_tenant, "ann", "old") is not None


def test_forgetting_goes_in_steps(
    database: Database, tenant: UUID, monkeypatch: pytest.MonkeyPatch, module_database: TestDatabase
) -> None:
    monkeypatch.setattr(idempotency, "PURGE_ROWS_MAX", 2)
    for number in range(3):
        _once(database, tenant, f"k{number}")
    module_database.superuser("UPDATE steelyard.command SET created_at = '2020-01-01' WHERE tenant_id = %s", (tenant,))
    with database.transaction(tenant) as connection:
        assert [purge(connection, tenant, clock.now()) for _ in range(3)] == [2, 1, 0]


@pytest.fixture
def proxy(module_database: TestDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresProxy]:
    folder: Path = tmp_path_factory.mktemp("proxy")
    with PostgresProxy(module_database.superuser_url, folder) as running:
        yield running


@pytest.mark.parametrize("cut", [Cut.BEFORE_COMMIT, Cut.AFTER_COMMIT])
def test_after_a_lost_commit_the_key_tells_what_happened(
    database: Database, tenant: UUID, proxy: PostgresProxy, module_database: TestDatabase, cut: Cut
) -> None:
    cut_off = Database.connect(proxy.url(module_database.app_url), proxy.url(module_database.scheduler_url), 1)
    for attempt in range(20):
        key = f"k{attempt}"
        proxy.cut_next(cut)
        with pytest.raises(CommitUnknown):
            _once(cut_off, tenant, key)
        with database.transaction(tenant) as connection:
            found = lookup(connection, tenant, "ann", key, PRINT)
        # Whoever finds nothing sends the command again; either way there is one effect and its own answer.
        assert (found is not None) == (cut is Cut.AFTER_COMMIT)
        assert _once(database, tenant, key) == b'{"position":%d}' % (attempt + 1)
    cut_off.close()
    assert len(read_all(database, tenant)) == 20


def test_a_command_sent_again_while_its_first_commit_is_under_way_waits_for_it(
    database: Database, tenant: UUID
) -> None:
    """The server may still be committing what the client lost: claiming the key waits, looking it up does not."""
    release = threading.Event()

    def slow() -> None:
        with database.transaction(tenant) as connection:
            claim(connection, tenant, "ann", "k", PRINT)
            settle(connection, tenant, "ann", "k", b"slow")
            release.wait(5)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(slow)
        time.sleep(0.1)
        with database.transaction(tenant) as connection:
            assert lookup(connection, tenant, "ann", "k", PRINT) is None
        again = pool.submit(_once, database, tenant, "k")
        time.sleep(0.1)
        release.set()
        first.result()
        assert again.result() == b"slow"
