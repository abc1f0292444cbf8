"""Wake-ups: one at a time for an organization, and never in anybody's way."""

import logging
import os
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from urllib.parse import quote

import pytest
from dramatiq import Consumer, MessageProxy

from infra import broker
from infra.broker import MUTED_SECONDS, QUEUE, WARNING_SECONDS, EvictingRedis, Waker, broker_of, refuse_evicting, waker
from infra.clock import new_id
from infra.embedded.valkey import ValkeyFiles, start_valkey, stop_valkey


@dataclass
class OwnValkey:
    """A server of this test's own, to be stopped, hung and spoilt."""

    files: ValkeyFiles
    process: Popen[bytes]

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self.files.socket))}"

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            stop_valkey(self.process)

    def start(self) -> None:
        self.process = start_valkey(self.files)


@pytest.fixture
def valkey() -> Iterator[OwnValkey]:
    with tempfile.TemporaryDirectory(prefix="steelyard-") as folder:
        files = ValkeyFiles(Path(folder) / "data", Path(folder) / "socket", Path(folder) / "log")
        made = OwnValkey(files, start_valkey(files))
        yield made
        made.stop()


@dataclass
class Hands:
    """A clock that stands still until it is moved."""

    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


def _queued(url: str) -> int:
    return int(broker_of(url).do_qsize(QUEUE))


def test_one_message_is_under_way_for_an_organization_until_it_is_taken(redis_url: str) -> None:
    broker_of(redis_url).client.flushdb()
    one, other, sending = new_id(), new_id(), waker(redis_url)
    for position in range(1, 4):
        sending.wake(one, position)
    assert _queued(redis_url) == 1
    sending.wake(other, 1)
    sending.taken(one)
    sending.wake(one, 4)
    assert _queued(redis_url) == 3
    sending.close()


def test_without_redis_a_wake_up_returns_at_once_and_warns_once_in_a_while(
    valkey: OwnValkey, caplog: pytest.LogCaptureFixture
) -> None:
    hands = Hands()
    sending = Waker(broker_of(valkey.url), hands)
    valkey.stop()
    with caplog.at_level(logging.WARNING, logger=broker.__name__):
        for _ in range(3):
            sending.wake(new_id(), 1)
            hands.now += MUTED_SECONDS + 1
        assert len(caplog.records) == 1
        hands.now += WARNING_SECONDS
        sending.wake(new_id(), 1)
    assert len(caplog.records) == 2
    assert valkey.url not in caplog.text


def test_a_redis_that_hangs_costs_one_short_wait_and_then_none(valkey: OwnValkey) -> None:
    sending = waker(valkey.url)
    sending.wake(new_id(), 1)
    os.kill(valkey.process.pid, signal.SIGSTOP)
    started = time.monotonic()
    for _ in range(50):
        sending.wake(new_id(), 1)
    assert time.monotonic() - started < 2


def test_after_an_outage_wake_ups_get_through_again(valkey: OwnValkey) -> None:
    hands = Hands()
    sending = Waker(broker_of(valkey.url), hands)
    sending.wake(new_id(), 1)
    valkey.stop()
    sending.wake(new_id(), 1)
    valkey.start()
    broker_of(valkey.url).client.flushdb()
    hands.now += MUTED_SECONDS + 1
    sending.wake(new_id(), 1)
    assert _queued(valkey.url) == 1


def test_a_redis_that_evicts_is_refused(valkey: OwnValkey) -> None:
    made = broker_of(valkey.url)
    refuse_evicting(made)
    made.client.config_set("maxmemory-policy", "allkeys-lru")
    with pytest.raises(EvictingRedis):
        refuse_evicting(made)
    valkey.stop()
    refuse_evicting(made)


def _messages(consumer: Consumer, wanted: int) -> list[MessageProxy]:
    found: list[MessageProxy] = []
    while len(found) < wanted:
        message = next(consumer)
        if message is not None:
            found.append(message)
    return found


def test_an_idle_consumer_waits_in_redis_and_does_not_ask_over_again(valkey: OwnValkey) -> None:
    made = broker_of(valkey.url)
    consumer = made.consume(QUEUE, timeout=300)
    assert next(consumer) is None
    before = made.client.info("stats")["total_commands_processed"]
    assert next(consumer) is None
    assert made.client.info("stats")["total_commands_processed"] - before < 10


def test_a_message_that_comes_while_a_consumer_waits_is_handed_over(valkey: OwnValkey) -> None:
    made, sending = broker_of(valkey.url), waker(valkey.url)
    consumer = made.consume(QUEUE, timeout=2_000)
    assert next(made.consume(QUEUE, timeout=1)) is None
    threading.Timer(0.1, sending.wake, (new_id(), 1)).start()
    for message in _messages(consumer, 1):
        consumer.ack(message)
    assert _queued(valkey.url) == 0
    sending.close()


def test_a_consumer_takes_no_more_than_it_may_before_one_is_answered(valkey: OwnValkey) -> None:
    made, sending = broker_of(valkey.url), waker(valkey.url)
    for _ in range(3):
        sending.wake(new_id(), 1)
    consumer = made.consume(QUEUE, prefetch=2, timeout=10)
    taken = _messages(consumer, 2)
    assert next(consumer) is None
    consumer.ack(taken[0])
    assert len(_messages(consumer, 1)) == 1
    sending.close()
