"""The policies of an organization: bands partition 0..100, everything within its range, refused by name."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Invalid
from domain.policy import BANDS_MAX, DEFAULT_BANDS, DEFAULT_POLICY, Band, Policy, ProfileShare, checked
from domain.values import NodeId

DEFAULT = Policy()


def bands(*lowers: str) -> Policy:
    return Policy(bands=tuple(Band(f"band {index}", Decimal(lower)) for index, lower in enumerate(lowers)))


def profile(**shares: str) -> Policy:
    return Policy(balance_profile=tuple(ProfileShare(NodeId(node), Decimal(share)) for node, share in shares.items()))


def test_the_built_in_policy_keeps_the_rules() -> None:
    assert checked(DEFAULT_POLICY.policy) == DEFAULT


def test_the_built_in_bands_are_red_below_50_amber_below_70_green_above() -> None:
    assert [(band.name, int(band.lower)) for band in DEFAULT_BANDS] == [("red", 0), ("amber", 50), ("green", 70)]


@pytest.mark.parametrize(
    ("policy", "code", "field"),
    [
        (replace(DEFAULT, minimum_coverage=Decimal("1.01")), "out-of-range", "/minimum_coverage"),
        (replace(DEFAULT, minimum_coverage=Decimal("-0.01")), "out-of-range", "/minimum_coverage"),
        (replace(DEFAULT, minimum_coverage=Decimal("NaN")), "not-a-number", "/minimum_coverage"),
        (replace(DEFAULT, carry_forward_max_periods=121), "out-of-range", "/carry_forward_max_periods"),
        (replace(DEFAULT, reporting_lag_days=-1), "out-of-range", "/reporting_lag_days"),
        (replace(DEFAULT, grace_days=367), "out-of-range", "/grace_days"),
        (replace(DEFAULT, lead_share=Decimal(0)), "out-of-range", "/lead_share"),
        (replace(DEFAULT, lead_share=Decimal(1)), "out-of-range", "/lead_share"),
        (replace(DEFAULT, lead_share=Decimal("NaN")), "not-a-number", "/lead_share"),
        (bands(), "bands-invalid", "/bands"),
        (bands(*map(str, range(BANDS_MAX + 1))), "bands-invalid", "/bands"),
        (bands("1", "50"), "bands-invalid", "/bands/0/lower"),
        (bands("0", "50", "50"), "bands-invalid", "/bands/2/lower"),
        (bands("0", "70", "50"), "bands-invalid", "/bands/2/lower"),
        (bands("0", "100"), "bands-invalid", "/bands/1/lower"),
        (bands("0", "33.3333333"), "bands-invalid", "/bands/1/lower"),
        (bands("0", "Infinity"), "not-a-number", "/bands/1/lower"),
        (Policy(bands=(Band("a", Decimal(0)), Band("a", Decimal(1)))), "bands-invalid", "/bands"),
        (Policy(bands=(Band(" ", Decimal(0)),)), "text-empty", "/bands/0/name"),
        (profile(financial="0"), "profile-invalid", "/balance_profile/0/share"),
        (
            Policy(balance_profile=(ProfileShare(NodeId("a"), Decimal(1)), ProfileShare(NodeId("a"), Decimal(2)))),
            "profile-invalid",
            "/balance_profile",
        ),
    ],
)
def test_a_policy_that_breaks_a_rule_is_refused_by_name(policy: Policy, code: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked(policy)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_thirds_are_written_with_six_decimals() -> None:
    assert checked(bands("0", "33.333333", "66.666667"))


def test_the_ends_of_every_range_are_allowed() -> None:
    assert checked(replace(DEFAULT, minimum_coverage=Decimal(0), grace_days=0, reporting_lag_days=366))
    assert checked(replace(DEFAULT, minimum_coverage=Decimal(1), carry_forward_max_periods=120))


@given(st.lists(st.decimals(0, 99, places=6), max_size=11, unique=True))
def test_any_rising_bounds_from_0_to_below_100_are_bands(bounds: list[Decimal]) -> None:
    rising = sorted({Decimal(0), *bounds})
    assert checked(bands(*map(str, rising)))
