"""Canonical JSON: the one byte string of a value, which is what the log hashes (docs/log-format.md).

Keys sorted, no spaces, UTF-8, no floats: exact numbers are text. Strings are escaped as RFC 8785 asks.
"""

import json
from typing import NoReturn, cast

JsonValue = None | bool | int | str | list["JsonValue"] | dict[str, "JsonValue"]
JsonObject = dict[str, JsonValue]

_encode = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"), check_circular=False
).encode


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"a float in the log: {text}")


_decode = json.JSONDecoder(parse_float=_refuse, parse_constant=_refuse).decode


def dumps(value: JsonValue) -> bytes:
    """The canonical bytes of a JSON value."""
    return _encode(value).encode()


def loads(data: bytes) -> JsonValue:
    """The value of JSON bytes, canonical or not. Raises ValueError for what is no JSON, and for floats."""
    return cast(JsonValue, _decode(data.decode()))


def loads_object(data: bytes) -> JsonObject:
    """The same, of an object. Raises ValueError otherwise."""
    value = loads(data)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value
