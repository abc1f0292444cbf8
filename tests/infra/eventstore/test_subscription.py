"""Following a log: everything comes once and in order, whatever is committed at whichever moment."""

import threading
import time
from uuid import UUID

import pytest
from eventsourcing.persistence import StoredEvent

from infra import clock
from infra.database import Database
from infra.eventstore import subscription
from infra.eventstore.errors import HeadMoved
from infra.eventstore.recorder import TenantRecorder
from tests.infra.eventstore.world import append, filled, opened


def _recorder(database: Database, tenant: UUID) -> TenantRecorder:
    return TenantRecorder(lambda: database.transaction(tenant), tenant)


def test_what_is_appended_while_somebody_follows_comes_in_order(
    database: Database, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscription, "PAGE_SIZE", 7)
    wanted = 60

    def write() -> None:
        for count in range(wanted // 2):
            append(database, tenant, [filled(count)])

    writers = [threading.Thread(target=write) for _ in range(2)]
    with _recorder(database, tenant).subscribe() as followed:
        for writer in writers:
            writer.start()
        assert [next(followed).id for _ in range(wanted)] == list(range(1, wanted + 1))
    for writer in writers:
        writer.join()


def test_some_topics_are_followed_past_all_others(
    database: Database, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscription, "PAGE_SIZE", 2)
    append(database, tenant, [filled(1), filled(2), opened(version=1), filled(3), opened(version=2), filled(4)])
    with _recorder(database, tenant).subscribe(gt=1, topics=["box-opened"]) as followed:
        assert [next(followed).id for _ in range(2)] == [3, 5]
        append(database, tenant, [filled(5), opened(version=3)])
        assert next(followed).id == 8


def test_a_follower_that_waits_can_be_stopped(database: Database, tenant: UUID) -> None:
    with _recorder(database, tenant).subscribe() as followed:
        threading.Timer(0.1, followed.stop).start()
        began = time.monotonic()
        assert list(followed) == []
        assert time.monotonic() - began < 2


def test_a_head_that_does_not_move_is_never_taken_for_success(database: Database) -> None:
    """As on Citus while a shard moves: the statement succeeds and touches nothing."""
    with pytest.raises(HeadMoved):
        _recorder(database, clock.new_id()).insert_events([StoredEvent("box/1", 1, "box-opened", b"{}")])
