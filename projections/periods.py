"""Periods by the names that tables hold; a rebuild meets the same few names a million times."""

from functools import lru_cache

from domain.calendar import Period

NAMES_CACHED_MAX = 16_384


@lru_cache(maxsize=NAMES_CACHED_MAX)
def period_of(name: str) -> Period:
    """The period of a name out of the log, which was checked when it came in."""
    return Period.parse(name)


@lru_cache(maxsize=NAMES_CACHED_MAX)
def name_of(period: Period) -> str:
    """Its name."""
    return period.text
