"""One type's way into JSON and back; shapes.py compiles them, scalars.py and containers.py say how."""

from collections.abc import Callable
from dataclasses import dataclass

from infra.eventstore.canonical import JsonValue


class Unsealed(str):
    """Text of a sealed type on its way into the log: sealing replaces it."""

    __slots__ = ()


@dataclass(slots=True)
class Shape:
    """Both directions; `sealed` if text to be sealed can occur in it."""

    encode: Callable[[object], JsonValue]
    decode: Callable[[JsonValue], object]
    sealed: bool = False
