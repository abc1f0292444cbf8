"""One row of a sheet, column by column, as a command; what cannot be read is refused by the name of its column."""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from domain.calendar import Period
from domain.errors import Invalid
from domain.measurement.commands import DeclareNotApplicable, Entry, RecordMeasurement
from domain.measurement.reading import NUMBER_LENGTH_MAX, number
from domain.values import MANUAL, KpiId, Source, code, exact, free_text, name

NOT_APPLICABLE = "n/a"
TEXT_COLUMNS = ("kpi", "period", "source", "external_id", "observed_at", "note")

Cells = Mapping[str, str]
"""Column to text without surrounding space; a column that is not there and an empty cell mean the same."""

_FORMULA = re.compile(r"[=+@]")
_GROUPED = re.compile(r"[+-]?[0-9][0-9.,'\s]*,[0-9.,'\s]*")


def command_of(cells: Cells) -> RecordMeasurement | DeclareNotApplicable:
    """Raises Invalid with the pointer of the column."""
    for column in TEXT_COLUMNS:
        _refuse_formula(cells.get(column, ""), column)
    kpi = KpiId(code(cells["kpi"], "/kpi"))
    period = Period.parse(cells["period"])
    source = Source(code(cells["source"], "/source")) if cells.get("source") else MANUAL
    external_id = name(cells["external_id"], "/external_id") if cells.get("external_id") else None
    note = free_text(cells["note"], "/note") if cells.get("note") else None
    observed_at = _instant(cells.get("observed_at", ""))
    if cells.get("value", "").casefold() == NOT_APPLICABLE:
        if cells.get("numerator") or cells.get("denominator"):
            raise Invalid("part-unexpected", f"/value {NOT_APPLICABLE} stands alone, without parts", "/value")
        return DeclareNotApplicable(kpi, period, source, note, observed_at, external_id)
    return RecordMeasurement(kpi, period, _entry(cells), source, observed_at, external_id, note)


def _entry(cells: Cells) -> Entry:
    entry = Entry(_value(cells.get("value", "")), _part(cells, "numerator"), _part(cells, "denominator"))
    if entry.value is None and entry.numerator is None:
        raise Invalid("value-missing", f"/value must be given; {NOT_APPLICABLE} says that there is none", "/value")
    return entry


def _value(text: str) -> Decimal | str | None:
    """A number, or text that may be the label of an option, or yes or no."""
    if not text:
        return None
    found = number(text)
    if found is not None:
        return exact(found, "/value")
    _refuse_decimal_comma(text, "value")
    _refuse_formula(text, "value")
    return name(text, "/value")


def _part(cells: Cells, column: str) -> Decimal | None:
    text = cells.get(column, "")
    if not text:
        return None
    found = number(text)
    if found is None:
        _refuse_decimal_comma(text, column)
        _refuse_formula(text, column)
        raise Invalid("not-a-number", f"/{column} must be a number, with a decimal point", f"/{column}")
    return exact(found, f"/{column}")


def _refuse_decimal_comma(text: str, column: str) -> None:
    if len(text) <= NUMBER_LENGTH_MAX and _GROUPED.fullmatch(text):
        detail = f"/{column} {text[:20]!r}: write a decimal point, and nothing between thousands"
        raise Invalid("decimal-comma", detail, f"/{column}")


def _refuse_formula(text: str, column: str) -> None:
    """A cell that a spreadsheet would run never enters; numbers with a sign are numbers."""
    if _FORMULA.match(text):
        raise Invalid("formula", f"/{column} must not begin with = + or @", f"/{column}")


def _instant(text: str) -> datetime | None:
    if not text:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise Invalid("instant-invalid", "/observed_at must be such as 2026-03-31T18:00:00+02:00", "/observed_at")
    return instant
