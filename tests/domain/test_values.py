"""Exact numbers, weights, codes and texts: what enters is plain, and what makes no sense is refused by name."""

from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import DomainError
from domain.values import ARITHMETIC, code, exact, free_text, name, plain, q, weight

finite = st.decimals(-(10**12), 10**12, places=8)


@pytest.mark.parametrize(
    ("entered", "kept"),
    [
        ("60.00", "60"),
        ("6E+1", "60"),
        ("-0.50", "-0.5"),
        ("-0", "0"),
        ("0E+9999999", "0"),
        ("1E+20", "100000000000000000000"),
        ("1E-20", "1E-20"),
        ("12345678901234567890", "12345678901234567890"),
        ("123456789012345678900000", "123456789012345678900000"),
    ],
)
def test_equal_numbers_have_one_form(entered: str, kept: str) -> None:
    assert str(exact(Decimal(entered), "/value")) == kept


@pytest.mark.parametrize(
    ("entered", "code"),
    [
        ("NaN", "not-a-number"),
        ("sNaN", "not-a-number"),
        ("-Infinity", "not-a-number"),
        ("123456789012345678901", "too-many-digits"),
        ("1E+21", "too-many-digits"),
        ("1E-21", "too-many-digits"),
        ("1E+9999999", "too-many-digits"),
        ("1E-9999999", "too-many-digits"),
        ("1." + "0" * 60 + "1", "too-many-digits"),
        ("9" * 5000, "too-many-digits"),
    ],
)
def test_what_is_no_number_of_twenty_digits_is_refused(entered: str, code: str) -> None:
    with pytest.raises(DomainError) as refused:
        exact(Decimal(entered), "/value")
    assert (refused.value.code, refused.value.field) == (code, "/value")


@given(finite)
def test_plain_changes_the_form_and_never_the_number(number: Decimal) -> None:
    assert plain(number) == number
    assert str(plain(number)) == str(plain(plain(number)))


@given(finite, st.integers(1, 40))
def test_the_precision_of_the_thread_changes_nothing(number: Decimal, precision: int) -> None:
    third = ARITHMETIC.divide(number, Decimal(3))
    with localcontext() as thread:
        thread.prec = precision
        assert (exact(number, ""), q(third)) == (number, third.quantize(Decimal("1e-20"), context=ARITHMETIC))


def test_q_rounds_half_to_even_at_the_twentieth_decimal() -> None:
    assert q(Decimal("0.000000000000000000005")) == 0
    assert q(Decimal("0.000000000000000000015")) == Decimal("0.00000000000000000002")


@pytest.mark.parametrize("entered", ["0", "0.000001", "1000000", "33.333333"])
def test_a_weight_is_zero_to_a_million_with_six_decimals(entered: str) -> None:
    assert weight(Decimal(entered)) == Decimal(entered)


@pytest.mark.parametrize("entered", ["-0.1", "1000000.1", "0.0000001"])
def test_other_weights_are_refused(entered: str) -> None:
    with pytest.raises(DomainError, match="weight-out-of-range"):
        weight(Decimal(entered))


@pytest.mark.parametrize("text", ["a", "A1.b_c-d", "9" * 64])
def test_a_code_is_letters_digits_dots_hyphens_underscores(text: str) -> None:
    assert code(text) == text


@pytest.mark.parametrize("text", ["", "9" * 65, "-a", ".a", "a b", "a/b", "ä", "a\n", "٣"])
def test_other_codes_are_refused(text: str) -> None:
    with pytest.raises(DomainError, match="code-invalid"):
        code(text)


def test_a_name_loses_surrounding_space_and_a_reason_keeps_its_lines() -> None:
    assert name("  Net\u00a0sales ") == "Net\u00a0sales"
    assert free_text(" one\n\ttwo ") == "one\n\ttwo"


@pytest.mark.parametrize(
    ("text", "code"),
    [(" ", "text-empty"), ("x" * 201, "text-too-long"), ("a\nb", "control-character"), ("a\x00", "control-character")],
)
def test_a_name_that_cannot_be_shown_is_refused(text: str, code: str) -> None:
    with pytest.raises(DomainError) as refused:
        name(text)
    assert (refused.value.code, refused.value.field) == (code, "/name")


@given(st.text())
def test_a_text_is_refused_or_kept_without_control_characters(text: str) -> None:
    try:
        kept = free_text(text)
    except DomainError:
        return
    assert kept == text.strip()
    assert not any(character in kept for character in "\x00\x1b\x7f")
