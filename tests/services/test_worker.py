"""The worker: woken after a commit, swept once a second, fair, and harmless whatever a message says."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from dramatiq import Message
from dramatiq.worker import Worker
from pydantic import SecretStr
from sqlalchemy import Connection

from infra import clock
from infra.broker import ACTOR, QUEUE, broker_of, waker
from infra.database import Database
from infra.eventstore import idempotency
from infra.eventstore.log import Metadata, NewEvent
from projections import progress
from projections.behind import NOBODY, behind, lag
from projections.projection import Batch, Projection
from projections.readings import READINGS
from projections.runner import catch_up
from services.app import App
from services.worker.actors import declare
from services.worker.process import working
from services.worker.schedule import JOBS, due, purge_keys
from services.worker.sweep import begin_new, retry_parked, sweep
from services.worker.turns import Desk, take_turn, take_turn_of
from tests.projections.world import CODEC, FOUNDED, LOGS, World, card, defined, recorded, scaled

SECONDS_MAX = 20.0
NOT_STOPPED = threading.Event()


@pytest.fixture
def world(app: App) -> World:
    return _founded(app.database)


@pytest.fixture
def service(app: App, world: World) -> App:
    """The App on the codec of the hand-made logs."""
    return replace(app, logs=LOGS, codec=CODEC, projections=tuple(world.projections))


def _founded(database: Database) -> World:
    made = World.new(database)
    made.append(FOUNDED, defined("a"), scaled("a"), *card("c", ("a", 1)))
    return made


def _positions(world: World) -> dict[str, int]:
    with world.database.transaction(world.tenant) as connection:
        names = [projection.name for projection in world.projections]
        return {name: each.position for name, each in progress.live(connection, world.tenant, names).items()}


def _eventually(true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + SECONDS_MAX
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@contextmanager
def _consuming(service: App, redis_url: str) -> Iterator[None]:
    """Wake-ups alone, without a sweep behind them."""
    broker = broker_of(redis_url)
    broker.client.flushdb()
    sending = waker(redis_url)
    declare(broker, service, sending, Desk())
    worker = Worker(broker, worker_timeout=20, worker_threads=2)
    worker.start()
    try:
        yield
    finally:
        worker.stop()
        sending.close()


def test_a_wake_up_brings_the_news_into_every_projection(service: App, world: World, redis_url: str) -> None:
    with _consuming(service, redis_url):
        position = world.append(recorded("a", "2026-01", 10))[0].position
        sending = waker(redis_url)
        sending.wake(world.tenant, position)
        assert _eventually(lambda: set(_positions(world).values()) == {position})
        sending.close()


def test_messages_for_nobody_are_harmless(service: App, world: World, redis_url: str) -> None:
    with _consuming(service, redis_url):
        broker, nobody = broker_of(redis_url), clock.new_id()
        for argument in ("no id", str(nobody), str(world.tenant), str(world.tenant)):
            broker.enqueue(Message(QUEUE, ACTOR, (argument,), {}, {}))
        head = _positions(world)["catalog"]
        assert _eventually(lambda: set(_positions(world).values()) == {head})
    with service.database.transaction(nobody) as connection:
        assert progress.live(connection, nobody, ["readings", "scores"]) == {}


def test_without_redis_the_sweep_does_all_the_work(service: App, world: World, tmp_path: Path) -> None:
    away = service.settings.model_copy(update={"redis_url": SecretStr(f"unix://{tmp_path}/nobody")})
    with working(replace(service, settings=away)):
        position = world.append(recorded("a", "2026-01", 10))[0].position
        assert _eventually(lambda: set(_positions(world).values()) == {position})


def test_a_flushed_redis_loses_nothing(service: App, world: World, redis_url: str) -> None:
    sending = waker(redis_url)
    with working(service):
        for month in range(1, 7):
            position = world.append(recorded("a", f"2026-{month:02}", 10))[0].position
            sending.wake(world.tenant, position)
            broker_of(redis_url).client.flushdb()
        assert _eventually(lambda: set(_positions(world).values()) == {position})
    sending.close()


def test_the_worker_stops_when_it_is_told_to(service: App) -> None:
    with working(service):
        pass
    assert [thread.name for thread in threading.enumerate() if "sweep" in thread.name] == []


def test_a_turn_is_one_batch_and_says_that_there_is_more(service: App, world: World) -> None:
    world.append(*(recorded("a", f"2026-{month:02}", month) for month in range(1, 13)))
    head, few = _positions(world)["catalog"], replace(READINGS, events_max=5)
    patient = replace(service, projections=(few,))
    turns = 0
    while take_turn_of(patient, world.tenant, "readings", 1):
        turns += 1
        assert _positions(world)["readings"] == turns * few.events_max
    assert _positions(world)["readings"] == head > turns * few.events_max > few.events_max


def test_a_sweep_goes_round_until_nobody_is_behind(service: App, world: World) -> None:
    other = _founded(service.database)
    for each in (world, other):
        each.append(*(recorded("a", f"2026-{month:02}", month) for month in range(1, 13)))
    sweep(service, NOT_STOPPED, Desk())
    for each in (world, other):
        assert set(_positions(each).values()) == {_positions(each)["catalog"]}


def test_what_fails_in_one_organization_keeps_no_other_waiting(service: App, world: World) -> None:
    other = _founded(service.database)

    def fail(batch: object) -> None:
        if getattr(batch, "tenant", None) == world.tenant:
            raise ConnectionResetError

    broken = Projection("broken", (), fail)
    for each in (world, other):
        with service.database.transaction(each.tenant) as connection:
            progress.begin(connection, each.tenant, ["broken"])
    sweep(replace(service, projections=(broken,)), NOT_STOPPED, Desk())
    with service.database.transaction(other.tenant) as connection:
        assert progress.live(connection, other.tenant, ["broken"])["broken"].position > 0
    with service.database.transaction(world.tenant) as connection:
        failed = progress.live(connection, world.tenant, ["broken"])["broken"]
    assert (failed.position, failed.status) == (0, progress.RUNNING)


def test_a_projection_that_comes_with_an_upgrade_begins_everywhere(service: App, world: World) -> None:
    new = Projection("new", (), lambda batch: None)
    upgraded = replace(service, projections=(*service.projections, new))
    begin_new(upgraded, NOT_STOPPED)
    sweep(upgraded, NOT_STOPPED, Desk())
    with service.database.transaction(world.tenant) as connection:
        assert progress.live(connection, world.tenant, ["new"])["new"].position == _positions(world)["catalog"]


def test_an_organization_in_which_it_cannot_begin_keeps_no_other_waiting(service: App, world: World) -> None:
    others = [_founded(service.database) for _ in range(3)]
    tenants = sorted(each.tenant for each in (world, *others))

    def fail(batch: Batch) -> None:
        if batch.tenant == tenants[0]:
            raise ConnectionResetError

    begin_new(replace(service, projections=(Projection("fragile", (), fail),)), NOT_STOPPED)
    for tenant in tenants[1:]:
        with service.database.transaction(tenant) as connection:
            assert progress.live(connection, tenant, ["fragile"])["fragile"].position > 0


def test_a_job_is_done_by_one_process_and_again_when_it_is_due(service: App) -> None:
    name = str(clock.new_id())
    claims: list[bool] = []
    rivals = [threading.Thread(target=lambda: claims.append(due(service, name, timedelta(hours=1)))) for _ in range(2)]
    for thread in rivals:
        thread.start()
    for thread in rivals:
        thread.join()
    assert sorted(claims) == [False, True]
    assert not due(service, name, timedelta(hours=1))
    with service.database.scheduler() as connection:
        connection.exec_driver_sql(
            "UPDATE steelyard.schedule SET due_at = %s WHERE name = %s", (clock.now() - timedelta(minutes=1), name)
        )
    assert due(service, name, timedelta(hours=1))


def test_a_worker_that_starts_tries_parked_projections_again_from_where_they_stand(service: App, world: World) -> None:
    def choke(batch: Batch) -> None:
        raise ValueError("cannot be applied")

    choking = replace(world.projection("readings"), apply=choke)
    world.append(recorded("a", "2026-01", 1))
    catch_up(service.store, world.tenant, choking)
    parked_at = _positions(world)["readings"]
    sweep(service, NOT_STOPPED, Desk())
    assert _positions(world)["readings"] == parked_at
    retry_parked(service, NOT_STOPPED)
    sweep(service, NOT_STOPPED, Desk())
    assert len(set(_positions(world).values())) == 1
    assert _positions(world)["readings"] > parked_at


def test_old_keys_are_forgotten_however_many_and_young_ones_kept(
    service: App, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert JOBS["purge-keys"].run is purge_keys
    past = clock.now() - idempotency.RETENTION - timedelta(minutes=1)
    with service.database.transaction(world.tenant) as connection:
        for key, created_at in (*((f"old-{number}", past) for number in range(5)), ("young", clock.now())):
            connection.exec_driver_sql(
                "INSERT INTO steelyard.command (tenant_id, principal, key, fingerprint, created_at)"
                " VALUES (%s, 'p', %s, 'f', %s)",
                (world.tenant, key, created_at),
            )
    monkeypatch.setattr(idempotency, "PURGE_ROWS_MAX", 2)
    purge_keys(service, NOT_STOPPED)
    with service.database.transaction(world.tenant) as connection:
        keys = connection.exec_driver_sql("SELECT key FROM steelyard.command WHERE tenant_id = %s", (world.tenant,))
        assert keys.scalars().all() == ["young"]


def test_the_lag_is_told_by_projection(service: App, world: World) -> None:
    sweep(service, NOT_STOPPED, Desk())
    world.append(recorded("a", "2026-01", 1), recorded("a", "2026-02", 1))
    catch_up(service.store, world.tenant, world.projection("readings"))
    with service.database.scheduler() as connection:
        found = {each.projection: each for each in lag(connection)}
    assert (found["readings"].events_behind, found["scores"].events_behind) == (0, 2)
    assert (found["scores"].tenants_behind, found["scores"].parked) == (1, 0)


def test_a_projection_that_reads_a_parked_one_is_left_alone_where_that_one_stands(service: App, world: World) -> None:
    def choke(batch: Batch) -> None:
        raise ValueError("cannot be applied")

    sweep(service, NOT_STOPPED, Desk())
    world.append(recorded("a", "2026-01", 1))
    catch_up(service.store, world.tenant, replace(world.projection("readings"), apply=choke))
    reads = {projection.name: projection.after for projection in service.projections}
    with service.database.scheduler() as connection:
        assert [each.tenant for each in behind(connection, NOBODY, 500, reads)].count(world.tenant) == 0
        found = behind(connection, NOBODY, 500, {})
    assert [each.projection for each in found if each.tenant == world.tenant] == ["scores"]
    assert not take_turn(service, world.tenant, [each for each in service.projections if not each.inline])


def test_a_projection_that_stands_before_a_parked_one_still_comes_up_to_it(service: App, world: World) -> None:
    position = world.append(recorded("a", "2026-01", 1))[0].position
    catch_up(service.store, world.tenant, world.projection("readings"))
    with service.database.transaction(world.tenant) as connection:
        progress.set_status(connection, world.tenant, "readings", 1, progress.PARKED, "an error")
    world.append(recorded("a", "2026-02", 1))
    sweep(service, NOT_STOPPED, Desk())
    assert (_positions(world)["readings"], _positions(world)["scores"]) == (position, position)


def test_many_wake_ups_at_once_are_one_turn_after_which_nothing_is_forgotten() -> None:
    desk, one, other = Desk(), clock.new_id(), clock.new_id()
    assert desk.begin(one)
    assert desk.begin(other)
    assert not desk.begin(one)
    assert desk.end(one)
    assert not desk.end(other)
    assert desk.begin(one)
    assert not desk.begin(one)
    desk.look(one)
    assert not desk.end(one)


def test_news_that_come_during_a_turn_are_brought_in_by_it_or_by_the_next(
    service: App, world: World, redis_url: str
) -> None:
    late = threading.Event()

    def append_once(batch: Batch) -> bool | None:
        if not late.is_set():
            late.set()
            with world.database.transaction(world.tenant) as other:
                log = service.logs.bind(other, world.tenant)
                events = [NewEvent("measurement/a", recorded("a", "2026-02", 2), None)]
                log.append(events, Metadata("tests", "late"))
            sending.wake(world.tenant, 0)
        return scores.apply(batch)

    sweep(service, NOT_STOPPED, Desk())
    scores, sending = world.projection("scores"), waker(redis_url)
    changed = [replace(scores, apply=append_once) if each is scores else each for each in service.projections]
    with _consuming(replace(service, projections=tuple(changed)), redis_url):
        head = world.append(recorded("a", "2026-01", 1))[0].position
        sending.wake(world.tenant, head)
        assert _eventually(lambda: _positions(world)["scores"] == head + 1)
    sending.close()


def test_what_projections_write_does_not_wait_for_the_disk_and_what_commands_write_does(
    service: App, world: World
) -> None:
    def waits(connection: Connection) -> str:
        return str(connection.exec_driver_sql("SHOW synchronous_commit").scalar_one())

    seen: list[str] = []
    catch_up(service.store, world.tenant, Projection("note", (), lambda batch: seen.append(waits(batch.connection))))
    with service.database.transaction(world.tenant) as connection:
        assert waits(connection) == "on"
    assert set(seen) == {"off"}
