"""Arrays as parameters in PostgreSQL's binary form, written in one go: the driver's own way asks for each element anew.

One dimension, no element missing.
"""

import struct
from collections.abc import Iterator, Sequence
from typing import ClassVar

import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format
from psycopg.types import TypeInfo

_LENGTH = struct.Struct(">i")
_HEADER = ">iiIii"
"""Dimensions, whether elements are missing, the type of the elements, how many, the number of the first."""


def _type(name: str) -> TypeInfo:
    found = psycopg.adapters.types[name]
    assert isinstance(found, TypeInfo), "one of PostgreSQL's own types"
    return found


class Array:
    """A parameter; `data` is what is sent."""

    __slots__ = ("data",)
    type: ClassVar[TypeInfo]

    def __init__(self, count: int, elements: bytes) -> None:
        self.data = struct.pack(_HEADER, 1, 0, self.type.oid, count, 1) + elements


class Binaries(Array):
    """bytea[]"""

    __slots__ = ()
    type = _type("bytea")

    def __init__(self, items: Sequence[bytes]) -> None:
        super().__init__(len(items), b"".join([_LENGTH.pack(len(item)) + item for item in items]))


class Texts(Array):
    """text[]"""

    __slots__ = ()
    type = _type("text")

    def __init__(self, items: Sequence[str]) -> None:
        encoded = [item.encode() for item in items]
        super().__init__(len(items), b"".join([_LENGTH.pack(len(item)) + item for item in encoded]))


class Bigints(Array):
    """bigint[]"""

    __slots__ = ()
    type = _type("int8")

    def __init__(self, items: Sequence[int]) -> None:
        super().__init__(len(items), struct.pack(">" + "iq" * len(items), *_with_length(8, items)))


class Integers(Array):
    """integer[]"""

    __slots__ = ()
    type = _type("int4")

    def __init__(self, items: Sequence[int]) -> None:
        super().__init__(len(items), struct.pack(">" + "ii" * len(items), *_with_length(4, items)))


def _with_length(length: int, items: Sequence[int]) -> Iterator[int]:
    for item in items:
        yield length
        yield item


def register(connection: psycopg.Connection) -> None:
    """Let a connection take them as parameters."""
    for cls in (Binaries, Texts, Bigints, Integers):
        connection.adapters.register_dumper(cls, _dumper(cls))


def _dumper(cls: type[Array]) -> type[Dumper]:
    class ArrayDumper(Dumper):
        format = Format.BINARY
        oid = cls.type.array_oid

        def dump(self, obj: Array) -> bytes:
            return obj.data

    return ArrayDumper
