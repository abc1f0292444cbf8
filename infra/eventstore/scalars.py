"""Shapes of single values: what Python brings, choices, and the classes a codec is told the text of."""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from uuid import UUID

from infra.eventstore.canonical import WHOLE_NUMBER_MAX, JsonValue
from infra.eventstore.errors import BodyUnfit
from infra.eventstore.shape import Shape

ToText = Callable[..., str]
FromText = Callable[[str], object]
CACHED_MAX = 10_000

_DECIMAL = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z", re.ASCII)


def scalar(cls: type, to_text: ToText, from_text: FromText) -> Shape:
    """A value written as text; parsed values are kept, since the same few come again and again."""

    @lru_cache(maxsize=CACHED_MAX)
    def parsed(text: str) -> object:
        try:
            return from_text(text)
        except Exception as error:  # whatever the class itself raises, it says the same: this text is no such value
            raise BodyUnfit(f"{text[:40]!r} is no {cls.__name__}") from error

    def encode(value: object) -> JsonValue:
        if not isinstance(value, cls):
            raise TypeError(f"{value!r} is no {cls.__name__}")
        return to_text(value)

    def decode(value: JsonValue) -> object:
        return parsed(_text_of(value))

    return Shape(encode, decode)


def choice(name: str, values: Mapping[str | int, object]) -> Shape:
    """One of a few values, written as its key."""
    keys = {value: key for key, value in values.items()}

    def encode(value: object) -> JsonValue:
        if value not in keys:
            raise TypeError(f"{value!r} is none of {name}")
        return keys[value]

    def decode(value: JsonValue) -> object:
        if isinstance(value, bool) or not isinstance(value, str | int) or value not in values:
            raise BodyUnfit(f"{value!r} is none of {name}")
        return values[value]

    return Shape(encode, decode)


def _exactly(cls: type) -> Shape:
    """JSON's own text, whole numbers and truth values."""

    def encode(value: object) -> JsonValue:
        if type(value) is not cls and not (cls is str and isinstance(value, str)):
            raise TypeError(f"{value!r} is no {cls.__name__}")
        if cls is int and abs(value) > WHOLE_NUMBER_MAX:  # type: ignore[arg-type]  # an int by now
            raise TypeError(f"{value!r} is more than every JSON reader takes exactly")
        return value  # type: ignore[return-value]  # checked above, by a class mypy cannot see

    def decode(value: JsonValue) -> object:
        if type(value) is not cls:
            raise BodyUnfit(f"not a {cls.__name__}")
        return value

    return Shape(encode, decode)


def decimal_text(value: Decimal) -> str:
    """Plain digits, never an exponent: 6E+1 is written 60. Raises TypeError for what is no finite Decimal."""
    if not isinstance(value, Decimal) or not value.is_finite():
        raise TypeError(f"{value!r} is no finite Decimal")
    return format(value, "f")


def instant_text(value: datetime) -> str:
    """RFC 3339 in UTC, always with six digits of a second. Raises TypeError without a time zone."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise TypeError(f"{value!r} is no aware datetime")
    return value.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def instant(text: str) -> datetime:
    """The instant of such a text. Raises BodyUnfit."""
    return datetime.fromisoformat(_matched(text, _INSTANT, "an instant").replace("Z", "+00:00"))


def _date_text(value: object) -> str:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise TypeError(f"{value!r} is no date")
    return value.isoformat()


def _matched(text: str, form: re.Pattern[str], what: str) -> str:
    if not form.fullmatch(text):
        raise BodyUnfit(f"{text[:40]!r} is not {what}")
    return text


def _text_of(value: JsonValue) -> str:
    if not isinstance(value, str):
        raise BodyUnfit("not text")
    return value


SHAPES_BY_TYPE: Mapping[object, Shape] = {
    str: _exactly(str),
    int: _exactly(int),
    bool: _exactly(bool),
    Decimal: Shape(
        lambda value: decimal_text(value),  # type: ignore[arg-type]  # checked inside
        lambda value: Decimal(_matched(_text_of(value), _DECIMAL, "a decimal number")),
    ),
    date: scalar(date, _date_text, lambda text: date.fromisoformat(_matched(text, _DATE, "a date"))),
    datetime: scalar(datetime, instant_text, instant),
    UUID: scalar(UUID, str, UUID),
}


def choice_of(values: Collection[object]) -> Mapping[str | int, object]:
    """The keys of a literal type or an enum: what its values are written as."""
    written: dict[str | int, object] = {}
    for each in values:
        key: object = getattr(each, "value", each)
        if isinstance(key, bool) or not isinstance(key, str | int):
            raise TypeError(f"{each!r}: only text and whole numbers have a form in JSON")
        written[key] = each
    return written
