"""The headers clients send: request id, idempotency key, least position."""

import re

from services.api.problems import Problem

IDEMPOTENCY_KEY_CHARACTERS_MAX = 255
POSITION_DIGITS_MAX = 18

_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_PRINTABLE = re.compile(r"[\x20-\x7e]+")
_QUOTED = re.compile(r'"((?:[^"\\]|\\["\\])*)"')


def request_id_of(text: str | None) -> str | None:
    """The client's id of the request, if it has the form of one."""
    return text if text is not None and _REQUEST_ID.fullmatch(text) else None


def idempotency_key_of(values: list[str]) -> str | None:
    """The key, from its quoted or bare form; None without one. Raises Problem `idempotency-key-invalid`."""
    if not values:
        return None
    text = values[0].strip(" \t")
    quoted = _QUOTED.fullmatch(text)
    key = re.sub(r"\\(.)", r"\1", quoted.group(1)) if quoted else text
    if len(values) > 1 or not 1 <= len(key) <= IDEMPOTENCY_KEY_CHARACTERS_MAX or not _PRINTABLE.fullmatch(key):
        raise Problem(
            "idempotency-key-invalid",
            f"Idempotency-Key must be 1 to {IDEMPOTENCY_KEY_CHARACTERS_MAX} printable ASCII characters, sent once",
        )
    return key


def min_position_of(text: str | None) -> int:
    """The position a read must show; 0 without. Raises Problem `header-invalid`."""
    if text is None:
        return 0
    if not (text.isascii() and text.isdecimal() and len(text) <= POSITION_DIGITS_MAX):
        raise Problem("header-invalid", "Steelyard-Min-Position must be a whole number of at least 0")
    return int(text)
