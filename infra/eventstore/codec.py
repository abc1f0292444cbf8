"""Events and other values of ours as canonical JSON, under stable names: the closed registry of what a log may hold.

A name never names a module, and no data ever chooses what is imported. An older schema is lifted by its upcasters.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from infra.eventstore.canonical import JsonObject, loads_object
from infra.eventstore.errors import BodyUnfit, UnknownEvent
from infra.eventstore.scalars import FromText, ToText
from infra.eventstore.shapes import Shapes

Upcaster = Callable[[JsonObject], JsonObject]

TOPIC_SEPARATOR = "@"
TOPICS_CACHED_MAX = 1_024
_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")


@dataclass(frozen=True, slots=True)
class EventType:
    """One line of a noun's registry: `upcasters[i]` lifts a body of schema i + 1 to schema i + 2, and never changes."""

    name: str
    schema: int
    cls: type
    upcasters: tuple[Upcaster, ...] = ()


class RegistryUnfit(Exception):
    """The registry contradicts itself: found at the start, never while serving."""


class Codec:
    """Everything a log can hold. `scalars` are classes written as text, `sealed` the NewTypes of text to be sealed."""

    def __init__(
        self,
        event_types: Iterable[EventType],
        scalars: Mapping[type, tuple[ToText, FromText]],
        sealed: Collection[object],
    ) -> None:
        self._shapes = Shapes(scalars, sealed)
        self._by_name: dict[str, EventType] = {}
        self._by_class: dict[type, EventType] = {}
        for event_type in event_types:
            self._register(event_type)

    @property
    def event_types(self) -> tuple[EventType, ...]:
        """All that is registered, in the order given."""
        return tuple(self._by_name.values())

    def type_for(self, event: object) -> EventType:
        """The registry's line for an event. Raises TypeError for what is no event."""
        event_type = self._by_class.get(type(event))
        if event_type is None:
            raise TypeError(f"{type(event).__name__} is not in the registry")
        return event_type

    def encode(self, event: object) -> tuple[str, int, JsonObject]:
        """Name, schema and body; text to be sealed stands in the body as Unsealed. TypeError for what is no event."""
        event_type = self.type_for(event)
        return event_type.name, event_type.schema, cast(JsonObject, self._shapes.of(event_type.cls).encode(event))

    def decode(self, name: str, schema: int, body: JsonObject) -> object:
        """The event, lifted to its present schema. Raises UnknownEvent, BodyUnfit."""
        event_type = self._by_name.get(name)
        if event_type is None:
            raise UnknownEvent(name, schema, "not in the registry")
        if not 1 <= schema <= event_type.schema:
            raise UnknownEvent(name, schema, f"this program knows schemas 1 to {event_type.schema}")
        for upcaster in event_type.upcasters[schema - 1 :]:
            body = upcaster(body)
        return self._shapes.of(event_type.cls).decode(body)

    def type_of(self, name: str) -> EventType | None:
        """What is registered under the name."""
        return self._by_name.get(name)

    def holds_sealed(self, event: object) -> bool:
        """Whether text of this kind of event is sealed."""
        return self._shapes.of(type(event)).sealed

    def _register(self, event_type: EventType) -> None:
        name, schema = event_type.name, event_type.schema
        if not _NAME.fullmatch(name):
            raise RegistryUnfit(f"{name!r} is no stable name: lower case letters, digits and hyphens")
        if name in self._by_name:
            raise RegistryUnfit(f"two events are named {name!r}")
        if event_type.cls in self._by_class:
            raise RegistryUnfit(f"{event_type.cls.__name__} has two names")
        if schema != len(event_type.upcasters) + 1:
            raise RegistryUnfit(f"{name!r} in schema {schema} needs {schema - 1} upcasters")
        self._shapes.of(event_type.cls)
        self._by_name[name] = event_type
        self._by_class[event_type.cls] = event_type


@lru_cache(maxsize=TOPICS_CACHED_MAX)
def topic_of(name: str, schema: int) -> str:
    """What the event sourcing library calls a topic: the name alone in schema 1, then `name@2`, `name@3`."""
    return name if schema == 1 else f"{name}{TOPIC_SEPARATOR}{schema}"


@lru_cache(maxsize=TOPICS_CACHED_MAX)
def parse_topic(topic: str) -> tuple[str, int]:
    """Name and schema of a topic."""
    name, _, schema = topic.partition(TOPIC_SEPARATOR)
    return name, int(schema or 1)


def body_of(data: bytes) -> JsonObject:
    """The body in stored bytes. Raises BodyUnfit."""
    try:
        return loads_object(data)
    except ValueError as error:
        raise BodyUnfit("not a JSON object") from error
