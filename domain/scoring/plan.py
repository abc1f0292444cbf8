"""What definitions alone decide about the scores of a scorecard in a period: made once, used with any values.

Everything is taken as it is in force on the last day of the asked period.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext

from domain.calendar import Period, PeriodKind
from domain.kpi.events import Definition
from domain.kpi.scale import Scale
from domain.kpi.state import DefinitionKnown, Kpi, ScaleKnown
from domain.policy import Band, MissingData, PolicyKnown
from domain.scorecard.state import Node
from domain.scorecard.tree import walk
from domain.scoring.aggregate import has_longer_period
from domain.scoring.gauge import Basis, Gauge, face, several, single
from domain.scoring.in_force import in_force
from domain.scoring.inputs import Cell, Definitions, VersionChoice
from domain.scoring.measured import NOT_IN_FORCE
from domain.scoring.scale import natural
from domain.scoring.setting import Chosen, chosen, policy_in_force
from domain.scoring.windows import Window, window
from domain.values import ARITHMETIC, KpiId, ScorecardId

RETIRED = "retired"
NO_LONGER_PERIOD = "no_longer_period"


@dataclass(frozen=True, slots=True)
class Plan:
    """One scorecard in one period, before any value.

    `structure` None: no version is in force, or the scorecard is archived. `gauges` has every KPI that stands in it or
    in the child scorecards placed in it, `cards` those in their versions in force. `cells` are all that a score may
    look at; a value in the cell of a KPI changes the leaf of that KPI only. `lengthy` says that the period is longer
    than a collection period.
    """

    definitions: Definitions
    scorecard: ScorecardId
    period: Period
    structure: Chosen | None
    policy: PolicyKnown
    missing_data: MissingData
    gauges: Mapping[KpiId, Gauge]
    cards: Mapping[ScorecardId, Chosen | None]
    cells: frozenset[Cell]
    windows: Mapping[PeriodKind, Window]
    lengthy: bool

    @property
    def bands(self) -> tuple[Band, ...]:
        return self.policy.policy.bands

    @property
    def minimum_coverage(self) -> Decimal:
        return self.policy.policy.minimum_coverage


def plan(definitions: Definitions, scorecard: ScorecardId, period: Period, version: VersionChoice = "in_force") -> Plan:
    """Raises NotFound `scorecard-unknown`, `version-unknown`."""
    last_day = definitions.calendar.last_day(period)
    structure = chosen(definitions, scorecard, last_day, version)
    policy = policy_in_force(definitions, last_day)
    rule = structure.card.missing_data if structure is not None else None
    missing_data = rule or policy.policy.missing_data
    back = policy.policy.carry_forward_max_periods if missing_data is MissingData.CARRY else 0
    planning = _Planning(definitions, period, last_day, back)
    with localcontext(ARITHMETIC):
        if structure is not None:
            planning.take(structure.card.root)
    gauges = planning.gauges
    cells = frozenset([cell for gauge in gauges.values() for cell in (*gauge.cells, *gauge.back)])
    return Plan(
        definitions,
        scorecard,
        period,
        structure,
        policy,
        missing_data,
        gauges,
        planning.cards,
        cells,
        planning.windows,
        planning.lengthy,
    )


class _Planning:
    """A plan in the making."""

    def __init__(self, definitions: Definitions, period: Period, last_day: date, back: int) -> None:
        self.definitions = definitions
        self.period = period
        self.last_day = last_day
        self.back = back
        self.gauges: dict[KpiId, Gauge] = {}
        self.cards: dict[ScorecardId, Chosen | None] = {}
        self.windows: dict[PeriodKind, Window] = {}
        self.lengthy = False

    def take(self, root: Node) -> None:
        """The KPIs of a tree and of the child scorecards placed in it."""
        for node in walk(root):
            for placement in node.placements:
                if placement.kpi not in self.gauges:
                    self.gauges[placement.kpi] = self._gauge(placement.kpi)
            for placed in node.scorecards:
                if placed.scorecard not in self.cards:
                    structure = chosen(self.definitions, placed.scorecard, self.last_day, "in_force")
                    self.cards[placed.scorecard] = structure
                    if structure is not None:
                        self.take(structure.card.root)

    def _gauge(self, code: KpiId) -> Gauge:
        kpi = self.definitions.kpis.get(code)
        known = in_force(kpi.definitions, self.last_day) if kpi is not None else None
        if kpi is None or known is None:
            first = kpi.definitions[0] if kpi is not None and kpi.definitions else None
            return self._never(code, first, NOT_IN_FORCE, (), ())
        definition = known.definition
        found = self._window(definition.frequency)
        cells = tuple([(code, period) for period in found.periods])
        back = tuple([(code, period) for period in found.back]) if found.back else ()
        if kpi.retired_after is not None and kpi.retired_after < self.last_day:
            return self._never(code, known, RETIRED, cells, back)
        self.lengthy = self.lengthy or found.longer
        if found.longer and not has_longer_period(definition):
            return self._never(code, known, NO_LONGER_PERIOD, cells, back)
        return self._measurable(kpi, known, found, cells, back)

    def _never(
        self, code: KpiId, known: DefinitionKnown | None, reason: str, cells: tuple[Cell, ...], back: tuple[Cell, ...]
    ) -> Gauge:
        position = known.position if known is not None else 0
        return Gauge(face(code, known), position, None, self.period, cells, back, None, reason)

    def _measurable(
        self, kpi: Kpi, known: DefinitionKnown, found: Window, cells: tuple[Cell, ...], back: tuple[Cell, ...]
    ) -> Gauge:
        scale = in_force(kpi.scales, self.last_day)
        restated = known.restatement or (scale is not None and scale.restatement)
        basis = Basis(kpi, known.definition, _scale(known.definition, scale), restated)
        calendar = self.definitions.calendar
        return Gauge(
            face(kpi.id, known),
            known.position,
            scale.position if scale is not None else None,
            self.period if found.longer else found.periods[0],
            cells,
            back,
            several(basis, self.period, found, calendar) if found.longer else single(basis, found),
        )

    def _window(self, frequency: PeriodKind) -> Window:
        found = self.windows.get(frequency)
        if found is None:
            found = window(self.definitions.calendar, self.period, frequency, self.back)
            self.windows[frequency] = found
        return found


def _scale(definition: Definition, known: ScaleKnown | None) -> Scale | None:
    if not definition.scored:
        return None
    return known.scale if known is not None else natural(definition)
