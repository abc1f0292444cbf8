"""Values every aggregate shares: codes, exact decimals, weights, free text; constructors that refuse nonsense.

All arithmetic of scores runs in ARITHMETIC: 50 digits, half-even, traps on.
"""

import re
import unicodedata
from decimal import (
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DecimalException,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
)
from typing import NewType

from domain.errors import Invalid

ScorecardId = NewType("ScorecardId", str)
NodeId = NewType("NodeId", str)
"""Code of a perspective or an objective, unique within its scorecard."""
KpiId = NewType("KpiId", str)
Source = NewType("Source", str)
FreeText = NewType("FreeText", str)
"""Text a person wrote (reason, note, description): sealed before it reaches the log."""

MANUAL = Source("manual")
ROOT = NodeId("")
"""The scorecard itself as a node of its own tree."""

CODE_LENGTH_MAX = 64
NAME_LENGTH_MAX = 200
FREE_TEXT_LENGTH_MAX = 4_000
SIGNIFICANT_DIGITS_MAX = 20
EXPONENT_MAX = 20
WEIGHT_DECIMALS_MAX = 6
WEIGHT_MAX = Decimal(1_000_000)

_CODE = re.compile(rf"[A-Za-z0-9](?:[A-Za-z0-9._-]{{0,{CODE_LENGTH_MAX - 1}}})")

ARITHMETIC = Context(
    prec=50, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, Overflow, DivisionByZero], Emin=-999_999, Emax=999_999
)
"""The one context of every score. Never the thread's: even unary minus would round to its 28 digits."""

_INPUT = Context(prec=SIGNIFICANT_DIGITS_MAX, traps=[Inexact, InvalidOperation, Overflow], Emin=-999_999, Emax=999_999)
"""Refuses to drop a digit: what does not fit was not entered with few enough digits."""

_TWENTY_DECIMALS = Decimal(1).scaleb(-20)


def q(value: Decimal) -> Decimal:
    """The value quantised to 20 decimals, half-even: what bands, limits, equality, sorting and storage use."""
    return value.quantize(_TWENTY_DECIMALS, context=ARITHMETIC)


def plain(value: Decimal) -> Decimal:
    """The numerically equal Decimal without trailing zeros and without an exponent: 60.00 and 6E+1 become 60."""
    shortest = value.normalize(ARITHMETIC)
    exponent = shortest.as_tuple().exponent
    if isinstance(exponent, int) and exponent > 0:
        return shortest.quantize(Decimal(1), context=ARITHMETIC)
    return shortest if shortest else Decimal(0)


def exact(value: Decimal, field: str) -> Decimal:
    """A finite input number in plain form.

    Raises Invalid `not-a-number` for NaN and infinities, `too-many-digits` beyond 20 significant digits or 20 places
    on either side of the point.
    """
    if not value.is_finite():
        raise Invalid("not-a-number", f"{field or 'the value'} must be a finite number", field)
    try:
        exponent = value.normalize(_INPUT).as_tuple().exponent
    except DecimalException:
        exponent = None
    if not isinstance(exponent, int) or not -EXPONENT_MAX <= exponent <= EXPONENT_MAX:
        raise Invalid(
            "too-many-digits",
            f"{field or 'the value'} may have at most {SIGNIFICANT_DIGITS_MAX} significant digits",
            field,
        )
    return plain(value)


def weight(value: Decimal, field: str = "/weight") -> Decimal:
    """A relative weight: 0 to 1,000,000 with at most 6 decimals; 0 is shown and scored but not counted."""
    number = exact(value, field)
    exponent = number.as_tuple().exponent
    if not (0 <= number <= WEIGHT_MAX) or (isinstance(exponent, int) and exponent < -WEIGHT_DECIMALS_MAX):
        raise Invalid("weight-out-of-range", f"{field} must be 0 to {WEIGHT_MAX} with at most 6 decimals", field)
    return number


def code(text: str, field: str = "/code") -> str:
    """An id people choose: 1 to 64 letters, digits, dots, hyphens or underscores, starting with a letter or digit."""
    if not _CODE.fullmatch(text):
        raise Invalid(
            "code-invalid",
            f"{field} must be 1 to {CODE_LENGTH_MAX} of A-Z a-z 0-9 . _ - and start with a letter or digit",
            field,
        )
    return text


def name(text: str, field: str = "/name") -> str:
    """A display name: 1 to 200 characters, no control characters, surrounding space removed."""
    return _text(text, field, NAME_LENGTH_MAX)


def free_text(text: str, field: str = "/reason") -> FreeText:
    """Text a person wrote: 1 to 4,000 characters, line breaks and tabs allowed, other control characters refused."""
    return FreeText(_text(text, field, FREE_TEXT_LENGTH_MAX, allowed="\n\t"))


def _text(text: str, field: str, length_max: int, allowed: str = "") -> str:
    stripped = text.strip()
    if not stripped:
        raise Invalid("text-empty", f"{field} must not be empty", field)
    if len(stripped) > length_max:
        raise Invalid("text-too-long", f"{field} may have at most {length_max} characters", field)
    if any(unicodedata.category(character) in ("Cc", "Cs") and character not in allowed for character in stripped):
        raise Invalid("control-character", f"{field} must not contain control characters", field)
    return stripped
