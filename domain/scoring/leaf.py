"""A KPI in the asked period: its score, state and coverage, the same at every place it stands.

Called inside ARITHMETIC (domain.values).
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from domain.calendar import PeriodKind
from domain.policy import MissingData
from domain.scoring.bands import band_of
from domain.scoring.collected import DIVISION_BY_ZERO, NOT_APPLICABLE
from domain.scoring.gauge import Gauge, Several
from domain.scoring.inputs import Values
from domain.scoring.measured import NO_MARK, NOT_IN_FORCE, Measured, longer_period, one_period
from domain.scoring.plan import Plan
from domain.scoring.scale import ONE, ZERO, judge
from domain.scoring.tree import State
from domain.values import q

UNSCORED = "unscored"
FLAG_AS_ZERO = "as_zero"


class Leaf(NamedTuple):
    """What a KPI brings into its parents.

    `raw` may be filled by carrying or as zero (`filled`); a leaf in error is 0 under `zero` too. `entered` is the
    coverage, 1 where filled: what minimum coverage is asked of.
    """

    gauge: Gauge
    applicable: bool
    state: State
    reason: str | None
    raw: Decimal | None
    score: Decimal | None
    band: str | None
    coverage: Decimal | None
    entered: Decimal
    filled: bool
    errors: int
    achievement: Decimal | None
    counted: int
    flags: tuple[str, ...]
    measured: Measured


HaveEnded = Mapping[PeriodKind, Sequence[bool]]
"""By frequency, of each collection period of a longer period whether it has ended; absent if all have."""


def measure(plan: Plan, gauge: Gauge, values: Values, have_ended: HaveEnded) -> Leaf:
    """The KPI with these values."""
    way = gauge.way
    if way is None:
        return _not_applicable(gauge, Measured(gauge, None, gauge.reason, NO_MARK, 0, 0), gauge.reason)
    if isinstance(way, Several):
        measured = longer_period(
            gauge, way, values, have_ended.get(way.basis.definition.frequency), plan.definitions.calendar
        )
    else:
        measured = one_period(gauge, way, values)
    if not way.basis.definition.scored:
        return _not_applicable(gauge, measured, UNSCORED)
    if measured.reason == NOT_APPLICABLE or measured.reason == NOT_IN_FORCE:
        return _not_applicable(gauge, measured, measured.reason)
    return _applicable(plan, gauge, measured)


def _not_applicable(gauge: Gauge, measured: Measured, reason: str | None) -> Leaf:
    return Leaf(
        gauge,
        False,
        State.NOT_APPLICABLE,
        reason,
        None,
        None,
        None,
        None,
        ZERO,
        False,
        0,
        None,
        measured.counted,
        measured.mark.flags,
        measured,
    )


def _applicable(plan: Plan, gauge: Gauge, measured: Measured) -> Leaf:
    """The first reason not to have a score holds."""
    mark, value = measured.mark, measured.value
    if value is None:
        return _without_score(plan, gauge, measured, measured.reason, error=measured.reason == DIVISION_BY_ZERO)
    if mark.filled is None:
        return _without_score(plan, gauge, measured, mark.reason, error=False)
    judged = judge(mark.filled, value)
    if judged.score is None:
        return _without_score(plan, gauge, measured, judged.fault, error=True)
    return _with_score(plan, gauge, measured, judged.score, judged.achievement)


def _without_score(plan: Plan, gauge: Gauge, measured: Measured, reason: str | None, error: bool) -> Leaf:
    as_zero = plan.missing_data is MissingData.ZERO
    judged = as_zero and not error
    state = State.ERROR if error else State.INCOMPLETE if as_zero else State.EMPTY
    return Leaf(
        gauge,
        True,
        state,
        reason,
        ZERO if as_zero else None,
        ZERO if judged else None,
        band_of(ZERO, plan.bands) if judged else None,
        ZERO,
        ONE if as_zero else ZERO,
        as_zero,
        1 if error else 0,
        None,
        0,
        (*measured.mark.flags, FLAG_AS_ZERO) if as_zero else measured.mark.flags,
        measured,
    )


def _with_score(plan: Plan, gauge: Gauge, measured: Measured, score: Decimal, achievement: Decimal | None) -> Leaf:
    coverage = entered = ONE
    state = State.COMPLETE
    if measured.carried:
        coverage, state = ZERO, State.INCOMPLETE
    elif measured.counted != measured.expected:
        coverage = entered = Decimal(measured.counted) / measured.expected
        state = State.INCOMPLETE if q(coverage) >= plan.minimum_coverage else State.INSUFFICIENT
    sufficient = state is not State.INSUFFICIENT
    return Leaf(
        gauge,
        True,
        state,
        measured.reason,
        score,
        score if sufficient else None,
        band_of(score, plan.bands) if sufficient else None,
        coverage,
        entered,
        measured.carried,
        0,
        achievement,
        measured.counted,
        measured.mark.flags,
        measured,
    )
