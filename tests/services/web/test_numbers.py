"""Numbers and words as a reader sees them."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from domain.calendar import Period
from domain.policy import DEFAULT_BANDS, Band
from services.web import numbers, words
from services.web.status import TONES, status, tone

GAP, MINUS = numbers.GAP, numbers.MINUS


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("57", "57"),
        ("9999.50", "9999.50"),
        ("12345", f"12{GAP}345"),
        ("-1234567.891", f"{MINUS}1{GAP}234{GAP}567.891"),
        ("0.00000001", "0.00000001"),
        ("100000000000000000000", f"100{GAP}000{GAP}000{GAP}000{GAP}000{GAP}000{GAP}000"),
    ],
)
def test_thousands_stand_apart_from_five_digits_on_and_minus_is_a_minus(text: str, shown: str) -> None:
    assert numbers.number(text) == shown


def test_exact_numbers_lose_their_zeros_and_no_digit() -> None:
    assert numbers.exact("66.33333333333333333333") == "66.33333333333333333333"
    assert numbers.exact("57.00000000000000000000") == "57"
    assert numbers.exact("0E-20") == "0"


@pytest.mark.parametrize(
    ("share", "decimals", "shown"),
    [
        ("1", 0, "100"),
        ("0", 0, "0"),
        ("0.996", 0, "99"),
        ("0.99999999999999999999", 1, "99.9"),
        ("0.004", 0, "1"),
        ("0.0001", 1, "0.1"),
        ("0.125", 1, "12.5"),
        ("0.33333333333333333333", 1, "33.3"),
    ],
)
def test_a_percentage_says_all_and_nothing_only_of_all_and_nothing(share: str, decimals: int, shown: str) -> None:
    assert numbers.percent(share, decimals) == f"{shown}{GAP}%"


def test_a_change_is_the_difference_of_what_is_shown() -> None:
    assert numbers.change("72.4", "68.1") == "+4.3"
    assert numbers.change("68.1", "72.4") == f"{MINUS}4.3"
    assert numbers.change("70.0", "70.0") == "0.0"


@pytest.mark.parametrize(
    ("period", "label", "short"),
    [
        ("2016", "2016", "2016"),
        ("2026-H1", "H1 2026", "H1 26"),
        ("2026-Q3", "Q3 2026", "Q3 26"),
        ("2026-03", "March 2026", "Mar 26"),
        ("2026-W07", "Week 7, 2026", "W7"),
        ("2026-03-14", "14 March 2026", "14 Mar"),
    ],
)
def test_periods_are_said_as_people_say_them(period: str, label: str, short: str) -> None:
    assert words.period_label(Period.parse(period)) == label
    assert words.period_short(Period.parse(period)) == short


def test_an_instant_is_shown_in_utc() -> None:
    assert words.instant_label(datetime(2026, 11, 25, 9, 5, 59, tzinfo=UTC)) == "25 November 2026, 09:05 UTC"


@pytest.mark.parametrize("count", [2, 3, 5, 12])
def test_tones_follow_the_order_of_bands_whatever_their_names(count: int) -> None:
    bands = [Band(f"level {index}", Decimal(index)) for index in range(count)]
    made = [TONES.index(tone(bands, band.name)) for band in bands]
    assert made == sorted(made)
    assert (made[0], made[-1]) == (0, len(TONES) - 1)


def test_a_band_of_an_older_policy_keeps_its_word_and_has_no_tone() -> None:
    assert status(DEFAULT_BANDS, "sehr gut", "complete", None).label == "Sehr gut"
    assert status(DEFAULT_BANDS, "sehr gut", "complete", None).tone == "none"


@pytest.mark.parametrize(
    "speak", [words.state_label, lambda state, reason: words.state_sentence(state, reason, None, "")]
)
def test_an_unknown_word_is_shown_and_not_hidden(speak: Callable[[str, str | None], str]) -> None:
    assert "new state" in speak("new_state", "new_reason").lower()
