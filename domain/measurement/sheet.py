"""A sheet of values as CSV text: rows become commands or errors of their own, faults of the file refuse it.

Header `kpi,period,value,numerator,denominator,source,external_id,observed_at,note`; kpi, period and either value or
numerator and denominator are needed. Commas or semicolons; a decimal point only; `n/a` as value: not applicable.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from domain.errors import DomainError, Invalid
from domain.measurement.commands import DeclareNotApplicable, RecordMeasurement
from domain.measurement.lines import LINE_LENGTH_MAX, lines
from domain.measurement.rows import Cells, command_of

COLUMNS = ("kpi", "period", "value", "numerator", "denominator", "source", "external_id", "observed_at", "note")
NEEDED = ("kpi", "period")
ROWS_MAX = 100_000
RECORD_LENGTH_MAX = 2 * LINE_LENGTH_MAX
"""Characters of one row, line breaks within quotes included."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row that can be executed; `number` counts as a spreadsheet does: the header is row 1."""

    number: int
    command: RecordMeasurement | DeclareNotApplicable


@dataclass(frozen=True, slots=True)
class RowError:
    """One row that cannot; `field` is the pointer of the column, "" for the row as a whole."""

    number: int
    field: str
    code: str
    detail: str


def read_sheet(chunks: Iterable[str | bytes], rows_max: int = ROWS_MAX) -> Iterator[Row | RowError]:
    """The rows in order, read as they are asked for; empty rows are left out.

    Raises Invalid for a fault of the file, maybe after some rows were given, so nothing may be kept before the end:
    `encoding`, `line-too-long`, `csv-broken`, `header-missing`, `column-unknown`, `column-repeated`, `column-missing`,
    `too-many-rows`.
    """
    records = _records(lines(chunks))
    header = next(records, None)
    if header is None:
        raise Invalid("header-missing", f"the sheet is empty; its first row must be {','.join(COLUMNS)}")
    columns = _checked_columns(header)
    count = 0
    for number, record in enumerate(records, 2):
        if not any(cell.strip() for cell in record):
            continue
        count += 1
        if count > rows_max:
            raise Invalid("too-many-rows", f"the sheet has more than {rows_max} rows: split it")
        yield _row(number, columns, record)


def _row(number: int, columns: Sequence[str], record: Sequence[str]) -> Row | RowError:
    if len(record) != len(columns):
        detail = (
            f"the row has {len(record)} cells, the header {len(columns)}; "
            "is a comma inside a number or a text without quotes?"
        )
        return RowError(number, "", "cells-mismatch", detail)
    cells: Cells = {column: cell.strip() for column, cell in zip(columns, record, strict=True)}
    try:
        return Row(number, command_of(cells))
    except DomainError as refused:
        return RowError(number, refused.field, refused.code, refused.detail)


def _checked_columns(header: Sequence[str]) -> tuple[str, ...]:
    columns = tuple(cell.strip().lower() for cell in header)
    for column in columns:
        if column not in COLUMNS:
            raise Invalid("column-unknown", f"there is no column {column[:40]!r}; known are {', '.join(COLUMNS)}")
    if len(set(columns)) != len(columns):
        raise Invalid("column-repeated", "the header names a column twice")
    for column in NEEDED:
        if column not in columns:
            raise Invalid("column-missing", f"the header lacks the column {column}")
    if "value" not in columns and not {"numerator", "denominator"} <= set(columns):
        raise Invalid("column-missing", "the header needs the column value, or numerator and denominator")
    return columns


def _records(text: Iterator[str]) -> Iterator[list[str]]:
    """Rows of cells; the delimiter is the one of the header, where no name holds either."""
    first = next(text, None)
    if first is None:
        return
    feed = _Feed(first, text)
    reader = csv.reader(feed, delimiter=";" if ";" in first else ",", strict=True)
    while True:
        feed.start_record()
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as fault:
            raise Invalid("csv-broken", f"line {feed.line}: the quotes or the cells are not CSV ({fault})") from None
        yield record


class _Feed:
    """Lines for the CSV reader, with a bound on how many it may join into one row."""

    def __init__(self, first: str, rest: Iterator[str]) -> None:
        self._first: str | None = first
        self._rest = rest
        self._length = 0
        self.line = 0

    def start_record(self) -> None:
        self._length = 0

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        line = self._first if self._first is not None else next(self._rest)
        self._first = None
        self.line += 1
        self._length += len(line) + 1
        if self._length > RECORD_LENGTH_MAX:
            raise Invalid("line-too-long", f"the row that ends in line {self.line} is too long: a quote is not closed")
        return line + "\n"
