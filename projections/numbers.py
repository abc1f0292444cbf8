"""The three numbers of a reading as columns, the same in every table that keeps values."""

from collections.abc import Mapping
from decimal import Decimal

from sqlalchemy import Column, Numeric

from domain.measurement.events import Reading


def number_columns() -> tuple[Column[Decimal], ...]:
    """Fresh columns for one table; all three are NULL for a value that is not applicable, and for none at all."""
    return Column("value", Numeric), Column("numerator", Numeric), Column("denominator", Numeric)


def numbers(reading: Reading | None) -> Mapping[str, Decimal | None]:
    """The columns of a reading; of none after a retraction."""
    if reading is None:
        return {"value": None, "numerator": None, "denominator": None}
    return {"value": reading.value, "numerator": reading.numerator, "denominator": reading.denominator}
