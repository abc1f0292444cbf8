"""Canonical JSON: the one byte string of a value, which is what the log hashes (docs/log-format.md).

Keys sorted, no spaces, UTF-8, no floats: exact numbers are text. Strings are escaped as RFC 8785 asks, and whole
numbers stay within what every JSON reader takes exactly.
"""

from typing import cast

import msgspec

JsonValue = None | bool | int | str | list["JsonValue"] | dict[str, "JsonValue"]
JsonObject = dict[str, JsonValue]

WHOLE_NUMBER_MAX = 2**53 - 1


def _plain(value: object) -> str:
    """Text of a class of its own is text all the same."""
    if isinstance(value, str):
        return str(value)
    raise TypeError(f"{type(value).__name__} is no JSON")


_encode = msgspec.json.Encoder(enc_hook=_plain, order="sorted").encode


def dumps(value: JsonValue) -> bytes:
    """The canonical bytes of a JSON value."""
    return _encode(value)


def loads(data: bytes) -> JsonValue:
    """The value of JSON bytes, canonical or not. Raises ValueError for what is no JSON.

    A float passes here and nowhere further: no shape takes one.
    """
    return cast(JsonValue, msgspec.json.decode(data))


def loads_object(data: bytes) -> JsonObject:
    """The same, of an object. Raises ValueError otherwise."""
    value = loads(data)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value
