"""The value of a KPI in the asked period, and the target it is compared with: over the same collection periods.

Called inside ARITHMETIC (domain.values). hard-cases.md H3.3 to H3.9, H4.6.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from domain.calendar import Period
from domain.kpi.events import Definition
from domain.kpi.scale import Scale
from domain.kpi.state import Kpi, TargetKnown
from domain.measurement.events import ValueKnown
from domain.policy import MissingData
from domain.scoring.aggregate import actual, adds_up, enters
from domain.scoring.collected import MISSING, NOT_APPLICABLE, Collected, collected
from domain.scoring.scale import Aim, judge, lacks
from domain.scoring.setting import Setting
from domain.scoring.targets import NO_AIM, aim_of, joined, prorated, target_of, used
from domain.scoring.tree import UsedTarget

NOT_IN_FORCE = "not_in_force"
NO_TARGET = "no_target"
CARRIED = "carried"


@dataclass(slots=True)
class Measured:
    """`value` None says why in `reason`; `lacking` says that the scale uses a target that is not there.

    `times` is how often the fixed parts of anchors count (H3.6); `counted` and `expected` are collection periods.
    """

    value: Decimal | None
    reason: str | None
    aim: Aim
    counted: int
    expected: int
    values: tuple[ValueKnown, ...] = ()
    targets: tuple[UsedTarget, ...] = ()
    lacking: bool = False
    times: int = 1
    carried: bool = False


def one_period(setting: Setting, kpi: Kpi, definition: Definition, scale: Scale | None, period: Period) -> Measured:
    """A single collection period: its own value and target, or what is carried into it."""
    cell = collected(definition, period, setting.values.get((kpi.id, period), ()))
    measured = _with_own_target(kpi, scale, cell)
    if cell.value is not None or cell.reason == NOT_APPLICABLE:
        return measured
    if _before_first_definition(setting, kpi, cell):
        measured.reason, measured.expected = NOT_IN_FORCE, 0
    elif setting.missing_data is MissingData.CARRY and not cell.counts:
        return _carried(setting, kpi, definition, scale, period) or measured
    return measured


def _with_own_target(kpi: Kpi, scale: Scale | None, cell: Collected) -> Measured:
    known = target_of(kpi, cell.period)
    aim = aim_of(known.target) if known is not None else NO_AIM
    return Measured(
        cell.value,
        cell.reason,
        aim,
        0 if cell.value is None else 1,
        0 if cell.reason == NOT_APPLICABLE else 1,
        cell.used,
        _named(known, aim),
        scale is not None and lacks(scale, aim),
    )


def _carried(
    setting: Setting, kpi: Kpi, definition: Definition, scale: Scale | None, period: Period
) -> Measured | None:
    """The last counted value, with its own target, at most as many collection periods back as the policy allows."""
    for earlier in setting.look_back(period):
        cell = collected(definition, earlier, setting.values.get((kpi.id, earlier), ()))
        if cell.value is None:
            continue
        measured = _with_own_target(kpi, scale, cell)
        if scale is not None and not measured.lacking and judge(scale, measured.aim, cell.value, 1).fault is None:
            measured.carried, measured.reason, measured.counted = True, CARRIED, 0
            return measured
    return None


@dataclass(slots=True)
class _Seen:
    """What the collection periods of a longer period came to; `reason` is of those without a value."""

    counted: list[Collected] = field(default_factory=list)
    targets: list[TargetKnown | None] = field(default_factory=list)
    expected: int = 0
    left_out: int = 0
    reason: str = MISSING


def longer_period(setting: Setting, kpi: Kpi, definition: Definition, scale: Scale | None) -> Measured:
    """Like for like (H3.4): actual and target over the counted collection periods, or a target of its own (H3.5)."""
    own = target_of(kpi, setting.period)
    periods = setting.window(definition.frequency).periods
    seen = _Seen()
    for period, has_ended in zip(periods, setting.have_ended(definition.frequency), strict=True):
        cell = collected(definition, period, setting.values.get((kpi.id, period), ()))
        _see(seen, setting, kpi, cell, None if own is not None else scale, has_ended)
    if seen.left_out == len(periods):
        return Measured(None, NOT_APPLICABLE, NO_AIM, 0, 0)
    if not seen.counted:
        return Measured(None, seen.reason, NO_AIM, 0, seen.expected)
    return _aggregated(setting, definition, scale, own, seen, periods)


def _see(seen: _Seen, setting: Setting, kpi: Kpi, cell: Collected, scale: Scale | None, has_ended: bool) -> None:
    """Sorts one collection period in; a value without the target it needs is left out of both (Clarification 5)."""
    if cell.reason == NOT_APPLICABLE or _before_first_definition(setting, kpi, cell):
        seen.left_out += 1
        return
    known = target_of(kpi, cell.period)
    lacking = scale is not None and lacks(scale, NO_AIM if known is None else aim_of(known.target))
    counts = cell.counts and not lacking
    if counts:
        seen.counted.append(cell)
        seen.targets.append(known)
    elif cell.counts:
        seen.reason = NO_TARGET
    if counts or has_ended:
        seen.expected += 1


def _before_first_definition(setting: Setting, kpi: Kpi, cell: Collected) -> bool:
    """Without a value, a collection period before the KPI was defined is not applicable (Clarification 11)."""
    if cell.used:
        return False
    last_day = setting.definitions.calendar.last_day(cell.period)
    return all(last_day < known.effective_from for known in kpi.definitions)


def _aggregated(
    setting: Setting,
    definition: Definition,
    scale: Scale | None,
    own: TargetKnown | None,
    seen: _Seen,
    periods: Sequence[Period],
) -> Measured:
    entering = [pair for pair in zip(seen.counted, seen.targets, strict=True) if enters(definition, pair[0])]
    cells, targets = [cell for cell, _ in entering], [known for _, known in entering]
    value = actual(definition, cells)
    if own is None:
        aim = joined(definition, targets, cells)
        named = tuple(each for known in targets if known for each in _named(known, aim_of(known.target)))
    else:
        in_time = [cell.period for cell in seen.counted]
        aim = prorated(definition, own.target, in_time, len(periods), setting.definitions.calendar)
        named = _named(own, aim)
    return Measured(
        value if isinstance(value, Decimal) else None,
        None if isinstance(value, Decimal) else value,
        aim,
        len(seen.counted),
        seen.expected,
        tuple(known for cell in seen.counted for known in cell.used),
        named,
        scale is not None and lacks(scale, aim),
        len(seen.counted) if adds_up(definition) else 1,
    )


def _named(known: TargetKnown | None, aim: Aim) -> tuple[UsedTarget, ...]:
    found = used(known, aim) if known is not None else None
    return (found,) if found is not None else ()
