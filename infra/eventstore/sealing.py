"""Text that people wrote, sealed before it reaches the log: AES-256-GCM under a key of whoever wrote it.

The key lies in steelyard.data_key, wrapped by the key from the settings. Deleting its row erases the text everywhere,
and no hash changes, since hashes cover the sealed form. Text is bound to its tenant, stream, version and field, so
that nothing can be moved. The version of a fact is its position, which is known once the head is locked.
"""

import base64
import binascii
import os
import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection

from infra import clock
from infra.eventstore.canonical import JsonObject, JsonValue
from infra.eventstore.errors import SealBroken
from infra.eventstore.shape import Unsealed

ERASED = "[erased]"
"""What is read where the key was deleted."""

KEY_FIELD = "$key"
TEXT_FIELD = "$sealed"
MARKER = f'"{TEXT_FIELD}"'.encode()
"""In the bytes of every body that holds sealed text."""

NONCE_SIZE_BYTES = 12
KEY_SIZE_BITS = 256
_TEXT_LABEL = b"steelyard text 1"
_KEY_LABEL = b"steelyard data key 1"

_FIND_BY_PRINCIPAL = (
    "SELECT key_id, wrapped FROM steelyard.data_key WHERE tenant_id = %(tenant)s AND principal = %(principal)s"
)
_FIND = (
    "SELECT key_id, principal, wrapped FROM steelyard.data_key"
    " WHERE tenant_id = %(tenant)s AND key_id = ANY(%(key_ids)s::uuid[])"
)
_ADD = (
    "INSERT INTO steelyard.data_key (tenant_id, key_id, principal, wrapped)"
    " VALUES (%(tenant)s, %(key_id)s, %(principal)s, %(wrapped)s) ON CONFLICT DO NOTHING"
)


class Sealer:
    """Holds the key from the settings. Bind it to a transaction to seal and open."""

    def __init__(self, sealing_key: bytes) -> None:
        self._cipher = AESGCM(sealing_key)

    def bind(self, connection: Connection, tenant: UUID) -> "Seals":
        """The keys of one organization, for the length of one transaction."""
        return Seals(self, connection, tenant)

    def wrap(self, data_key: bytes, place: bytes) -> bytes:
        """A data key as it is stored."""
        return _encrypt(self._cipher, data_key, place)

    def unwrap(self, wrapped: bytes, place: bytes) -> bytes:
        """The data key again. Raises SealBroken."""
        try:
            return _decrypt(self._cipher, wrapped, place)
        except InvalidTag:
            raise SealBroken("a data key does not open: it was altered, or the sealing key is another one") from None


@dataclass(slots=True)
class Pen:
    """Whoever writes the events of one append; the key is looked up at the first text, if there is any.

    Not kept longer: a savepoint that is rolled back takes a key that was made in it along.
    """

    principal: str
    key: tuple[UUID, AESGCM] | None = None


