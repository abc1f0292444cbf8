"""A KPI in the asked period: its score, state and coverage, the same at every place it stands.

Called inside ARITHMETIC (domain.values). hard-cases.md H2.1, H2.5, H2.6, Clarification 8.
"""

from dataclasses import dataclass
from decimal import Decimal

from domain.calendar import Period
from domain.kpi.events import Definition
from domain.kpi.scale import Scale
from domain.kpi.state import DefinitionKnown, ScaleKnown
from domain.policy import MissingData
from domain.scoring.aggregate import has_longer_period
from domain.scoring.bands import band_of
from domain.scoring.collected import DIVISION_BY_ZERO, NOT_APPLICABLE
from domain.scoring.in_force import in_force
from domain.scoring.measured import NO_TARGET, NOT_IN_FORCE, Measured, longer_period, one_period
from domain.scoring.scale import ONE, ZERO, judge, natural
from domain.scoring.setting import Setting
from domain.scoring.targets import NO_AIM
from domain.scoring.tree import State, UsedAnchor
from domain.values import KpiId, q

RETIRED = "retired"
UNSCORED = "unscored"
NO_LONGER_PERIOD = "no_longer_period"
NO_SCALE = "no_scale"
FLAG_AS_ZERO = "as_zero"
FLAG_LATE = "late"
FLAG_REVISED = "revised"
FLAG_RESTATEMENT = "restatement"


@dataclass(slots=True)
class Leaf:
    """What a KPI brings into its parents.

    `raw` may be filled by carrying or as zero (`filled`); a leaf in error is 0 under `zero` too. `entered` is the
    coverage, 1 where filled: what minimum coverage is asked of.
    """

    kpi: KpiId
    known: DefinitionKnown | None
    scale: ScaleKnown | None
    period: Period
    measured: Measured
    applicable: bool = True
    state: State = State.EMPTY
    reason: str | None = None
    raw: Decimal | None = None
    score: Decimal | None = None
    band: str | None = None
    coverage: Decimal | None = ZERO
    entered: Decimal = ZERO
    filled: bool = False
    achievement: Decimal | None = None
    anchors: tuple[UsedAnchor, ...] = ()
    flags: tuple[str, ...] = ()
    errors: int = 0


def measure(setting: Setting, kpi_id: KpiId) -> Leaf:
    """The KPI under the definition and scale in force on the last day of the asked period."""
    kpi = setting.definitions.kpis.get(kpi_id)
    known = in_force(kpi.definitions, setting.last_day) if kpi is not None else None
    if kpi is None or known is None:
        first = kpi.definitions[0] if kpi is not None and kpi.definitions else None
        return _not_applicable(setting, kpi_id, first, NOT_IN_FORCE)
    if kpi.retired_after is not None and kpi.retired_after < setting.last_day:
        return _not_applicable(setting, kpi_id, known, RETIRED)
    definition = known.definition
    window = setting.window(definition.frequency)
    if window.longer and not has_longer_period(definition):
        return _not_applicable(setting, kpi_id, known, NO_LONGER_PERIOD)
    scale_known = in_force(kpi.scales, setting.last_day)
    scale = _scale(definition, scale_known)
    if window.longer:
        measured = longer_period(setting, kpi, definition, scale)
        leaf = Leaf(kpi_id, known, scale_known, setting.period, measured)
    else:
        measured = one_period(setting, kpi, definition, scale, window.periods[0])
        leaf = Leaf(kpi_id, known, scale_known, window.periods[0], measured)
    _settle(setting, leaf, definition, scale, window.longer)
    return leaf


def _not_applicable(setting: Setting, kpi: KpiId, known: DefinitionKnown | None, reason: str) -> Leaf:
    nothing = Measured(None, reason, NO_AIM, 0, 0)
    return Leaf(kpi, known, None, setting.period, nothing, False, State.NOT_APPLICABLE, reason, coverage=None)


def _scale(definition: Definition, known: ScaleKnown | None) -> Scale | None:
    if not definition.scored:
        return None
    return known.scale if known is not None else natural(definition)


def _settle(setting: Setting, leaf: Leaf, definition: Definition, scale: Scale | None, longer: bool) -> None:
    """State, score and coverage; the first reason not to have a score holds."""
    measured = leaf.measured
    leaf.flags = _flags(leaf)
    if measured.reason == NOT_APPLICABLE or measured.reason == NOT_IN_FORCE or not definition.scored:
        leaf.applicable, leaf.state, leaf.coverage = False, State.NOT_APPLICABLE, None
        leaf.reason = measured.reason if definition.scored else UNSCORED
    elif measured.value is None:
        _without_score(setting, leaf, measured.reason, error=measured.reason == DIVISION_BY_ZERO)
    elif scale is None or measured.lacking:
        _without_score(setting, leaf, NO_SCALE if scale is None else NO_TARGET, error=False)
    else:
        judged = judge(scale, measured.aim, measured.value, measured.times)
        leaf.anchors, leaf.achievement = judged.anchors, judged.achievement
        if judged.score is None:
            _without_score(setting, leaf, judged.fault, error=True)
        else:
            _with_score(setting, leaf, judged.score, longer)


def _without_score(setting: Setting, leaf: Leaf, reason: str | None, error: bool) -> None:
    leaf.reason, leaf.measured.counted = reason, 0
    if error:
        leaf.state, leaf.errors = State.ERROR, 1
    if setting.missing_data is not MissingData.ZERO:
        return
    leaf.raw, leaf.filled, leaf.entered = ZERO, True, ONE
    leaf.flags = (*leaf.flags, FLAG_AS_ZERO)
    if not error:
        leaf.state = State.INCOMPLETE
        leaf.score, leaf.band = ZERO, band_of(ZERO, setting.bands)


def _with_score(setting: Setting, leaf: Leaf, score: Decimal, longer: bool) -> None:
    measured = leaf.measured
    leaf.raw, leaf.reason = score, measured.reason
    if measured.carried:
        leaf.filled, leaf.entered, leaf.state = True, ONE, State.INCOMPLETE
    elif not longer or measured.counted == measured.expected:
        leaf.coverage = leaf.entered = ONE
        leaf.state = State.COMPLETE
    else:
        leaf.coverage = leaf.entered = Decimal(measured.counted) / measured.expected
        sufficient = q(leaf.coverage) >= setting.minimum_coverage
        leaf.state = State.INCOMPLETE if sufficient else State.INSUFFICIENT
    if leaf.state is not State.INSUFFICIENT:
        leaf.score, leaf.band = score, band_of(score, setting.bands)


def _flags(leaf: Leaf) -> tuple[str, ...]:
    late = revised = False
    for target in leaf.measured.targets:
        late, revised = late or target.late, revised or target.revised
    restated = leaf.known is not None and leaf.known.restatement
    restated = restated or (leaf.scale is not None and leaf.scale.restatement)
    if not (late or revised or restated):
        return ()
    flags = ((FLAG_LATE, late), (FLAG_REVISED, revised), (FLAG_RESTATEMENT, restated))
    return tuple(flag for flag, holds in flags if holds)
