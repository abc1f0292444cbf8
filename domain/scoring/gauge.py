"""How a KPI is measured in an asked period, as far as definitions decide it: before any value is looked at.

Called inside ARITHMETIC (domain.values). Named tuples: a plan makes several for every KPI, and a frozen dataclass takes
seven times as long to make.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from domain.calendar import Calendar, Period
from domain.kpi.events import Aggregation, Definition, Direction, Indicator, Kind
from domain.kpi.scale import Scale
from domain.kpi.state import DefinitionKnown, Kpi, TargetKnown
from domain.scoring.aggregate import adds_up
from domain.scoring.collected import Collected, by_weight
from domain.scoring.inputs import Cell
from domain.scoring.scale import Aim, Filled, Uses, fill, uses
from domain.scoring.targets import NO_AIM, UsedTarget, aim_of, joined, prorated, target_of, targets_of, used
from domain.scoring.windows import Window
from domain.values import KpiId, Source

NO_TARGET = "no_target"
NO_SCALE = "no_scale"
FLAG_LATE = "late"
FLAG_REVISED = "revised"
FLAG_RESTATEMENT = "restatement"
USES_NOTHING = Uses(False, False, False)


class Face(NamedTuple):
    """What a KPI is called, and how it is shown."""

    kpi: KpiId
    name: str
    unit: str
    decimals: int
    direction: Direction
    indicator: Indicator | None


class Basis(NamedTuple):
    """A KPI with the definition and scale in force; `restated` says that one of them was published as a restatement."""

    kpi: Kpi
    definition: Definition
    scale: Scale | None
    restated: bool


class Mark(NamedTuple):
    """What a value is held against: the aim, the targets it comes from, the scale filled with it.

    `joined`: the aim is made of several targets, each of which is named as it was set. `filled` None says why in
    `reason`.
    """

    aim: Aim
    known: tuple[TargetKnown, ...]
    joined: bool
    filled: Filled | None
    reason: str | None
    flags: tuple[str, ...]

    @property
    def targets(self) -> tuple[UsedTarget, ...]:
        """What an explanation names."""
        found = [used(known, aim_of(known.target) if self.joined else self.aim) for known in self.known]
        return tuple([each for each in found if each is not None])


class Single(NamedTuple):
    """One collection period stands for the asked one; `early` says that it ends before the KPI was first defined.

    `source` is the only one of a KPI whose reading is its value, None of other KPIs.
    """

    basis: Basis
    mark: Mark
    early: bool
    source: Source | None


class Several(NamedTuple):
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


class Gauge(NamedTuple):
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


def single(basis: Basis, window: Window) -> Single:
    """The way of one collection period."""
    early = window.last_days[0] < basis.kpi.definitions[0].effective_from and _early(basis.kpi, window) == 1
    definition = basis.definition
    direct = len(definition.sources) == 1 and definition.kind is not Kind.RATIO and definition.kind is not Kind.SURVEY
    return Single(basis, own_mark(basis, window.periods[0]), early, definition.sources[0] if direct else None)


def own_mark(basis: Basis, period: Period) -> Mark:
    """One collection period with the target set for it."""
    known = target_of(basis.kpi, period)
    if known is None:
        return mark(basis, NO_AIM, (), 1)
    return mark(basis, aim_of(known.target), (known,), 1)


def several(basis: Basis, asked: Period, window: Window, calendar: Calendar) -> Several:
    """The way of a longer period."""
    targets = targets_of(basis.kpi, window.periods)
    own = target_of(basis.kpi, asked)
    needed = uses(basis.scale) if basis.scale is not None and own is None else USES_NOTHING
    lacking = tuple([_lacks(needed, known) for known in targets])
    whole = None if any(lacking) else _whole(basis, own, targets, window, calendar)
    return Several(basis, targets, lacking, _early(basis.kpi, window), own, whole)


def _lacks(needed: Uses, known: TargetKnown | None) -> bool:
    if known is None:
        return needed.target or needed.baseline or needed.stretch
    target = known.target
    return (needed.baseline and target.baseline is None) or (needed.stretch and target.stretch is None)


def _early(kpi: Kpi, window: Window) -> int:
    """How many of the periods, which are in order, end before the first definition of the KPI."""
    first = min([known.effective_from for known in kpi.definitions])
    return bisect_left(window.last_days, first)


def _whole(
    basis: Basis, own: TargetKnown | None, targets: Sequence[TargetKnown | None], window: Window, calendar: Calendar
) -> Mark | None:
    if own is not None:
        return mark_of_own(basis, own, window.periods, len(window.periods), calendar)
    if basis.definition.aggregation is Aggregation.RATIO or by_weight(basis.definition):
        return None
    return mark_of_parts(basis, targets, (), len(window.periods))


def mark_of_own(
    basis: Basis, own: TargetKnown, counted: Sequence[Period], all_periods: int, calendar: Calendar
) -> Mark:
    """A target of the longer period itself, for the collection periods that count."""
    aim = prorated(basis.definition, own.target, counted, all_periods, calendar)
    return mark(basis, aim, () if aim.target is None else (own,), len(counted))


def mark_of_parts(
    basis: Basis, targets: Sequence[TargetKnown | None], entering: Sequence[Collected], counted: int
) -> Mark:
    """The targets of the collection periods that enter, brought together."""
    aim = joined(basis.definition, targets, entering)
    return mark(basis, aim, tuple([known for known in targets if known is not None]), counted, of_parts=True)


def mark(basis: Basis, aim: Aim, known: tuple[TargetKnown, ...], counted: int, of_parts: bool = False) -> Mark:
    """The scale filled; what is fixed in it counts once per collection period where values add up."""
    flags = _flags(known, basis.restated)
    if basis.scale is None:
        return Mark(aim, known, of_parts, None, NO_SCALE, flags)
    filled = fill(basis.scale, aim, counted if counted > 1 and adds_up(basis.definition) else 1)
    return Mark(aim, known, of_parts, filled, NO_TARGET if filled is None else None, flags)


def _flags(known: Sequence[TargetKnown], restated: bool) -> tuple[str, ...]:
    late = revised = False
    for target in known:
        late, revised = late or target.late, revised or target.revised
    if not (late or revised or restated):
        return ()
    flags = ((FLAG_LATE, late), (FLAG_REVISED, revised), (FLAG_RESTATEMENT, restated))
    return tuple(flag for flag, holds in flags if holds)