@dataclass(slots=True)
class Seals:
    """Seals and opens the texts of one organization in one transaction."""

    _sealer: Sealer
    _connection: Connection
    _tenant: UUID
    _ciphers: dict[UUID, AESGCM | None] = field(default_factory=dict)
    """None: erased."""

    def seal(self, body: JsonObject, pen: Pen, stream: str, version: int) -> JsonObject:
        """The body with every Unsealed text in it sealed under the writer's key, which is made if there is none."""

        def sealed(value: JsonValue, pointer: str) -> JsonValue:
            if not isinstance(value, Unsealed):
                return value
            if pen.key is None:
                pen.key = self._own_key(pen.principal)
            key_id, cipher = pen.key
            ciphertext = _encrypt(cipher, value.encode(), self._place(stream, version, pointer))
            return {KEY_FIELD: str(key_id), TEXT_FIELD: base64.b64encode(ciphertext).decode()}

        return {name: _mapped(each, f"/{name}", sealed) for name, each in body.items()}

    def prepare(self, bodies: Iterable[JsonObject]) -> None:
        """Fetch the keys of many bodies in one query; `open` then asks for nothing."""
        wanted = {_key_id(each) for body in bodies for each in _sealed_in(body)} - self._ciphers.keys()
        if not wanted:
            return
        parameters = {"tenant": self._tenant, "key_ids": [str(each) for each in sorted(wanted)]}
        self._ciphers.update(dict.fromkeys(wanted))
        for key_id, principal, wrapped in self._connection.exec_driver_sql(_FIND, parameters):
            self._ciphers[key_id] = self._unwrapped(key_id, principal, wrapped)

    def open(self, body: JsonObject, stream: str, version: int) -> JsonObject:
        """The body in clear; ERASED stands for text whose key is gone. Raises SealBroken for text that was altered."""

        def opened(value: JsonValue, pointer: str) -> JsonValue:
            if not _is_sealed(value):
                return value
            return self._opened(value, self._place(stream, version, pointer), f"{stream} {version} {pointer}")

        self.prepare([body])
        return {name: _mapped(each, f"/{name}", opened) for name, each in body.items()}

    def _opened(self, sealed: JsonValue, place: bytes, shown: str) -> str:
        assert isinstance(sealed, dict)
        cipher = self._ciphers[_key_id(sealed)]
        if cipher is None:
            return ERASED
        try:
            return _decrypt(cipher, base64.b64decode(str(sealed[TEXT_FIELD]), validate=True), place).decode()
        except (InvalidTag, binascii.Error):
            raise SealBroken(f"sealed text at {shown} was altered or moved") from None

    def _own_key(self, principal: str) -> tuple[UUID, AESGCM]:
        parameters = {"tenant": self._tenant, "principal": principal}
        found = self._connection.exec_driver_sql(_FIND_BY_PRINCIPAL, parameters).one_or_none()
        if found is None:
            # Appends of one organization wait for each other at its head, so nobody else makes this key meanwhile.
            self._add_key(principal)
            found = self._connection.exec_driver_sql(_FIND_BY_PRINCIPAL, parameters).one()
        cipher = self._unwrapped(found.key_id, principal, found.wrapped)
        self._ciphers[found.key_id] = cipher
        return found.key_id, cipher

    def _add_key(self, principal: str) -> None:
        key_id = clock.new_id()
        wrapped = self._sealer.wrap(AESGCM.generate_key(KEY_SIZE_BITS), key_place(self._tenant, key_id, principal))
        parameters = {"tenant": self._tenant, "key_id": key_id, "principal": principal, "wrapped": wrapped}
        self._connection.exec_driver_sql(_ADD, parameters)

    def _unwrapped(self, key_id: UUID, principal: str, wrapped: bytes) -> AESGCM:
        return AESGCM(self._sealer.unwrap(wrapped, key_place(self._tenant, key_id, principal)))

    def _place(self, stream: str, version: int, pointer: str) -> bytes:
        return b"".join((_TEXT_LABEL, self._tenant.bytes, _sized(stream), struct.pack(">q", version), _sized(pointer)))


def key_place(tenant: UUID, key_id: UUID, principal: str) -> bytes:
    """What a data key is bound to by its wrapping."""
    return b"".join((_KEY_LABEL, tenant.bytes, key_id.bytes, _sized(principal)))


def _mapped(value: JsonValue, pointer: str, change: Callable[[JsonValue, str], JsonValue]) -> JsonValue:
    """`change` applied to every node from the outside in; what it returns anew is not entered."""
    changed = change(value, pointer)
    if changed is not value:
        return changed
    if isinstance(value, dict):
        return {name: _mapped(each, f"{pointer}/{name}", change) for name, each in value.items()}
    if isinstance(value, list):
        return [_mapped(each, f"{pointer}/{index}", change) for index, each in enumerate(value)]
    return value


def holds_unsealed(value: JsonValue) -> bool:
    """Whether there is text to be sealed in it; most of what could have some has none."""
    if isinstance(value, dict):
        return any(holds_unsealed(each) for each in value.values())
    if isinstance(value, list):
        return any(holds_unsealed(each) for each in value)
    return isinstance(value, Unsealed)


def _sealed_in(value: JsonValue) -> Iterator[JsonObject]:
    if isinstance(value, dict):
        if _is_sealed(value):
            yield value
        else:
            for each in value.values():
                yield from _sealed_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from _sealed_in(each)


def _is_sealed(value: JsonValue) -> bool:
    return isinstance(value, dict) and TEXT_FIELD in value


def _key_id(sealed: JsonObject) -> UUID:
    try:
        return UUID(str(sealed.get(KEY_FIELD)))
    except ValueError:
        raise SealBroken("sealed text names no key") from None


def _encrypt(cipher: AESGCM, plaintext: bytes, place: bytes) -> bytes:
    nonce = os.urandom(NONCE_SIZE_BYTES)
    return nonce + cipher.encrypt(nonce, plaintext, place)


def _decrypt(cipher: AESGCM, data: bytes, place: bytes) -> bytes:
    if len(data) < NONCE_SIZE_BYTES:
        raise InvalidTag
    return cipher.decrypt(data[:NONCE_SIZE_BYTES], data[NONCE_SIZE_BYTES:], place)


def _sized(text: str) -> bytes:
    data = text.encode()
    return struct.pack(">i", len(data)) + data
