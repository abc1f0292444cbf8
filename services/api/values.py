"""The kinds of values that stand in bodies and queries: exact numbers, codes, texts, periods, days, instants."""

import re
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, WithJsonSchema

from domain.calendar import Period
from domain.errors import Invalid
from domain.measurement.reading import NUMBER_LENGTH_MAX, number

TEXT_CHARACTERS_MAX = 4_000
NAME_CHARACTERS_MAX = 200
CODE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
NUMBER_PATTERN = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$"
PERIOD_PATTERN = r"^[0-9]{4}(-(0[1-9]|1[0-2])|-Q[1-4]|-H[12]|-W[0-5][0-9]|-(0[1-9]|1[0-2])-[0-3][0-9])?$"

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class Strict(BaseModel):
    """A body: types are not converted, unknown fields are refused."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Query(BaseModel):
    """A query: every parameter is known and given once."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _number(value: object) -> Decimal:
    written = number(value) if isinstance(value, str) else None
    if written is not None:
        return written
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError('must be a decimal string such as "12.50" or a JSON number of at most 15 digits')
    found = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not found.is_finite():
        raise ValueError("must be a finite number")
    return found


def _period(value: object) -> Period:
    if not isinstance(value, str):
        raise ValueError("must be the name of a period, such as 2026-03, 2026-Q1, 2026")
    try:
        return Period.parse(value)
    except Invalid as error:
        raise ValueError(error.detail.removeprefix("/period ")) from None


def _day(value: object) -> date:
    """Only the form 2026-03-01: neither a timestamp nor a number of seconds is a day."""
    if isinstance(value, str) and _DAY.fullmatch(value):
        with suppress(ValueError):
            return date.fromisoformat(value)
    raise ValueError("must be a day such as 2026-03-01")


Number = Annotated[
    Decimal,
    PlainValidator(_number),
    WithJsonSchema(
        {
            "description": "An exact number: a decimal string, or a JSON number of at most 15 digits.",
            "anyOf": [
                {"type": "string", "pattern": NUMBER_PATTERN, "maxLength": NUMBER_LENGTH_MAX},
                {"type": "number"},
            ],
            "examples": ["12.50"],
        }
    ),
]
Code = Annotated[str, Field(pattern=CODE_PATTERN, description="1 to 64 of A-Z a-z 0-9 . _ -", examples=["revenue"])]
Name = Annotated[str, Field(min_length=1, max_length=NAME_CHARACTERS_MAX)]
Text = Annotated[str, Field(min_length=1, max_length=TEXT_CHARACTERS_MAX)]
PeriodName = Annotated[
    Period,
    PlainValidator(_period),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": PERIOD_PATTERN,
            "description": "2026-03 (month), 2026-Q1, 2026-H1, 2026 (year), 2026-W07 (ISO week) or 2026-03-14 (day)",
            "examples": ["2026-03"],
        }
    ),
]
Day = Annotated[date, BeforeValidator(_day)]
Instant = Annotated[AwareDatetime, Field(description="RFC 3339 with an offset", examples=["2026-03-31T18:00:00Z"])]
