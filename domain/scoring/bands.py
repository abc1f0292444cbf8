"""Status bands: which band a score lies in, and how a score is written so that its number never contradicts its band.

Bands are half-open, the last is closed at 100, and they are asked with q(score) only.
"""

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from functools import lru_cache

from domain.policy import Band
from domain.values import ARITHMETIC, q

SHOWN_DECIMALS_MAX = 20
"""q() has no more."""


def band_of(score: Decimal, bands: Sequence[Band]) -> str:
    """The name of the band that q(score) lies in; a score below every bound (never a real one) is in the first."""
    return _band_of(q(score), bands)


def _band_of(exact: Decimal, bands: Sequence[Band]) -> str:
    for band in reversed(bands):
        if exact >= band.lower:
            return band.name
    return bands[0].name


def ranks(bands: Sequence[Band]) -> dict[str, int]:
    """The place of every band by name, 0 for the worst."""
    return {band.name: rank for rank, band in enumerate(bands)}


def shown(value: Decimal, decimals: int, bands: Sequence[Band] = ()) -> str:
    """The value as text, half-even, next to the true band: 69.96 with a bound at 70 is shown as 69.9, not 70.0.

    Where a band is narrower than the step of the last decimal, as many decimals are added as it takes to hit it.
    """
    if not bands:
        return _text(_rounded(value, decimals, ROUND_HALF_EVEN))
    exact = q(value)
    true_band = _band_of(exact, bands)
    for places in range(decimals, SHOWN_DECIMALS_MAX + 1):
        for rounding in (ROUND_HALF_EVEN, ROUND_FLOOR, ROUND_CEILING):
            candidate = _rounded(exact, places, rounding)
            if _band_of(candidate, bands) == true_band:
                return _text(candidate)
    raise AssertionError("q(value) itself lies in its own band")


def _rounded(value: Decimal, decimals: int, rounding: str) -> Decimal:
    if value.adjusted() + decimals >= ARITHMETIC.prec:
        return value  # a measured value or an achievement with more digits before the point than can be rounded behind
    return value.quantize(_step(decimals), rounding=rounding, context=ARITHMETIC)


@lru_cache(maxsize=SHOWN_DECIMALS_MAX + 1)
def _step(decimals: int) -> Decimal:
    return Decimal((0, (1,), -decimals))


def _text(value: Decimal) -> str:
    return f"{value.copy_abs() if value.is_zero() else value:f}"
