"""The policies of an organization that scoring obeys: missing data, coverage, bands, carrying, balance profile.

Effective-dated like every definition; a scorecard may override the missing-data rule.
"""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from domain.errors import Invalid
from domain.values import NodeId, exact
from domain.values import name as checked_name

BANDS_MAX = 12
BOUND_DECIMALS_MAX = 6
CARRY_FORWARD_PERIODS_MAX = 120
REPORTING_LAG_DAYS_MAX = 366
GRACE_DAYS_MAX = 366
FULL_SCORE = Decimal(100)


class MissingData(StrEnum):
    """What a node does with the weight of its children without a score."""

    PROPORTIONAL = "proportional"
    EVEN = "even"
    ZERO = "zero"
    BLANK = "blank"
    CARRY = "carry"


@dataclass(frozen=True, slots=True)
class Band:
    """A status band from `lower` up to, not including, the next band's lower bound; the last is closed at 100."""

    name: str
    lower: Decimal


DEFAULT_BANDS = (Band("red", Decimal(0)), Band("amber", Decimal(50)), Band("green", Decimal(70)))


@dataclass(frozen=True, slots=True)
class ProfileShare:
    """The share of weight a perspective is meant to have; shares are relative and all above 0."""

    perspective: NodeId
    share: Decimal


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything scoring asks of the organization.

    minimum_coverage 0..1; carry_forward_max_periods in collection periods; reporting_lag_days and grace_days in civil
    days; lead_share is the wanted share of leading KPIs, 0..1 exclusive; an empty balance_profile means uniform.
    """

    missing_data: MissingData = MissingData.PROPORTIONAL
    minimum_coverage: Decimal = Decimal("0.5")
    bands: tuple[Band, ...] = DEFAULT_BANDS
    carry_forward_max_periods: int = 0
    reporting_lag_days: int = 10
    grace_days: int = 10
    lead_share: Decimal = Decimal("0.5")
    balance_profile: tuple[ProfileShare, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class PolicyKnown:
    """A policy with the date it applies from and the position that set it (0 = the built-in default)."""

    policy: Policy
    effective_from: date
    position: int
    restatement: bool = False


DEFAULT_POLICY = PolicyKnown(Policy(), date.min, 0)


def checked(policy: Policy) -> Policy:
    """The policy itself, if it keeps the rules; raises Invalid naming field and rule otherwise."""
    _in_range(policy.minimum_coverage, Decimal(0), Decimal(1), "/minimum_coverage")
    _whole(policy.carry_forward_max_periods, CARRY_FORWARD_PERIODS_MAX, "/carry_forward_max_periods")
    _whole(policy.reporting_lag_days, REPORTING_LAG_DAYS_MAX, "/reporting_lag_days")
    _whole(policy.grace_days, GRACE_DAYS_MAX, "/grace_days")
    if not Decimal(0) < exact(policy.lead_share, "/lead_share") < Decimal(1):
        raise Invalid("out-of-range", "/lead_share must lie between 0 and 1, both exclusive", "/lead_share")
    _check_bands(policy.bands)
    _check_profile(policy.balance_profile)
    return policy


def _in_range(value: Decimal, low: Decimal, high: Decimal, field_name: str) -> None:
    if not low <= exact(value, field_name) <= high:
        raise Invalid("out-of-range", f"{field_name} must be {low} to {high}", field_name)


def _whole(value: int, high: int, field_name: str) -> None:
    if not 0 <= value <= high:
        raise Invalid("out-of-range", f"{field_name} must be a whole number from 0 to {high}", field_name)


def _check_bands(bands: tuple[Band, ...]) -> None:
    if not 1 <= len(bands) <= BANDS_MAX:
        raise Invalid("bands-invalid", f"/bands must hold 1 to {BANDS_MAX} bands", "/bands")
    if bands[0].lower != 0:
        raise Invalid("bands-invalid", "/bands/0/lower must be 0: bands partition 0 to 100", "/bands/0/lower")
    if len({checked_name(band.name, f"/bands/{index}/name") for index, band in enumerate(bands)}) != len(bands):
        raise Invalid("bands-invalid", "/bands must have different names", "/bands")
    for index, band in enumerate(bands):
        exponent = exact(band.lower, f"/bands/{index}/lower").as_tuple().exponent
        rising = index == 0 or bands[index - 1].lower < band.lower
        if not rising or band.lower >= FULL_SCORE or (isinstance(exponent, int) and -exponent > BOUND_DECIMALS_MAX):
            raise Invalid(
                "bands-invalid",
                f"/bands/{index}/lower must rise, stay below 100 and have at most {BOUND_DECIMALS_MAX} decimals",
                f"/bands/{index}/lower",
            )


def _check_profile(profile: tuple[ProfileShare, ...]) -> None:
    if len({share.perspective for share in profile}) != len(profile):
        raise Invalid("profile-invalid", "/balance_profile names a perspective twice", "/balance_profile")
    for index, share in enumerate(profile):
        if exact(share.share, f"/balance_profile/{index}/share") <= 0:
            raise Invalid(
                "profile-invalid", f"/balance_profile/{index}/share must be above 0", f"/balance_profile/{index}/share"
            )
