"""API keys, page tokens and signed page sessions: format, checksum, digest, constant-time check.

Pure: secrets, keys and times arrive as values. A token looks like `steelyard_key_<43 of base 62><6 of checksum>`, so
that secret scanners find it and a mistyped one is refused without asking the database. Only its digest is kept.
"""

import base64
import binascii
import hashlib
import hmac
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

SECRET_SIZE_BYTES = 32
SECRET_CHARACTERS = 43
CHECKSUM_CHARACTERS = 6
TOKEN_CHARACTERS_MAX = 80
SESSION_CHARACTERS_MAX = 200
SESSION_SIZE_BYTES = 16 + 8

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class TokenKind(StrEnum):
    """What a token opens: the API, or once the read-only pages of an organization."""

    API_KEY = "key"
    PAGE = "page"


def token_of(kind: TokenKind, secret: bytes) -> str:
    """The text of a token whose secret is 32 random bytes."""
    assert len(secret) == SECRET_SIZE_BYTES, "a secret has 32 bytes"
    body = f"steelyard_{kind.value}_{_base62(int.from_bytes(secret), SECRET_CHARACTERS)}"
    return body + _checksum(body)


def well_formed(text: str, kind: TokenKind) -> bool:
    """Whether the text has the form and the checksum of a token of that kind."""
    prefix = f"steelyard_{kind.value}_"
    if len(text) != len(prefix) + SECRET_CHARACTERS + CHECKSUM_CHARACTERS or not text.startswith(prefix):
        return False
    if any(character not in _ALPHABET for character in text[len(prefix) :]):
        return False
    body, checksum = text[:-CHECKSUM_CHARACTERS], text[-CHECKSUM_CHARACTERS:]
    return same(_checksum(body).encode(), checksum.encode())


def digest(token: str) -> bytes:
    """What is stored of a token: SHA-256, enough for 256 random bits."""
    return hashlib.sha256(token.encode()).digest()


def same(one: bytes, other: bytes) -> bool:
    """Whether two byte strings are equal, in time that does not depend on where they differ."""
    return hmac.compare_digest(one, other)


def derived_secret(key: bytes, nonce: bytes) -> bytes:
    """The secret of a token from a random nonce: a repeated request can show the same token though none is stored."""
    return hmac.digest(key, b"steelyard token\x00" + nonce, "sha256")


@dataclass(frozen=True, slots=True)
class PageSession:
    """Who may read the pages of one organization, until when (aware UTC, whole seconds)."""

    organization: UUID
    expires_at: datetime


def signed(session: PageSession, key: bytes) -> str:
    """The text of a session for a cookie, signed with the token key."""
    content = session.organization.bytes + int(session.expires_at.timestamp()).to_bytes(8)
    return base64.urlsafe_b64encode(content + _signature(content, key)).decode().rstrip("=")


def opened(text: str, key: bytes, now: datetime) -> PageSession | None:
    """The session of that text; None when it is forged, malformed or over."""
    content = _verified(text, key)
    if content is None:
        return None
    expires_at = datetime.fromtimestamp(int.from_bytes(content[16:]), UTC)
    return PageSession(UUID(bytes=content[:16]), expires_at) if now < expires_at else None


def _verified(text: str, key: bytes) -> bytes | None:
    if len(text) > SESSION_CHARACTERS_MAX or not text.isascii():
        return None
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        return None
    content, signature = data[:SESSION_SIZE_BYTES], data[SESSION_SIZE_BYTES:]
    intact = len(content) == SESSION_SIZE_BYTES and same(_signature(content, key), signature)
    return content if intact else None


def _signature(content: bytes, key: bytes) -> bytes:
    return hmac.digest(key, b"steelyard page session\x00" + content, "sha256")


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), CHECKSUM_CHARACTERS)


def _base62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, rest = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[rest])
    return "".join(reversed(digits))
