"""The shape of every type that can be stored, compiled once from its annotations; the codec's engine.

Frozen dataclasses, tuples, frozensets, mappings with text keys, enums, literals, NewTypes, `X | None`, text, whole
numbers, booleans, Decimal, date, aware datetime, UUID, and the scalars handed in. Anything else is refused at once.
"""

import types
from collections.abc import Collection, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from typing import Literal, NewType, NoReturn, Union, get_args, get_origin, get_type_hints

from infra.eventstore.containers import (
    FieldShape,
    decode_dataclass,
    encode_dataclass,
    fixed,
    mapping,
    sequence,
    unordered,
)
from infra.eventstore.scalars import SHAPES_BY_TYPE, FromText, ToText, choice, choice_of, scalar
from infra.eventstore.shape import Shape, Unsealed


class Shapes:
    """All shapes of one codec; `sealed` are the NewTypes of text that may lie in the log as ciphertext only."""

    def __init__(self, scalars: Mapping[type, tuple[ToText, FromText]], sealed: Collection[object]) -> None:
        self._sealed = tuple(sealed)
        self._known = dict(SHAPES_BY_TYPE)
        for cls, (to_text, from_text) in scalars.items():
            self._known[cls] = scalar(cls, to_text, from_text)

    def of(self, annotation: object) -> Shape:
        """The shape of a type as it stands in an annotation. Raises TypeError for one that has none."""
        known = self._known.get(annotation)
        if known is None:
            known = self._known[annotation] = self._compiled(annotation)
        return known

    def _compiled(self, annotation: object) -> Shape:
        if isinstance(annotation, NewType):
            return self._new_type(annotation)
        if isinstance(annotation, type) and get_origin(annotation) is None:
            return self._class(annotation)
        arguments = get_args(annotation)
        match get_origin(annotation):
            case origin if origin is Literal:
                return choice(repr(annotation), choice_of(arguments))
            case origin if origin is Union or origin is types.UnionType:
                return self._optional(arguments, annotation)
            case origin if origin is tuple and arguments[1:] == (Ellipsis,):
                return sequence(self.of(arguments[0]))
            case origin if origin is tuple:
                return fixed([self.of(each) for each in arguments])
            case origin if origin is frozenset:
                return unordered(self.of(arguments[0]))
            case origin if origin in (dict, Mapping):
                return mapping(self.of(arguments[0]), self.of(arguments[1]))
        raise TypeError(f"{annotation!r} has no form in JSON")

    def _class(self, cls: type) -> Shape:
        if issubclass(cls, Enum):
            return choice(cls.__name__, choice_of(tuple(cls)))
        if is_dataclass(cls):
            return self._dataclass(cls)
        raise TypeError(f"{cls!r} has no form in JSON")

    def _new_type(self, annotation: NewType) -> Shape:
        inner = self.of(annotation.__supertype__)
        if annotation not in self._sealed:
            return inner
        if annotation.__supertype__ is not str:
            raise TypeError(f"{annotation!r}: only text can be sealed")
        return Shape(lambda value: Unsealed(inner.encode(value)), inner.decode, sealed=True)

    def _optional(self, arguments: tuple[object, ...], annotation: object) -> Shape:
        others = [each for each in arguments if each is not type(None)]
        if len(others) != 1 or len(arguments) != 2:
            raise TypeError(f"{annotation!r}: of unions, only `X | None` has a form in JSON")
        inner = self.of(others[0])
        return Shape(
            lambda value: None if value is None else inner.encode(value),
            lambda value: None if value is None else inner.decode(value),
            inner.sealed,
        )

    def _dataclass(self, cls: type) -> Shape:
        # Known before its fields are, since the node of a tree holds nodes.
        shape = self._known[cls] = Shape(_not_compiled, _not_compiled)
        hints = get_type_hints(cls)
        in_order = [self._field(cls, each, hints[each.name]) for each in fields(cls)]
        shape.encode = encode_dataclass(cls, sorted(in_order, key=lambda each: each.name))
        shape.decode = decode_dataclass(cls, in_order)
        shape.sealed = any(each.shape.sealed for each in in_order)
        return shape

    def _field(self, cls: type, field: "Field[object]", annotation: object) -> FieldShape:
        if not field.init or field.kw_only:
            raise TypeError(f"{cls.__name__}.{field.name}: only plain fields are stored")
        shape = self.of(annotation)
        if field.default_factory is not MISSING:
            return FieldShape(field.name, shape, False, field.default_factory)
        if field.default is not MISSING:
            return FieldShape(field.name, shape, field.default is None, lambda: field.default)
        optional = type(None) in get_args(annotation)
        return FieldShape(field.name, shape, optional, (lambda: None) if optional else None)


def _not_compiled(value: object) -> NoReturn:
    raise AssertionError(f"used before it was whole: {value!r}")
