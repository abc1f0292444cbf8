"""Which values a score may look at: what a caller has to read before it asks for the score."""

from collections.abc import Iterator

from domain.calendar import Period
from domain.policy import MissingData
from domain.scorecard.state import Node
from domain.scorecard.tree import walk
from domain.scoring.in_force import in_force
from domain.scoring.inputs import Cell, Definitions, VersionChoice
from domain.scoring.setting import chosen, policy_in_force
from domain.scoring.windows import look_back, window
from domain.values import KpiId, ScorecardId


def needed(
    definitions: Definitions, scorecard: ScorecardId, period: Period, version: VersionChoice = "in_force"
) -> frozenset[Cell]:
    """Every cell score() may look at: longer periods, the latest collection period, what may be carried.

    Raises NotFound `scorecard-unknown`, `version-unknown`.
    """
    last_day = definitions.calendar.last_day(period)
    structure = chosen(definitions, scorecard, last_day, version)
    if structure is None:
        return frozenset()
    policy = policy_in_force(definitions, last_day).policy
    carries = (structure.card.missing_data or policy.missing_data) is MissingData.CARRY
    back = policy.carry_forward_max_periods if carries else 0
    kpis = set(_kpis(definitions, structure.card.root, period, set()))
    return frozenset(cell for kpi in kpis for cell in _cells(definitions, kpi, period, back))


def _kpis(definitions: Definitions, root: Node, period: Period, seen: set[ScorecardId]) -> Iterator[KpiId]:
    """The KPIs of a tree and of the child scorecards placed in it, in their versions in force."""
    last_day = definitions.calendar.last_day(period)
    for node in walk(root):
        yield from (placement.kpi for placement in node.placements)
        for placed in node.scorecards:
            if placed.scorecard in seen:
                continue
            seen.add(placed.scorecard)
            structure = chosen(definitions, placed.scorecard, last_day, "in_force")
            if structure is not None:
                yield from _kpis(definitions, structure.card.root, period, seen)


def _cells(definitions: Definitions, kpi_id: KpiId, period: Period, back: int) -> Iterator[Cell]:
    kpi = definitions.kpis.get(kpi_id)
    last_day = definitions.calendar.last_day(period)
    known = in_force(kpi.definitions, last_day) if kpi is not None else None
    if known is None:
        return
    looked_at = window(definitions.calendar, period, known.definition.frequency)
    yield from ((kpi_id, each) for each in looked_at.periods)
    if not looked_at.longer:
        yield from ((kpi_id, each) for each in look_back(definitions.calendar, looked_at.periods[0], back))
