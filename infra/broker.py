"""Redis as the fast path: a wake-up per organization after each commit, never data.

Losing Redis costs latency and nothing else: `wake` then says so in the log once in a while and returns at once, and the
worker's sweep finds the news in PostgreSQL.
"""

import logging
import time
from collections.abc import Callable
from typing import cast
from uuid import UUID

import redis
from dramatiq import Message
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import AgeLimit
from redis.backoff import NoBackoff
from redis.retry import Retry

from infra.consumer import WaitingBroker

NAMESPACE = "steelyard"
QUEUE = "wake"
ACTOR = "catch_up"

HEARTBEAT_MILLISECONDS = 5_000
"""A worker silent for so long is dead, and its messages go to another."""
MAINTENANCE_PER_MILLION = 100_000
MESSAGE_AGE_MILLISECONDS_MAX = 60_000
DEAD_MESSAGE_MILLISECONDS = 60_000
"""Nothing is worth keeping here."""
COALESCE_MILLISECONDS = 2_000
"""If the message of a wake-up is lost, the next one of the organization gets through after this."""

PRODUCE_SECONDS_MAX = 0.25
CONSUME_SECONDS_MAX = 5.0
MUTED_SECONDS = 5.0
"""After a failure nobody waits for Redis again for so long."""
WARNING_SECONDS = 30.0

log = logging.getLogger(__name__)


class EvictingRedis(Exception):
    """This Redis throws keys away when it is full; set maxmemory-policy to noeviction."""


def broker_of(url: str, timeout_seconds: float = CONSUME_SECONDS_MAX) -> RedisBroker:
    """A broker with our one queue; connects when first used. The address may be redis://, rediss:// or unix://."""
    broker = WaitingBroker(  # type: ignore[no-untyped-call]  # dramatiq annotates no constructor of its brokers
        client=_client(url, timeout_seconds),
        middleware=[AgeLimit(max_age=MESSAGE_AGE_MILLISECONDS_MAX)],
        namespace=NAMESPACE,
        heartbeat_timeout=HEARTBEAT_MILLISECONDS,
        maintenance_chance=MAINTENANCE_PER_MILLION,
        dead_message_ttl=DEAD_MESSAGE_MILLISECONDS,
    )
    broker.declare_queue(QUEUE)
    return broker


def refuse_evicting(broker: RedisBroker) -> None:
    """Raises EvictingRedis unless full means refused; says nothing while Redis is away."""
    try:
        found = cast("dict[str, object]", broker.client.info("memory"))
    except redis.RedisError:
        return
    policy = found.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        raise EvictingRedis(f"maxmemory-policy is {policy}; set it to noeviction, or jobs get lost unseen")


class Waker:
    """Tells workers that an organization has news; one message at a time for each organization."""

    def __init__(self, broker: RedisBroker, clock: Callable[[], float] = time.monotonic) -> None:
        self._broker = broker
        self._clock = clock
        self._muted_until = 0.0
        self._quiet_until = 0.0

    def wake(self, tenant: UUID, position: int) -> None:
        """Send the hint, unless one is on its way. Never fails and never waits long."""
        if self._clock() < self._muted_until:
            return
        try:
            if self._broker.client.set(_key(tenant), position, nx=True, px=COALESCE_MILLISECONDS):
                self._broker.enqueue(Message(QUEUE, ACTOR, (str(tenant),), {}, {}))
        except redis.RedisError as error:
            self._failed(error)

    def taken(self, tenant: UUID) -> None:
        """The hint has been read: what comes from now on is news again. Call it before looking at the log."""
        try:
            self._broker.client.delete(_key(tenant))
        except redis.RedisError as error:
            self._failed(error)

    def close(self) -> None:
        """Close its connections."""
        self._broker.close()
        self._broker.client.close()

    def _failed(self, error: redis.RedisError) -> None:
        now = self._clock()
        self._muted_until = now + MUTED_SECONDS
        if now >= self._quiet_until:
            self._quiet_until = now + WARNING_SECONDS
            log.warning("Redis is away, the sweep takes over: %s", type(error).__name__)


def waker(url: str) -> Waker:
    """For processes that write: no request waits for Redis."""
    return Waker(broker_of(url, PRODUCE_SECONDS_MAX))


def _key(tenant: UUID) -> str:
    return f"{NAMESPACE}:woken:{tenant}"


def _client(url: str, timeout_seconds: float) -> "redis.Redis":
    # One retry for a connection that died in the pool; a server that hangs is not asked twice.
    retry = Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,))
    return redis.Redis.from_url(
        url, socket_timeout=timeout_seconds, socket_connect_timeout=timeout_seconds, retry=retry
    )
