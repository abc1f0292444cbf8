"""What may be entered for each form of KPI, and what is refused by name."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import PeriodKind
from domain.errors import DomainError
from domain.measurement.commands import Entry, Form, KpiFacts
from domain.measurement.events import Reading
from domain.measurement.reading import number, read
from domain.values import KpiId

LABELS = ("poor", "Good enough", "excellent")


def facts(form: Form) -> KpiFacts:
    return KpiFacts(KpiId("k"), PeriodKind.MONTH, form, options=LABELS if form is Form.OPTION else ())


def entry(
    value: int | str | None = None, numerator: int | str | None = None, denominator: int | str | None = None
) -> Entry:
    """Texts of numbers are numbers here; other texts stay."""

    def part(given: int | str | None) -> Decimal | None:
        return None if given is None else Decimal(given)

    kept = value if isinstance(value, str) and number(value) is None else part(value)
    return Entry(kept, part(numerator), part(denominator))


@pytest.mark.parametrize(
    ("form", "entered", "kept"),
    [
        (Form.NUMBER, entry("-12.50"), Reading(Decimal("-12.5"))),
        (Form.NUMBER, Entry(" 3.5 "), Reading(Decimal("3.5"))),
        (Form.QUOTIENT, entry(None, -2, 4), Reading(None, Decimal(-2), Decimal(4))),
        (Form.QUOTIENT, entry(None, 2, 0), Reading(None, Decimal(2), Decimal(0))),
        (Form.SURVEY, entry("4.2", None, 17), Reading(Decimal("4.2"), None, Decimal(17))),
        (Form.SURVEY, entry(1, None, 1), Reading(Decimal(1), None, Decimal(1))),
        (Form.SURVEY, entry(5, None, 1), Reading(Decimal(5), None, Decimal(1))),
        (Form.WEIGHTED, entry(8, None, "0.5"), Reading(Decimal(8), None, Decimal("0.5"))),
        (Form.WEIGHTED, entry(8, None, 0), Reading(Decimal(8), None, Decimal(0))),
        (Form.OPTION, entry("good ENOUGH "), Reading(Decimal(2))),
        (Form.OPTION, entry(3), Reading(Decimal(3))),
        (Form.OPTION, Entry("3"), Reading(Decimal(3))),
        (Form.YES_NO, entry("Yes"), Reading(Decimal(1))),
        (Form.YES_NO, entry("FALSE"), Reading(Decimal(0))),
        (Form.YES_NO, entry(0), Reading(Decimal(0))),
        (Form.YES_NO, Entry("1"), Reading(Decimal(1))),
    ],
)
def test_each_form_has_its_entries(form: Form, entered: Entry, kept: Reading) -> None:
    assert read(entered, facts(form)) == kept


@pytest.mark.parametrize(
    ("form", "entered", "code", "field"),
    [
        (Form.NUMBER, entry(), "value-missing", "/value"),
        (Form.NUMBER, entry("a lot"), "not-a-number", "/value"),
        (Form.NUMBER, Entry("3,5"), "not-a-number", "/value"),
        (Form.NUMBER, Entry("٣"), "not-a-number", "/value"),
        (Form.NUMBER, Entry(Decimal("NaN")), "not-a-number", "/value"),
        (Form.NUMBER, Entry(Decimal("-Infinity")), "not-a-number", "/value"),
        (Form.NUMBER, Entry(Decimal("1E+9999999")), "too-many-digits", "/value"),
        (Form.NUMBER, entry("123456789012345678901"), "too-many-digits", "/value"),
        (Form.NUMBER, entry(1, 1), "part-unexpected", "/numerator"),
        (Form.NUMBER, entry(1, None, 1), "part-unexpected", "/denominator"),
        (Form.QUOTIENT, entry(50), "part-unexpected", "/value"),
        (Form.QUOTIENT, entry(None, 1), "part-missing", "/denominator"),
        (Form.QUOTIENT, entry(None, None, 1), "part-missing", "/numerator"),
        (Form.QUOTIENT, entry(None, 1, -1), "denominator-negative", "/denominator"),
        (Form.QUOTIENT, Entry(None, Decimal("NaN"), Decimal(1)), "not-a-number", "/numerator"),
        (Form.SURVEY, entry("5.01", None, 1), "out-of-range", "/value"),
        (Form.SURVEY, entry("0.99", None, 1), "out-of-range", "/value"),
        (Form.SURVEY, entry(4), "part-missing", "/denominator"),
        (Form.SURVEY, entry(4, None, 0), "out-of-range", "/denominator"),
        (Form.SURVEY, entry(4, None, "1.5"), "out-of-range", "/denominator"),
        (Form.WEIGHTED, entry(4, None, -1), "denominator-negative", "/denominator"),
        (Form.WEIGHTED, entry(4), "part-missing", "/denominator"),
        (Form.OPTION, entry("superb"), "option-unknown", "/value"),
        (Form.OPTION, entry(0), "option-unknown", "/value"),
        (Form.OPTION, entry(4), "option-unknown", "/value"),
        (Form.OPTION, entry("1.5"), "option-unknown", "/value"),
        (Form.YES_NO, entry("maybe"), "not-yes-or-no", "/value"),
        (Form.YES_NO, entry(2), "not-yes-or-no", "/value"),
        (Form.YES_NO, Entry("2"), "not-yes-or-no", "/value"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(form: Form, entered: Entry, code: str, field: str) -> None:
    with pytest.raises(DomainError) as refused:
        read(entered, facts(form))
    assert (refused.value.code, refused.value.field) == (code, field)


@pytest.mark.parametrize("text", ["", " 1", "1 ", "1_000", "0x1", "NaN", "inf", "1,5", "1e", "--1", ".", "9" * 65, "½"])
def test_other_texts_are_no_numbers(text: str) -> None:
    assert number(text) is None


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**12), max_value=10**12))
def test_a_number_written_out_is_read_as_it_is(given_number: Decimal) -> None:
    assert number(f"{given_number:f}") == given_number


@given(st.text(), st.sampled_from([Form.NUMBER, Form.OPTION, Form.YES_NO]))
def test_any_text_is_a_reading_or_refused_by_name(text: str, form: Form) -> None:
    try:
        reading = read(Entry(text), facts(form))
    except DomainError:
        return
    assert reading.value is not None
