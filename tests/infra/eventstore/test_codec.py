"""The codec: exact round trips, one byte string per value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Literal, NewType
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.eventstore.canonical import JsonObject, dumps, loads
from infra.eventstore.codec import Codec, EventType, body_of
from infra.eventstore.errors import BodyUnfit
from infra.eventstore.scalars import FromText, ToText

Secret = NewType("Secret", str)
Code = NewType("Code", str)


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


@dataclass(frozen=True, slots=True)
class Span:
    """A class that is written as text."""

    low: int
    high: int

    @staticmethod
    def parse(text: str) -> "Span":
        low, high = text.split("..")
        return Span(int(low), int(high))


def _span_text(span: Span) -> str:
    return f"{span.low}..{span.high}"


SCALARS: Mapping[type, tuple[ToText, FromText]] = {Span: (_span_text, Span.parse)}


@dataclass(frozen=True, slots=True)
class Leaf:
    code: Code
    weight: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Tree:
    name: str
    children: tuple["Tree", ...] = ()


@dataclass(frozen=True, slots=True)
class Everything:
    text: str
    number: int
    truth: bool
    amount: Decimal
    day: date
    instant: datetime
    id: UUID
    colour: Colour
    side: Literal["start", "end"]
    span: Span
    pair: tuple[int, str]
    leaves: tuple[Leaf, ...]
    colours: frozenset[Colour]
    by_code: Mapping[Code, Decimal]
    tree: Tree
    secret: Secret | None = None
    maybe: Leaf | None = None
    maybe_five: int | None = 5
    listed: tuple[str, ...] = field(default=())


def _codec(*event_types: EventType) -> Codec:
    return Codec(event_types or (EventType("everything", 1, Everything),), SCALARS, (Secret,))


def to_json(codec: Codec, value: object) -> bytes:
    """Any value with a shape, as the body of an event would have it."""
    return dumps(codec._shapes.of(type(value)).encode(value))


def from_json(codec: Codec, cls: type, data: bytes) -> object:
    """The value of such bytes."""
    return codec._shapes.of(cls).decode(body_of(data))


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
decimals = st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9)
leaves = st.builds(Leaf, texts.map(Code), decimals)
trees = st.recursive(
    st.builds(Tree, texts), lambda inner: st.builds(Tree, texts, st.lists(inner, max_size=3).map(tuple))
)
zones = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45)), timezone(timedelta(hours=-9))])
everythings = st.builds(
    Everything,
    text=texts,
    number=st.integers(-(2**53) + 1, 2**53 - 1),
    truth=st.booleans(),
    amount=decimals,
    day=st.dates(),
    instant=st.datetimes(datetime(1000, 1, 2), datetime(9999, 12, 30), timezones=zones),  # noqa: DTZ001 - bounds
    id=st.uuids(),
    colour=st.sampled_from(Colour),
    side=st.sampled_from(["start", "end"]),
    span=st.builds(Span, st.integers(0, 99), st.integers(0, 99)),
    pair=st.tuples(st.integers(0, 9), texts),
    leaves=st.lists(leaves, max_size=3).map(tuple),
    colours=st.frozensets(st.sampled_from(Colour)),
    by_code=st.dictionaries(texts.map(Code), decimals, max_size=3),
    tree=trees,
    secret=st.none() | texts.map(Secret),
    maybe=st.none() | leaves,
    maybe_five=st.none() | st.integers(0, 9),
    listed=st.lists(texts, max_size=2).map(tuple),
)


@given(everythings)
@settings(deadline=None)
def test_what_is_encoded_is_decoded_as_it_was(value: Everything) -> None:
    codec = _codec()
    name, schema, body = codec.encode(value)
    stored = dumps(body)
    assert codec.decode(name, schema, loads_object_of(stored)) == value
    assert from_json(codec, Everything, to_json(codec, value)) == value


@given(everythings)
def test_a_value_has_one_byte_string(value: Everything) -> None:
    codec = _codec()
    stored = to_json(codec, value)
    assert dumps(loads(stored)) == stored
    assert to_json(codec, from_json(codec, Everything, stored)) == stored


def loads_object_of(data: bytes) -> JsonObject:
    value = loads(data)
    assert isinstance(value, dict)
    return value


def test_the_canonical_form_is_sorted_dense_exact_text() -> None:
    value = Everything(
        text='é\n\x1f\u2028"',
        number=-7,
        truth=True,
        amount=Decimal("6E+1"),
        day=date(2026, 3, 1),
        instant=datetime(2026, 3, 1, 1, 30, tzinfo=timezone(timedelta(hours=2))),
        id=UUID(int=1),
        colour=Colour.RED,
        side="end",
        span=Span(1, 2),
        pair=(1, "x"),
        leaves=(Leaf(Code("a"), Decimal("1.50")),),
        colours=frozenset({Colour.RED, Colour.GREEN}),
        by_code={Code("b"): Decimal("0.0000001"), Code("a"): Decimal(-1)},
        tree=Tree("t"),
    )
    assert to_json(_codec(), value).decode() == (
        '{"amount":"60","by_code":{"a":"-1","b":"0.0000001"},"colour":"red","colours":["green","red"],'
        '"day":"2026-03-01","id":"00000000-0000-0000-0000-000000000001","instant":"2026-02-28T23:30:00.000000Z",'
        '"leaves":[{"code":"a","weight":"1.50"}],"listed":[],"maybe_five":5,"number":-7,"pair":[1,"x"],"side":"end",'
        '"span":"1..2","text":"é\\n\\u001f\u2028\\"","tree":{"children":[],"name":"t"},"truth":true}'
    )


def test_none_is_left_out_where_absence_means_none_and_written_elsewhere() -> None:
    @dataclass(frozen=True, slots=True)
    class Optionals:
        required: int | None
        defaulted: int | None = None
        five: int | None = 5

    codec = _codec()
    assert to_json(codec, Optionals(None, None, None)) == b'{"five":null}'
    assert from_json(codec, Optionals, b'{"five":null}') == Optionals(None, None, None)
    assert from_json(codec, Optionals, b"{}") == Optionals(None, None, 5)


def test_a_default_is_written_so_that_changing_it_changes_no_history() -> None:
    assert to_json(_codec(), Leaf(Code("a"))) == b'{"code":"a","weight":"1"}'


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b'{"code":"a","weight":1}', "/weight"),
        (b'{"code":"a","weight":1.5}', "/weight"),
        (b'{"code":"a","weight":"1e5"}', "/weight"),
        (b'{"code":"a","weight":"NaN"}', "/weight"),
        (b'{"code":"a","weight":"01"}', "/weight"),
        (b'{"code":null}', "/code"),
        (b"{}", "/code"),
        (b'{"code":"a","extra":1}', ""),
        (b"[]", ""),
        (b'"', ""),
        (b"\xff", ""),
    ],
)
def test_bytes_that_are_no_such_value_are_refused_with_their_place(body: bytes, pointer: str) -> None:
    with pytest.raises(BodyUnfit) as refused:
        from_json(_codec(), Leaf, body)
    assert refused.value.pointer == pointer


def test_a_fault_deep_inside_is_named_from_the_outside() -> None:
    with pytest.raises(BodyUnfit) as refused:
        from_json(_codec(), Tree, b'{"name":"a","children":[{"name":"b"},{"name":"c","children":[{"name":7}]}]}')
    assert refused.value.pointer == "/children/1/children/0/name"


@pytest.mark.parametrize("text", ["2026-3-1", "2026-02-30", "2026-03-01T00:00:00Z", "20260301", "٢٠٢٦-٠٣-٠١"])
def test_a_date_has_one_form(text: str) -> None:
    @dataclass(frozen=True, slots=True)
    class Dated:
        day: date

    with pytest.raises(BodyUnfit):
        from_json(_codec(), Dated, dumps({"day": text}))


@pytest.mark.parametrize(
    "text", ["2026-03-01T00:00:00Z", "2026-03-01T00:00:00.000000+00:00", "2026-03-01 00:00:00.000000Z"]
)
def test_an_instant_has_one_form(text: str) -> None:
    @dataclass(frozen=True, slots=True)
    class Timed:
        at: datetime

    with pytest.raises(BodyUnfit):
        from_json(_codec(), Timed, dumps({"at": text}))


@pytest.mark.parametrize(
    "wrong",
    [
        Leaf(Code("a"), 1),  # type: ignore[arg-type]
        Leaf(Code("a"), 1.5),  # type: ignore[arg-type]
        Leaf(Code("a"), Decimal("NaN")),
        Leaf(Code("a"), Decimal("Infinity")),
        Leaf(7),  # type: ignore[arg-type]
        Tree("a", ["b"]),  # type: ignore[arg-type]
    ],
)
def test_a_value_of_the_wrong_type_never_gets_into_the_log(wrong: object) -> None:
    with pytest.raises(TypeError):
        to_json(_codec(), wrong)


def test_an_instant_without_a_time_zone_is_refused() -> None:
    @dataclass(frozen=True, slots=True)
    class Timed:
        at: datetime

    with pytest.raises(TypeError):
        to_json(_codec(), Timed(datetime(2026, 3, 1)))  # noqa: DTZ001 - the point of it


def test_a_whole_number_beyond_what_json_readers_take_exactly_is_refused() -> None:
    @dataclass(frozen=True, slots=True)
    class Counted:
        count: int

    assert to_json(_codec(), Counted(2**53 - 1)) == b'{"count":9007199254740991}'
    with pytest.raises(TypeError):
        to_json(_codec(), Counted(2**53))
    with pytest.raises(TypeError):
        to_json(_codec(), Counted(True))
