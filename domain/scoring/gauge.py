"""How a KPI is measured in an asked period, as far as definitions decide it: before any value is looked at.

Called inside ARITHMETIC (domain.values).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from domain.calendar import Calendar, Period
from domain.kpi.events import Aggregation, Definition, Direction, Indicator
from domain.kpi.scale import Scale
from domain.kpi.state import DefinitionKnown, Kpi, TargetKnown
from domain.scoring.aggregate import adds_up
from domain.scoring.collected import Collected, by_weight
from domain.scoring.inputs import Cell
from domain.scoring.scale import Aim, Filled, fill, lacks
from domain.scoring.targets import NO_AIM, aim_of, joined, prorated, target_of, targets_of, used
from domain.scoring.tree import UsedTarget
from domain.values import KpiId

NO_TARGET = "no_target"
NO_SCALE = "no_scale"
FLAG_LATE = "late"
FLAG_REVISED = "revised"
FLAG_RESTATEMENT = "restatement"


class Face(NamedTuple):
    """What a KPI is called, and how it is shown."""

    kpi: KpiId
    name: str
    unit: str
    decimals: int
    direction: Direction
    indicator: Indicator | None


@dataclass(frozen=True, slots=True)
class Basis:
    """A KPI with the definition and scale in force; `restated` says that one of them was published as a restatement."""

    kpi: Kpi
    definition: Definition
    scale: Scale | None
    restated: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """What a value is held against: the aim, the targets it comes from, the scale filled with it.

    `filled` None says why in `reason`.
    """

    aim: Aim
    targets: tuple[UsedTarget, ...]
    filled: Filled | None
    reason: str | None
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Single:
    """One collection period stands for the asked one; `early` says that it ends before the KPI was first defined."""

    basis: Basis
    mark: Mark
    early: bool


@dataclass(frozen=True, slots=True)
class Several:
    """The asked period is longer than a collection period.

    For each collection period its target, and whether the scale lacks it. The first `early` of them end before the KPI
    was first defined. `own` is a target of the asked period itself, `whole` the mark when all of them count, None where
    it depends on values.
    """

    basis: Basis
    targets: tuple[TargetKnown | None, ...]
    lacking: tuple[bool, ...]
    early: int
    own: TargetKnown | None
    whole: Mark | None


@dataclass(frozen=True, slots=True)
class Gauge:
    """A KPI in the asked period. `cells` are what it looks at, `back` what a missing value may be carried from.

    `way` None: no value makes it applicable, for that `reason`. `shown` is the period it answers for.
    """

    face: Face
    definition_position: int
    scale_position: int | None
    shown: Period
    cells: tuple[Cell, ...]
    back: tuple[Cell, ...]
    way: Single | Several | None
    reason: str | None = None


def face(kpi: KpiId, known: DefinitionKnown | None) -> Face:
    """Of a KPI that was never defined only the code is known."""
    if known is None:
        return Face(kpi, kpi, "", 0, Direction.HIGHER, None)
    definition = known.definition
    return Face(kpi, definition.name, definition.unit, definition.decimals, definition.direction, definition.indicator)


def single(basis: Basis, period: Period, calendar: Calendar) -> Single:
    """The way of one collection period."""
    return Single(basis, own_mark(basis, period), early=_early(basis.kpi, (period,), calendar) == 1)


def own_mark(basis: Basis, period: Period) -> Mark:
    """One collection period with the target set for it."""
    known = target_of(basis.kpi, period)
    if known is None:
        return mark(basis, NO_AIM, (), 1)
    aim = aim_of(known.target)
    return mark(basis, aim, named(known, aim), 1)


def several(basis: Basis, asked: Period, periods: Sequence[Period], calendar: Calendar) -> Several:
    """The way of a longer period."""
    targets = targets_of(basis.kpi, periods)
    own = target_of(basis.kpi, asked)
    scale = basis.scale if own is None else None
    lacking = tuple(
        [scale is not None and lacks(scale, NO_AIM if each is None else aim_of(each.target)) for each in targets]
    )
    return Several(
        basis,
        targets,
        lacking,
        _early(basis.kpi, periods, calendar),
        own,
        None if any(lacking) else _whole(basis, own, targets, periods, calendar),
    )


def _early(kpi: Kpi, periods: Sequence[Period], calendar: Calendar) -> int:
    """How many of the periods, which are in order, end before the first definition of the KPI."""
    first = min([known.effective_from for known in kpi.definitions])
    number = 0
    while number < len(periods) and calendar.last_day(periods[number]) < first:
        number += 1
    return number


def _whole(
    basis: Basis,
    own: TargetKnown | None,
    targets: Sequence[TargetKnown | None],
    periods: Sequence[Period],
    calendar: Calendar,
) -> Mark | None:
    if own is not None:
        return mark_of_own(basis, own, periods, len(periods), calendar)
    if basis.definition.aggregation is Aggregation.RATIO or by_weight(basis.definition):
        return None
    return mark_of_parts(basis, targets, (), len(periods))


def mark_of_own(
    basis: Basis, own: TargetKnown, counted: Sequence[Period], all_periods: int, calendar: Calendar
) -> Mark:
    """A target of the longer period itself, for the collection periods that count."""
    aim = prorated(basis.definition, own.target, counted, all_periods, calendar)
    return mark(basis, aim, named(own, aim), len(counted))


def mark_of_parts(
    basis: Basis, targets: Sequence[TargetKnown | None], entering: Sequence[Collected], counted: int
) -> Mark:
    """The targets of the collection periods that enter, brought together."""
    aim = joined(basis.definition, targets, entering)
    return mark(
        basis, aim, tuple([each for known in targets if known for each in named(known, aim_of(known.target))]), counted
    )


def named(known: TargetKnown, aim: Aim) -> tuple[UsedTarget, ...]:
    """What an explanation names of a target; nothing if the aim has none."""
    found = used(known, aim)
    return () if found is None else (found,)


def mark(basis: Basis, aim: Aim, targets: tuple[UsedTarget, ...], counted: int) -> Mark:
    """The scale filled; what is fixed in it counts once per collection period where values add up."""
    flags = _flags(targets, basis.restated)
    if basis.scale is None:
        return Mark(aim, targets, None, NO_SCALE, flags)
    if lacks(basis.scale, aim):
        return Mark(aim, targets, None, NO_TARGET, flags)
    times = counted if adds_up(basis.definition) else 1
    return Mark(aim, targets, fill(basis.scale, aim, times), None, flags)


def _flags(targets: Sequence[UsedTarget], restated: bool) -> tuple[str, ...]:
    late = revised = False
    for target in targets:
        late, revised = late or target.late, revised or target.revised
    if not (late or revised or restated):
        return ()
    flags = ((FLAG_LATE, late), (FLAG_REVISED, revised), (FLAG_RESTATEMENT, restated))
    return tuple(flag for flag, holds in flags if holds)
