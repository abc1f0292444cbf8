"""What scoring reads: every definition and every value known at one point of knowledge."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from domain.calendar import Calendar, Period
from domain.kpi.state import Kpi
from domain.measurement.events import ValueKnown
from domain.policy import PolicyKnown
from domain.scorecard.state import Scorecard
from domain.values import KpiId, ScorecardId

VersionChoice = int | Literal["in_force", "draft"]
"""Which structure a score is under: the version in force for its period, one version by number, or the draft."""


@dataclass(frozen=True, slots=True)
class Definitions:
    """A fold of every definition event up to one position.

    `policies` in order of position; the built-in DEFAULT_POLICY stands before the first.
    """

    calendar: Calendar
    policies: tuple[PolicyKnown, ...]
    kpis: Mapping[KpiId, Kpi]
    scorecards: Mapping[ScorecardId, Scorecard]


Cell = tuple[KpiId, Period]
"""A KPI and one of its collection periods."""

Values = Mapping[Cell, tuple[ValueKnown, ...]]
"""The values in force, one per source, in order of source; a cell without any is absent."""
