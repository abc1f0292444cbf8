"""Values as they are written in answers: exact numbers as decimal text, days, instants in UTC."""

from datetime import date, datetime
from decimal import Decimal

from domain.values import plain
from infra.eventstore.scalars import instant_text


def number_text(value: Decimal) -> str:
    """The number as it is, without exponent or trailing zeros."""
    return format(plain(value), "f")


def optional_number(value: Decimal | None) -> str | None:
    """The number, if there is one."""
    return None if value is None else number_text(value)


def day_text(day: date) -> str:
    """2026-03-01."""
    return day.isoformat()


def optional_day(day: date | None) -> str | None:
    """The day, if there is one."""
    return None if day is None else day_text(day)


def optional_instant(instant: datetime | None) -> str | None:
    """The instant, if there is one."""
    return None if instant is None else instant_text(instant)
