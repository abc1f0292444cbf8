"""The value of a KPI in the asked period, and what it is held against: over the same collection periods.

Called inside ARITHMETIC (domain.values).
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from domain.calendar import Calendar
from domain.kpi.state import TargetKnown
from domain.measurement.events import ValueKnown
from domain.scoring.aggregate import actual, enters
from domain.scoring.collected import DIVISION_BY_ZERO, MISSING, NOT_APPLICABLE, Collected, collected
from domain.scoring.gauge import NO_TARGET, Gauge, Mark, Several, Single, mark, mark_of_own, mark_of_parts, own_mark
from domain.scoring.inputs import Values
from domain.scoring.scale import UsedAnchor, judge
from domain.scoring.targets import NO_AIM, UsedTarget

NOT_IN_FORCE = "not_in_force"
CARRIED = "carried"
NO_MARK = Mark(NO_AIM, (), False, None, None, ())


class Measured(NamedTuple):
    """How a KPI's score came about. `value` None says why in `reason`; `counted` and `expected` are collection periods.

    `values` are those in force that entered. What only explanations name is worked out when it is asked for. Positions
    are those in the log, 0 for what is built in.
    """

    gauge: Gauge
    value: Decimal | None
    reason: str | None
    mark: Mark
    counted: int
    expected: int
    values: tuple[ValueKnown, ...] = ()
    carried: bool = False

    @property
    def definition_position(self) -> int:
        """Where the definition in force was made."""
        return self.gauge.definition_position

    @property
    def scale_position(self) -> int | None:
        """Where the scale in force was set; None if it is the KPI's natural one, or if there is none."""
        return self.gauge.scale_position

    @property
    def targets(self) -> tuple[UsedTarget, ...]:
        """The targets that entered."""
        return self.mark.targets

    @property
    def anchors(self) -> tuple[UsedAnchor, ...]:
        """The scale as it was filled in; none if no value was held against it."""
        filled = self.mark.filled
        return () if self.value is None or filled is None else filled.anchors


def one_period(gauge: Gauge, way: Single, values: Values) -> Measured:
    """A single collection period: its own value and target, or what is carried into it."""
    cell = gauge.cells[0]
    known = values.get(cell, ())
    # By far the most frequent case; collected() would say the same.
    if way.source is not None and len(known) == 1 and known[0].source == way.source:
        value = known[0].reading.value
        if value is not None:
            return Measured(gauge, value, None, way.mark, 1, 1, known)
    found = collected(way.basis.definition, cell[1], known)
    if found.value is not None:
        return Measured(gauge, found.value, found.reason, way.mark, 1, 1, found.used)
    if found.reason == NOT_APPLICABLE:
        return Measured(gauge, None, NOT_APPLICABLE, way.mark, 0, 0, found.used)
    if way.early and not found.used:
        return Measured(gauge, None, NOT_IN_FORCE, way.mark, 0, 0, found.used)
    carried = _carried(gauge, way, values) if gauge.back and found.reason != DIVISION_BY_ZERO else None
    return carried or Measured(gauge, None, found.reason, way.mark, 0, 1, found.used)


def _carried(gauge: Gauge, way: Single, values: Values) -> Measured | None:
    """The last counted value, with its own target, at most as many collection periods back as the policy allows."""
    basis = way.basis
    for cell in gauge.back:
        found = collected(basis.definition, cell[1], values.get(cell, ()))
        if found.value is None:
            continue
        against = own_mark(basis, cell[1])
        if against.filled is not None and judge(against.filled, found.value).fault is None:
            return Measured(gauge, found.value, CARRIED, against, 0, 1, found.used, carried=True)
    return None


def longer_period(
    gauge: Gauge, way: Several, values: Values, have_ended: Sequence[bool] | None, calendar: Calendar
) -> Measured:
    """Like for like: actual and target over the counted collection periods, or a target of its own.

    `have_ended` tells of each collection period whether it has; None if all have. A value without the target it needs
    is left out of both.
    """
    definition, reason = way.basis.definition, MISSING
    counted: list[Collected] = []
    targets: list[TargetKnown | None] = []
    expected = left_out = 0
    for place, cell in enumerate(gauge.cells):
        found = collected(definition, cell[1], values.get(cell, ()))
        if found.reason == NOT_APPLICABLE or (place < way.early and not found.used):
            left_out += 1
            continue
        counts = found.counts
        if counts and not way.lacking[place]:
            counted.append(found)
            targets.append(way.targets[place])
            expected += 1
            continue
        if counts:
            reason = NO_TARGET
        if have_ended is None or have_ended[place]:
            expected += 1
    if left_out == len(gauge.cells):
        return Measured(gauge, None, NOT_APPLICABLE, mark(way.basis, NO_AIM, (), 0), 0, 0)
    if not counted:
        return Measured(gauge, None, reason, mark(way.basis, NO_AIM, (), 0), 0, expected)
    return _aggregated(gauge, way, counted, targets, expected, calendar)


def _aggregated(
    gauge: Gauge,
    way: Several,
    counted: Sequence[Collected],
    targets: Sequence[TargetKnown | None],
    expected: int,
    calendar: Calendar,
) -> Measured:
    definition = way.basis.definition
    entering = [found for found in counted if enters(definition, found)]
    value = actual(definition, entering)
    if way.whole is not None and len(entering) == len(way.targets):
        against = way.whole
    elif way.own is not None:
        against = mark_of_own(way.basis, way.own, [each.period for each in counted], len(way.targets), calendar)
    else:
        pairs = zip(counted, targets, strict=True)
        kept = [known for found, known in pairs if enters(definition, found)]
        against = mark_of_parts(way.basis, kept, entering, len(counted))
    used = tuple([known for found in counted for known in found.used])
    if isinstance(value, Decimal):
        return Measured(gauge, value, None, against, len(counted), expected, used)
    return Measured(gauge, None, value, against, len(counted), expected, used)
