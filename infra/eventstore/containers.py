"""Shapes of values made of values: sequences, sets, mappings and frozen dataclasses.

None is left out where absence means None; everything else is written, so that a changed default changes no history.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from infra.eventstore.canonical import JsonObject, JsonValue, dumps
from infra.eventstore.errors import BodyUnfit
from infra.eventstore.shape import Shape

Sized = TypeVar("Sized", bound=Collection[object])

_TUPLE: type[tuple[object, ...]] = tuple
_SET: type[frozenset[object]] = frozenset


@dataclass(frozen=True, slots=True)
class FieldShape:
    """`absent` makes what a body without this field means; None if every body must have it."""

    name: str
    shape: Shape
    omit_none: bool
    absent: Callable[[], object] | None


def sequence(inner: Shape) -> Shape:
    """tuple[X, ...]"""

    def encode(value: object) -> JsonValue:
        return [inner.encode(each) for each in _instance(value, _TUPLE)]

    def decode(value: JsonValue) -> object:
        return tuple(_each_decoded(inner, _array(value)))

    return Shape(encode, decode, inner.sealed)


def fixed(inners: Sequence[Shape]) -> Shape:
    """tuple[X, Y]"""

    def encode(value: object) -> JsonValue:
        return [inner.encode(each) for inner, each in zip(inners, _instance(value, _TUPLE), strict=True)]

    def decode(value: JsonValue) -> object:
        array = _array(value)
        if len(array) != len(inners):
            raise BodyUnfit(f"not {len(inners)} items")
        return tuple(
            _one_decoded(inner, index, each) for index, (inner, each) in enumerate(zip(inners, array, strict=True))
        )

    return Shape(encode, decode, any(inner.sealed for inner in inners))


def unordered(inner: Shape) -> Shape:
    """frozenset[X], written in the order of the canonical form of its members."""
    if inner.sealed:
        raise TypeError("a set of sealed texts would have no order")

    def encode(value: object) -> JsonValue:
        return sorted((inner.encode(each) for each in _instance(value, _SET)), key=dumps)

    def decode(value: JsonValue) -> object:
        members = frozenset(_each_decoded(inner, array := _array(value)))
        if len(members) != len(array):
            raise BodyUnfit("a member occurs twice")
        return members

    return Shape(encode, decode)


def mapping(key: Shape, inner: Shape) -> Shape:
    """Mapping[K, V] with keys that are written as text."""

    def encode(value: object) -> JsonValue:
        if not isinstance(value, Mapping):
            raise TypeError(f"{value!r} is no mapping")
        return {_key(key.encode(name)): inner.encode(each) for name, each in value.items()}

    def decode(value: JsonValue) -> object:
        return {key.decode(name): _one_decoded(inner, name, each) for name, each in _object(value).items()}

    return Shape(encode, decode, inner.sealed)


def encode_dataclass(cls: type, shapes: Sequence[FieldShape]) -> Callable[[object], JsonValue]:
    """`shapes` in the order of the canonical form, so that sorting finds nothing to do."""

    def encode(value: object) -> JsonValue:
        if type(value) is not cls:
            raise TypeError(f"{value!r} is no {cls.__name__}")
        written: JsonObject = {}
        for each in shapes:
            found = getattr(value, each.name)
            if found is not None or not each.omit_none:
                written[each.name] = each.shape.encode(found)
        return written

    return encode


def decode_dataclass(cls: type, shapes: Sequence[FieldShape]) -> Callable[[JsonValue], object]:
    """`shapes` in the order of the class's own fields. One loop, no calls between: every read goes through it."""
    plan = [(each.name, each.shape, each.absent) for each in shapes]
    names = frozenset(each.name for each in shapes)

    def decode(value: JsonValue) -> object:
        found = _object(value)
        arguments, seen, name = [], 0, ""
        try:
            for name, shape, absent in plan:
                if name in found:
                    seen += 1
                    arguments.append(shape.decode(found[name]))
                elif absent is not None:
                    arguments.append(absent())
                else:
                    raise BodyUnfit("missing")
        except BodyUnfit as error:
            raise error.below(name) from error
        if seen != len(found):
            raise BodyUnfit(f"{cls.__name__} has no field {min(found.keys() - names)!r}")
        return cls(*arguments)

    return decode


def _one_decoded(inner: Shape, step: str | int, value: JsonValue) -> object:
    try:
        return inner.decode(value)
    except BodyUnfit as error:
        raise error.below(step) from error


def _each_decoded(inner: Shape, array: Iterable[JsonValue]) -> Iterable[object]:
    return (_one_decoded(inner, index, each) for index, each in enumerate(array))


def _instance(value: object, cls: type[Sized]) -> Sized:
    if not isinstance(value, cls):
        raise TypeError(f"{value!r} is no {cls.__name__}")
    return value


def _array(value: JsonValue) -> list[JsonValue]:
    if not isinstance(value, list):
        raise BodyUnfit("not an array")
    return value


def _object(value: JsonValue) -> JsonObject:
    if not isinstance(value, dict):
        raise BodyUnfit("not an object")
    return value


def _key(value: JsonValue) -> str:
    if not isinstance(value, str):
        raise TypeError("keys of a mapping are text")
    return value
