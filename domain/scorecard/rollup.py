"""Rules of how the children of a node make their parent: which parts each rule needs."""

from domain.errors import Invalid, Refused
from domain.scorecard import lookup
from domain.scorecard.events import Rollup, RollupRule, Tie
from domain.scorecard.limits import LIMITER_CHILDREN_MAX, LIMITERS_MAX
from domain.scorecard.state import Node


def check(rollup: Rollup, node: Node, bands: frozenset[str]) -> None:
    """Refuses a roll-up that lacks what its rule needs, has what it cannot use, or names what is not there.

    Raises Invalid `rollup-invalid`, `band-unknown`, `limiter-invalid`, Refused `rollup-kpi-not-placed`.
    """
    _check_kpi(rollup, node)
    _check_level(rollup, bands)
    if rollup.tie is not Tie.WORST and rollup.rule is not RollupRule.MOST_FREQUENT:
        raise Invalid("rollup-invalid", "/rollup/tie has a meaning for most_frequent only", "/rollup/tie")
    _check_limiters(rollup, bands)


def _check_kpi(rollup: Rollup, node: Node) -> None:
    field = "/rollup/kpi"
    if (rollup.kpi is not None) is not (rollup.rule is RollupRule.SELF):
        raise Invalid("rollup-invalid", f"{field} names the KPI of self, and is empty for every other rule", field)
    if rollup.kpi is not None and all(placement.kpi != rollup.kpi for placement in node.placements):
        detail = f"{field}: {rollup.kpi!r} is not placed directly under {lookup.shown(node.id)}"
        raise Refused("rollup-kpi-not-placed", detail, field)


def _check_level(rollup: Rollup, bands: frozenset[str]) -> None:
    field = "/rollup/level"
    if (rollup.level is not None) is not (rollup.rule is RollupRule.ALL_AT_LEAST):
        raise Invalid("rollup-invalid", f"{field} is the band of all_at_least, and empty for every other rule", field)
    if rollup.level is not None:
        _check_band(rollup.level, bands, field)


def _check_limiters(rollup: Rollup, bands: frozenset[str]) -> None:
    field = "/rollup/limiters"
    if len(rollup.limiters) > LIMITERS_MAX:
        raise Invalid("limiter-invalid", f"{field} may hold at most {LIMITERS_MAX} limiters", field)
    if len(set(rollup.limiters)) != len(rollup.limiters):
        raise Invalid("limiter-invalid", f"{field} must not repeat a limiter", field)
    for index, limiter in enumerate(rollup.limiters):
        here = f"{field}/{index}"
        if not 1 <= limiter.at_least <= LIMITER_CHILDREN_MAX:
            detail = f"{here}/at_least must be 1 to {LIMITER_CHILDREN_MAX} children"
            raise Invalid("limiter-invalid", detail, f"{here}/at_least")
        _check_band(limiter.in_band, bands, f"{here}/in_band")
        _check_band(limiter.at_most, bands, f"{here}/at_most")


def _check_band(band: str, bands: frozenset[str], field: str) -> None:
    if band not in bands:
        known = ", ".join(sorted(bands))
        raise Invalid("band-unknown", f"{field}: {band!r} is not a band of the organization's policy ({known})", field)
