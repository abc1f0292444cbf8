"""From the bytes of a body or the pairs of a query to a checked pydantic model, or a Problem that names every field.

JSON is read strictly: no duplicate keys, no NaN, no number a reader could cut, no deep nesting, no crowd of values.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NoReturn, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from services.api.problems import ERRORS_MAX, FieldError, Problem

DEPTH_MAX = 20
NUMBER_DIGITS_MAX = 15
VALUES_MAX = 100_000
"""In one body, and half again what the largest batch needs: millions of small ones in a body of the allowed size would
hold the processor for seconds and take a hundred times its size in memory."""
MARKS_MAX = 10 * VALUES_MAX
"""Commas and opening brackets, counted before anything is parsed; texts may hold some as well."""

Json = dict[str, "Json"] | list["Json"] | str | int | Decimal | bool | None
Model = TypeVar("Model", bound=BaseModel)

_CODES = {
    "missing": "missing-field",
    "extra_forbidden": "unknown-field",
    "string_too_short": "size-invalid",
    "string_too_long": "size-invalid",
    "too_short": "size-invalid",
    "too_long": "size-invalid",
    "literal_error": "value-invalid",
    "enum": "value-invalid",
    "union_tag_invalid": "value-invalid",
    "union_tag_not_found": "missing-field",
    "finite_number": "value-invalid",
    "value_error": "value-invalid",
    "greater_than": "value-invalid",
    "greater_than_equal": "value-invalid",
    "less_than": "value-invalid",
    "less_than_equal": "value-invalid",
    "string_pattern_mismatch": "value-invalid",
    "date_from_datetime_parsing": "value-invalid",
    "date_parsing": "value-invalid",
    "datetime_from_date_parsing": "value-invalid",
    "datetime_parsing": "value-invalid",
    "timezone_aware": "value-invalid",
    "int_parsing": "value-invalid",
    "bool_parsing": "value-invalid",
}


_MESSAGES = {
    "extra_forbidden": "is unknown here",
    "missing": "is missing",
    "string_type": "must be a text in quotes",
    "list_type": "must be a list",
    "bool_type": "must be true or false",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "string_too_short": "has too few characters, at least {min_length} needed",
    "string_too_long": "has too many characters, at most {max_length} allowed",
    "too_short": "has too few entries, at least {min_length} needed",
    "too_long": "has too many entries, at most {max_length} allowed",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "union_tag_invalid": "{discriminator} must be one of {expected_tags}",
    "union_tag_not_found": "{discriminator} is missing",
}
"""In place of what the validator says in the language of programs; the names in braces are those of its context."""


@dataclass(frozen=True, slots=True)
class Body:
    """A body as it came, and the same value in canonical form, which a repetition must equal."""

    raw: bytes
    value: Json
    canonical: bytes


def read_body(raw: bytes) -> Body:
    """The body as one JSON value. Raises Problem `malformed-json`, `number-too-long` or `too-large`."""
    if sum(raw.count(mark) for mark in b",[{") > MARKS_MAX:
        raise _crowded()
    try:
        value: Json = json.loads(
            raw.decode("utf-8"), object_pairs_hook=_distinct, parse_float=Decimal, parse_constant=_no_constant
        )
    except UnicodeDecodeError:
        raise Problem("malformed-json", "the body is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise Problem("malformed-json", f"{error.msg} at line {error.lineno}, column {error.colno}") from None
    except (RecursionError, ValueError):  # ValueError: an integer of more than 4,300 digits
        raise Problem("malformed-json", f"the body is deeper than {DEPTH_MAX} levels or has a giant number") from None
    _refuse_deep_and_long(value)
    return Body(raw, value, _canonical(value))


def checked_body(model: type[Model], body: Body) -> Model:
    """The body as a model. Raises Problem naming each field and the rule it breaks."""
    try:
        return model.model_validate_json(body.raw)
    except ValidationError as error:
        raise _body_problem(error, body.value) from None


def checked_row(model: type[Model], raw: bytes) -> Model:
    """A part of a body that was read strictly already."""
    return checked_body(model, Body(raw, json.loads(raw), raw))


def checked_query(model: type[Model], pairs: Iterable[tuple[str, str]]) -> Model:
    """The query as a model. Raises Problem `query-invalid` naming each parameter."""
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found:
            raise Problem("query-invalid", f"the parameter {name[:40]!r} is given twice")
        found[name] = value
    try:
        return model.model_validate_strings(found)
    except ValidationError as error:
        errors = _field_errors(error, dict(found))
        raise Problem("query-invalid", _sentence(errors), errors) from None


def _distinct(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Problem("malformed-json", f"the field {twice[:40]!r} is given twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise Problem("malformed-json", f"{name} is not JSON: numbers must be finite")


def _refuse_deep_and_long(value: Json) -> None:
    level: list[tuple[str, Json]] = [("", value)]
    long: list[FieldError] = []
    count = 1
    for _ in range(DEPTH_MAX + 1):
        count += sum(len(each) for _, each in level if isinstance(each, dict | list))
        if count > VALUES_MAX:
            raise _crowded()
        long += [_too_long(pointer) for pointer, each in level if _digits(each) > NUMBER_DIGITS_MAX]
        level = [below for pointer, each in level for below in _children(pointer, each)]
        if not level:
            break
    else:
        raise Problem("malformed-json", f"the body is deeper than {DEPTH_MAX} levels")
    if long:
        raise Problem("number-too-long", _sentence(long), long)


def _crowded() -> Problem:
    return Problem("too-large", f"the body holds more than {VALUES_MAX:,} values")


def _children(pointer: str, value: Json) -> Iterable[tuple[str, Json]]:
    if isinstance(value, dict):
        return [(f"{pointer}/{_escaped(name)}", each) for name, each in value.items()]
    if isinstance(value, list):
        return [(f"{pointer}/{index}", each) for index, each in enumerate(value)]
    return ()


def _digits(value: Json) -> int:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return 0
    return len(str(abs(value))) if isinstance(value, int) else len(value.as_tuple().digits)


def _too_long(pointer: str) -> FieldError:
    return FieldError(
        pointer,
        "number-too-long",
        f"{pointer or 'the body'} has more than {NUMBER_DIGITS_MAX} digits; send a decimal string",
    )


def _canonical(value: Json) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str).encode()


def _body_problem(error: ValidationError, value: Json) -> Problem:
    if any(each["type"] == "json_invalid" for each in error.errors(include_url=False, include_input=False)):
        raise Problem("malformed-json", "a text in the body is not valid Unicode")
    errors = _field_errors(error, value)
    codes = {each.code for each in errors}
    return Problem(codes.pop() if len(codes) == 1 else "invalid-body", _sentence(errors), errors)


def _field_errors(error: ValidationError, value: Json) -> Sequence[FieldError]:
    found = []
    for each in error.errors(include_url=False, include_input=False)[:ERRORS_MAX]:
        pointer = _pointer(each["loc"], value, missing=each["type"] in ("missing", "union_tag_not_found"))
        message = _message(each)
        found.append(FieldError(pointer, _CODES.get(each["type"], "wrong-type"), f"{pointer or 'the body'}: {message}"))
    return found


def _message(error: ErrorDetails) -> str:
    ours = _MESSAGES.get(error["type"])
    return error["msg"].removeprefix("Value error, ") if ours is None else ours.format_map(error.get("ctx", {}))


def _pointer(location: Sequence[str | int], value: Json, missing: bool) -> str:
    """The JSON pointer of a pydantic location, whose names of union members and types are no part of the document."""
    pointer = ""
    for place, step in enumerate(location):
        if isinstance(value, dict) and step in value:
            value = value[str(step)]
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        elif not (missing and isinstance(value, dict) and place == len(location) - 1):
            continue
        pointer += f"/{_escaped(str(step))}"
    return pointer


def _escaped(name: str) -> str:
    return name[:80].replace("~", "~0").replace("/", "~1")


def _sentence(errors: Sequence[FieldError]) -> str:
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return errors[0].detail + more
