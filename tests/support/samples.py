"""Stored samples of every event: what was ever written must be readable for ever.

tests/samples/events/<name>.<schema>[.<word>].json holds bodies as they lie in the log, texts in clear. They are checked
in once and never edited. `python -m tests.support.samples` writes those that are missing, and no others.

A file covers every field, also those that may be None, and every value of every enum; a field that is added to a schema
later needs one more file (`<word>`).
"""

import json
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Literal, NewType, Union, get_args, get_origin, get_type_hints

from infra.eventstore.canonical import JsonObject, JsonValue
from infra.eventstore.codec import Codec, EventType

FOLDER = Path(__file__).parent.parent / "samples" / "events"
VARIANTS_MAX = 20

Paths = set[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Sample:
    """One body of one file."""

    file: Path
    name: str
    schema: int
    body: JsonObject


def stored_samples() -> tuple[Sample, ...]:
    """Every body that is checked in."""
    return tuple(sample for file in sorted(FOLDER.glob("*.json")) for sample in _read(file))


def _read(file: Path) -> Iterator[Sample]:
    name, schema, *_ = file.name.split(".")
    for body in json.loads(file.read_text()):
        yield Sample(file, name, int(schema), body)


def paths(body: JsonValue, path: str = "") -> Paths:
    """Every place in a body, and every text at it."""
    found: Paths = {(path, "")}
    if isinstance(body, dict):
        for name, each in body.items():
            found |= paths(each, f"{path}/{name}")
    elif isinstance(body, list):
        for each in body:
            found |= paths(each, f"{path}/*")
    else:
        found.add((path, json.dumps(body)))
    return found


def wanted_paths(cls: type, scalars: Mapping[type, Sequence[object]], codec: Codec) -> Paths:
    """Every place and every enum value that the samples of an event must have between them."""
    places = {place for body in _bodies(cls, scalars, codec) for place, _ in paths(body)}
    enums = {(place, json.dumps(value)) for place, value in _enum_values(cls, "", tuple(scalars))}
    return {(place, "") for place in places} | enums


def _enum_values(annotation: object, path: str, above: tuple[object, ...]) -> Iterator[tuple[str, object]]:
    """Not of the classes `above`: those written as text, and those this one lies in."""
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        yield from ((path, each.value) for each in annotation)
    elif get_origin(annotation) is Literal:
        yield from ((path, each) for each in get_args(annotation))
    elif isinstance(annotation, type) and is_dataclass(annotation) and annotation not in above:
        for name, hint in get_type_hints(annotation).items():
            yield from _enum_values(hint, f"{path}/{name}", (*above, annotation))
    elif get_origin(annotation) in (tuple, frozenset):
        yield from _enum_values(get_args(annotation)[0], f"{path}/*", above)
    elif get_origin(annotation) in (Union, types.UnionType):
        for each in get_args(annotation):
            yield from _enum_values(each, path, above)


def _bodies(cls: type, scalars: Mapping[type, Sequence[object]], codec: Codec) -> list[JsonObject]:
    """Examples of the event as bodies, as many as it takes to use every enum value."""
    bodies: list[JsonObject] = []
    for variant in range(VARIANTS_MAX):
        body = codec.encode(_example(cls, cls.__name__, variant, scalars))[2]
        if body in bodies:
            break
        bodies.append(body)
    return bodies


def _example(annotation: object, name: str, variant: int, scalars: Mapping[type, Sequence[object]]) -> object:
    """A value of that type with everything in it set; the next variant has the next enum values."""
    if isinstance(annotation, type) and annotation in scalars:
        return scalars[annotation][variant % len(scalars[annotation])]
    if isinstance(annotation, NewType):
        return _example(annotation.__supertype__, name, variant, scalars)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return list(annotation)[variant % len(annotation)]
    if isinstance(annotation, type) and is_dataclass(annotation):
        hints = get_type_hints(annotation)
        return annotation(*(_example(hints[each.name], each.name, variant, scalars) for each in fields(annotation)))
    return _example_of_generic(annotation, name, variant, scalars)


def _example_of_generic(
    annotation: object, name: str, variant: int, scalars: Mapping[type, Sequence[object]]
) -> object:
    arguments = get_args(annotation)
    if get_origin(annotation) is Literal:
        return arguments[variant % len(arguments)]
    if get_origin(annotation) in (Union, types.UnionType):
        return _example(arguments[0], name, variant, scalars)
    if get_origin(annotation) is tuple:
        return (_example(arguments[0], name, variant, scalars),)
    if get_origin(annotation) is frozenset:
        return frozenset({_example(arguments[0], name, variant, scalars)})
    plain: dict[object, object] = {
        str: f'{name} – Ä "quoted"',
        int: 3,
        bool: True,
        Decimal: Decimal("-12.50"),
        date: date(2026, 3, 31),
        datetime: datetime(2026, 3, 31, 22, 15, 0, 250, tzinfo=UTC),
    }
    return plain[annotation]


def write_missing(codec: Codec, scalars: Mapping[type, Sequence[object]]) -> list[Path]:
    """A file for every event in its present schema that has none."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    written = []
    for event_type in codec.event_types:
        file = file_of(event_type)
        if not file.exists():
            text = json.dumps(_bodies(event_type.cls, scalars, codec), indent=1, ensure_ascii=False, sort_keys=True)
            file.write_text(text + "\n")
            written.append(file)
    return written


def file_of(event_type: EventType) -> Path:
    """Where the first sample of an event's present schema lies."""
    return FOLDER / f"{event_type.name}.{event_type.schema}.json"


def contains(whole: JsonValue, part: JsonValue) -> bool:
    """Whether everything in `part` stands in `whole` as it is; objects may have more fields."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(name in whole and contains(whole[name], each) for name, each in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        return len(part) == len(whole) and all(map(contains, whole, part))
    return whole == part


if __name__ == "__main__":
    from services import registry
    from tests.samples.test_stored_samples import SCALARS

    print(*write_missing(registry.codec(), SCALARS), sep="\n")
