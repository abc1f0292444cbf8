"""A sheet: rows become commands or errors of their own, the file is refused as a whole where it cannot be trusted."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import Period
from domain.errors import DomainError
from domain.measurement.commands import DeclareNotApplicable, Entry, RecordMeasurement
from domain.measurement.lines import LINE_LENGTH_MAX, lines
from domain.measurement.sheet import COLUMNS, Row, RowError, read_sheet
from domain.values import MANUAL, FreeText, KpiId, Source

SALES = KpiId("sales")
JANUARY = Period.parse("2026-01")


def rows(text: str | bytes) -> list[Row | RowError]:
    return list(read_sheet([text]))


def row(line: str, header: str = ",".join(COLUMNS)) -> Row | RowError:
    (only,) = rows(f"{header}\n{line}\n")
    return only


def error(line: str, header: str = ",".join(COLUMNS)) -> tuple[str, str]:
    found = row(line, header)
    assert isinstance(found, RowError), found
    assert found.detail
    assert found.number == 2
    return found.code, found.field


def refusal(text: str | bytes) -> tuple[str, str]:
    with pytest.raises(DomainError) as refused:
        rows(text)
    return refused.value.code, refused.value.detail


def recorded(value: str | Decimal) -> RecordMeasurement:
    return RecordMeasurement(SALES, JANUARY, Entry(value))


def test_every_column_has_its_place_in_the_command() -> None:
    line = "conversion,2026-01,,2,4,erp,e-1,2026-02-01T01:00:00+01:00,late"
    assert row(line) == Row(
        2,
        RecordMeasurement(
            KpiId("conversion"),
            JANUARY,
            Entry(None, Decimal(2), Decimal(4)),
            Source("erp"),
            datetime(2026, 2, 1, tzinfo=UTC),
            "e-1",
            "late",
        ),
    )


def test_three_columns_are_enough_and_their_order_is_free() -> None:
    assert rows("value;Period;KPI\n-3.5;2026-01;sales\n") == [Row(2, recorded(Decimal("-3.5")))]


def test_numerator_and_denominator_do_without_value() -> None:
    (only,) = rows("kpi,period,numerator,denominator\nsales,2026-01,1,0\n")
    assert only == Row(2, RecordMeasurement(SALES, JANUARY, Entry(None, Decimal(1), Decimal(0))))


@pytest.mark.parametrize("word", ["n/a", "N/A"])
def test_n_a_says_not_applicable_and_the_note_says_why(word: str) -> None:
    assert row(f"sales,2026-01,{word},,,,e-1,,closed") == Row(
        2, DeclareNotApplicable(SALES, JANUARY, MANUAL, FreeText("closed"), None, "e-1")
    )


def test_commas_and_semicolons_both_separate_and_quotes_hold_them() -> None:
    assert row('sales,2026-01,"good, mostly"', "kpi,period,value") == Row(2, recorded("good, mostly"))
    assert row("sales;2026-01;good, mostly", "kpi;period;value") == Row(2, recorded("good, mostly"))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_byte_order_mark_and_any_line_end_are_fine(end: str) -> None:
    text = f"\ufeffkpi,period,value{end}sales,2026-01,1{end}"
    assert rows(text.encode()) == rows(text) == rows(text.rstrip()) == [Row(2, recorded(Decimal(1)))]


def test_empty_rows_are_left_out_and_rows_are_counted_as_a_spreadsheet_does() -> None:
    text = 'kpi,period,value,note\n\n,,,\nsales,2026-01,1,"two\nlines"\nsales,2026-02,x,\n'
    assert [each.number for each in rows(text)] == [4, 5]


@pytest.mark.parametrize(
    ("line", "code", "field"),
    [
        ("a b,2026-01,1,,,,,,", "code-invalid", "/kpi"),
        (",2026-01,1,,,,,,", "code-invalid", "/kpi"),
        ("sales,2026-13,1,,,,,,", "period-invalid", "/period"),
        ("sales,Jan 26,1,,,,,,", "period-invalid", "/period"),
        ("sales,2026-01,,,,,,,", "value-missing", "/value"),
        ("sales,2026-01,,,4,,,,", "value-missing", "/value"),
        ('sales,2026-01,"3,5",,,,,,', "decimal-comma", "/value"),
        ('sales,2026-01,"1.234,5",,,,,,', "decimal-comma", "/value"),
        ('sales,2026-01,"-1,234.50",,,,,,', "decimal-comma", "/value"),
        ('sales,2026-01,,"3,5",4,,,,', "decimal-comma", "/numerator"),
        ("sales,2026-01,,x,4,,,,", "not-a-number", "/numerator"),
        ("sales,2026-01,123456789012345678901,,,,,,", "too-many-digits", "/value"),
        ("sales,2026-01,n/a,1,,,,,", "part-unexpected", "/value"),
        ("sales,2026-01,1,,,a b,,,", "code-invalid", "/source"),
        ("sales,2026-01,1,,,,,yesterday,", "instant-invalid", "/observed_at"),
        ("sales,2026-01,1,,,,,2026-01-01T00:00:00,", "instant-invalid", "/observed_at"),
        ("sales,2026-01,3,5,,,,,,", "cells-mismatch", ""),
        ("sales,2026-01,3", "cells-mismatch", ""),
        ("=sales,2026-01,1,,,,,,", "formula", "/kpi"),
        ("sales,2026-01,=1+1,,,,,,", "formula", "/value"),
        ("sales,2026-01,@SUM(A1),,,,,,", "formula", "/value"),
        ("sales,2026-01,,=A1,4,,,,", "formula", "/numerator"),
        ("sales,2026-01,1,,,,,,+cmd|' /C calc'!A0", "formula", "/note"),
        ("sales,2026-01,1,,,,\t=x,,", "formula", "/external_id"),
        ("sales,2026-01,1,,,,a\x00b,,", "control-character", "/external_id"),
    ],
)
def test_a_row_that_cannot_be_read_says_where_and_why(line: str, code: str, field: str) -> None:
    assert error(line) == (code, field)


@pytest.mark.parametrize("number", ["-3.5", "+3.5", "1e3", "0"])
def test_signs_make_numbers_not_formulas(number: str) -> None:
    assert row(f"sales,2026-01,{number},,,,,,- as planned") == Row(
        2, RecordMeasurement(SALES, JANUARY, Entry(Decimal(number)), note="- as planned")
    )


def test_a_bad_row_does_not_stop_the_others() -> None:
    found = rows("kpi,period,value\nsales,2026-01,1\nsales,never,1\nsales,2026-01,2\n")
    assert [type(each) for each in found] == [Row, RowError, Row]


@pytest.mark.parametrize(
    ("text", "code", "named"),
    [
        ("", "header-missing", "kpi,period"),
        ("kpi,period,value,tenant_id\n", "column-unknown", "tenant_id"),
        ("kpi,period,value,value\n", "column-repeated", "twice"),
        ("kpi,value\n", "column-missing", "period"),
        ("kpi,period\n", "column-missing", "numerator"),
        ("kpi,period,numerator\n", "column-missing", "denominator"),
        ('kpi,period,value\nsales,2026-01,"1\n', "csv-broken", "line 2"),
        ('kpi,period,value\nsales,2026-01,"1"2\n', "csv-broken", "line 2"),
        (b"kpi,period,value\nsales,2026-01,\xe4\n", "encoding", "byte 31 in line 2"),
        (b"\xef\xbb\xbfkpi,period,value\n\xe4", "encoding", "byte 20 in line 2"),
        ("kpi,period,value\n".encode("utf-16"), "encoding", "byte 0 in line 1"),
        (b"kpi,period,value\nsales,2026-01,\xc3", "encoding", "byte 31 in line 2"),
    ],
)
def test_a_file_that_cannot_be_trusted_is_refused_as_a_whole(text: str | bytes, code: str, named: str) -> None:
    found, detail = refusal(text)
    assert found == code
    assert named in detail


def test_more_rows_than_allowed_are_refused() -> None:
    text = "kpi,period,value\n" + "sales,2026-01,1\n" * 3
    assert len(list(read_sheet([text], rows_max=3))) == 3
    with pytest.raises(DomainError, match="too-many-rows"):
        list(read_sheet([text], rows_max=2))


def test_an_endless_line_is_refused_before_it_is_read() -> None:
    served = 0

    def endless() -> Iterator[bytes]:
        nonlocal served
        yield b"kpi,period,value\n"
        while True:
            served += 1
            yield b"x" * 65_536

    with pytest.raises(DomainError, match="line-too-long"):
        list(read_sheet(endless()))
    assert served <= 2


@pytest.mark.parametrize("line", [b"a\n", b'x","y\n', b"\n"])
def test_an_endless_quote_is_refused_before_it_is_read(line: bytes) -> None:
    served = 0

    def endless() -> Iterator[bytes]:
        nonlocal served
        yield b'kpi,period,value\n"'
        while True:
            served += len(line)
            yield line

    with pytest.raises(DomainError, match="line-too-long"):
        list(read_sheet(endless()))
    assert served <= 4 * LINE_LENGTH_MAX


def test_a_long_cell_of_digits_and_commas_takes_no_time() -> None:
    assert error(f'sales,2026-01,"1{"," * 60_000}x",,,,,,')[0] == "text-too-long"


def test_a_field_of_more_than_a_line_is_refused() -> None:
    assert refusal("kpi,period,value\n" + "x" * (LINE_LENGTH_MAX + 1))[0] == "line-too-long"


@given(st.binary(max_size=300))
def test_any_bytes_are_rows_or_refused_by_name(content: bytes) -> None:
    try:
        rows(b"kpi,period,value\n" + content)
    except DomainError as refused:
        assert refused.code in {"encoding", "csv-broken"}  # noqa: PT017 either outcome is right


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200), st.lists(st.integers(1, 40), max_size=30))
def test_where_chunks_end_changes_nothing(text: str, sizes: list[int]) -> None:
    content = text.encode()
    chunks, start = [], 0
    for size in [*sizes, len(content) + 1]:
        chunks.append(content[start : start + size])
        start += size
    assert list(lines(chunks)) == list(lines([content])) == list(lines([text]))


cells = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=30)


@pytest.mark.parametrize("delimiter", [",", ";"])
@given(note=cells)
def test_any_note_written_by_a_csv_writer_is_read_back_or_refused(delimiter: str, note: str) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerows([["kpi", "period", "value", "note"], ["sales", "2026-01", "1", note]])
    (only,) = rows(out.getvalue())
    if isinstance(only, RowError):
        assert note.strip()[:1] in ("=", "+", "@")
    else:
        assert only.command == RecordMeasurement(
            SALES, JANUARY, Entry(Decimal(1)), note=FreeText(note.strip()) if note.strip() else None
        )
