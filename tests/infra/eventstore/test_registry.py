"""The registry of events is closed, and old bodies are lifted to the present schema."""

from dataclasses import dataclass, make_dataclass
from decimal import Decimal
from typing import NewType

import pytest

from infra.eventstore.canonical import JsonObject
from infra.eventstore.codec import Codec, EventType, RegistryUnfit, parse_topic, topic_of
from infra.eventstore.errors import UnknownEvent

Secret = NewType("Secret", str)
Code = NewType("Code", str)


@dataclass(frozen=True, slots=True)
class Leaf:
    code: Code
    weight: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Tree:
    name: str
    children: tuple["Tree", ...] = ()


@dataclass(frozen=True, slots=True)
class Remark:
    text: Secret


@dataclass(frozen=True, slots=True)
class Noted:
    note: Secret | None
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class Reviewed:
    remarks: tuple[Remark, ...]


def _codec(*event_types: EventType) -> Codec:
    return Codec(event_types, {}, (Secret,))


@pytest.mark.parametrize("annotation", [int | str, list[int], object, float, bytes, Leaf | Tree])
def test_a_type_without_a_form_is_refused_when_the_registry_is_made(annotation: type) -> None:
    with pytest.raises(TypeError):
        _codec(EventType("odd", 1, make_dataclass("Odd", [("value", annotation)], frozen=True)))


def test_names_and_classes_are_registered_once() -> None:
    with pytest.raises(RegistryUnfit, match="two events are named"):
        _codec(EventType("leaf", 1, Leaf), EventType("leaf", 1, Tree))
    with pytest.raises(RegistryUnfit, match="two names"):
        _codec(EventType("leaf", 1, Leaf), EventType("blade", 1, Leaf))


@pytest.mark.parametrize("name", ["Leaf", "leaf@2", "leaf.1", "", "1leaf", "leaf_", "l" * 64])
def test_a_stable_name_is_lower_case_letters_digits_and_hyphens(name: str) -> None:
    with pytest.raises(RegistryUnfit):
        _codec(EventType(name, 1, Leaf))


@pytest.mark.parametrize("schema", [0, 1, 3])
def test_a_schema_has_an_upcaster_from_each_one_before(schema: int) -> None:
    with pytest.raises(RegistryUnfit):
        _codec(EventType("leaf", schema, Leaf, (dict,)))


def test_what_is_not_in_the_registry_is_neither_written_nor_read() -> None:
    codec = _codec(EventType("leaf", 1, Leaf))
    with pytest.raises(TypeError):
        codec.encode(Tree("a"))
    for name, schema in (("tree", 1), ("leaf", 2), ("leaf", 0), ("tests.infra.eventstore.test_codec:Tree", 1)):
        with pytest.raises(UnknownEvent) as refused:
            codec.decode(name, schema, {})
        assert (refused.value.name, refused.value.schema) == (name, schema)


def _to_weight(body: JsonObject) -> JsonObject:
    return {"code": body["code"], "heft": body["mass"]}


def _to_decimal(body: JsonObject) -> JsonObject:
    return {"code": body["code"], "weight": str(body["heft"])}


def test_an_old_body_is_lifted_through_every_schema_between() -> None:
    codec = _codec(EventType("leaf", 3, Leaf, (_to_weight, _to_decimal)))
    wanted = Leaf(Code("a"), Decimal(7))
    assert codec.decode("leaf", 1, {"code": "a", "mass": 7}) == wanted
    assert codec.decode("leaf", 2, {"code": "a", "heft": 7}) == wanted
    assert codec.decode("leaf", 3, {"code": "a", "weight": "7"}) == wanted
    assert codec.encode(wanted)[:2] == ("leaf", 3)


@pytest.mark.parametrize(
    ("name", "schema", "topic"), [("leaf", 1, "leaf"), ("leaf", 2, "leaf@2"), ("leaf", 12, "leaf@12")]
)
def test_a_topic_is_the_name_and_from_the_second_schema_on_its_number(name: str, schema: int, topic: str) -> None:
    assert topic_of(name, schema) == topic
    assert parse_topic(topic) == (name, schema)


def test_it_is_known_of_an_event_whether_text_in_it_is_sealed() -> None:
    codec = _codec(EventType("noted", 1, Noted), EventType("leaf", 1, Leaf), EventType("reviewed", 1, Reviewed))
    assert codec.holds_sealed(Noted(None))
    assert codec.holds_sealed(Reviewed(()))
    assert not codec.holds_sealed(Leaf(Code("a")))
