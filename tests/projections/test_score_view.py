"""How numbers of a score are written."""

from decimal import Decimal

import pytest

from domain.scoring.bands import shown
from projections.score_view import number


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("60.00", "60"),
        ("-0", "0"),
        ("0E+3", "0"),
        ("66.66666666666666666666666666", "66.66666666666666666667"),
        ("1E+29", "1" + "0" * 29),
        ("1E+30", "1" + "0" * 30),
        ("12345678901234567890E+20", "12345678901234567890" + "0" * 20),
        ("1E+62", "1" + "0" * 62),
    ],
)
def test_a_number_is_written_whole_whatever_its_size(value: str, text: str) -> None:
    assert number(Decimal(value)) == text


@pytest.mark.parametrize(("value", "text"), [("1E+48", "1" + "0" * 48 + ".0"), ("1E+62", "1" + "0" * 62)])
def test_a_measured_value_too_long_to_be_rounded_is_shown_as_it_is(value: str, text: str) -> None:
    assert shown(Decimal(value), 1) == text
