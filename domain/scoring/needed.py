"""Which values a score may look at: what a caller has to read before it asks for the score."""

from domain.calendar import Period
from domain.scoring.inputs import Cell, Definitions, VersionChoice
from domain.scoring.plan import plan
from domain.values import ScorecardId


def needed(
    definitions: Definitions, scorecard: ScorecardId, period: Period, version: VersionChoice = "in_force"
) -> frozenset[Cell]:
    """Every cell score() may look at: longer periods, the latest collection period, what may be carried.

    Raises NotFound `scorecard-unknown`, `version-unknown`.
    """
    return plan(definitions, scorecard, period, version).cells
