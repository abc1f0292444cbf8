"""Who is calling: from the Authorization header to an Actor, or to the operator of the service.

A key is looked up by its digest and remembered for at most a second, so that a revoked one opens nothing after that.
"""

import time
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from infra import clock
from infra.database import Database
from tenants import credentials
from tenants.access import OPERATOR, Actor
from tenants.credentials import Credential
from tenants.tokens import TokenKind, digest, same, well_formed

REMEMBERED_SECONDS = 1.0
REMEMBERED_KEYS_MAX = 10_000
HEADER_CHARACTERS_MAX = 1_000
SCHEME = "bearer"


class Unauthenticated(Exception):
    """No valid key; which part failed is nobody's business."""


class KeyExpired(Exception):
    """The key was valid and is over."""


@dataclass(frozen=True, slots=True)
class Operator:
    """Whoever runs the service."""

    principal: str = OPERATOR


class Authenticator:
    """Knows the operator's key and remembers the keys of the last second."""

    def __init__(self, database: Database, operator_key: str) -> None:
        self._database = database
        self._operator_digest = digest(operator_key)
        self._known: OrderedDict[bytes, tuple[float, Credential]] = OrderedDict()
        self._lock = Lock()

    def caller(self, authorization: str | None) -> Actor | Operator:
        """Who sent that header. Raises Unauthenticated or KeyExpired."""
        token = _bearer(authorization)
        presented = digest(token)
        if same(presented, self._operator_digest):
            return Operator()
        if not well_formed(token, TokenKind.API_KEY):
            raise Unauthenticated
        credential = self._credential(presented)
        if credential.expires_at is not None and credential.expires_at <= clock.now():
            raise KeyExpired
        return credential.actor

    def _credential(self, presented: bytes) -> Credential:
        with self._lock:
            asked_at, known = self._known.get(presented, (0.0, None))
        if known is not None and time.monotonic() - asked_at < REMEMBERED_SECONDS:
            return known
        return self._looked_up(presented)

    def _looked_up(self, presented: bytes) -> Credential:
        asked_at = time.monotonic()  # before the question: its answer may be as old as that
        with self._database.directory() as connection:
            found = credentials.key_by_digest(connection, presented)
        with self._lock:
            self._known.pop(presented, None)
            if found is None:
                raise Unauthenticated
            self._known[presented] = (asked_at, found)
            if len(self._known) > REMEMBERED_KEYS_MAX:
                self._known.popitem(last=False)
        return found


def _bearer(authorization: str | None) -> str:
    if authorization is None or len(authorization) > HEADER_CHARACTERS_MAX:
        raise Unauthenticated
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != SCHEME or not token.strip():
        raise Unauthenticated
    return token.strip()
