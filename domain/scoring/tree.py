"""What scoring answers: a tree of scores whose leaves say from which events they were made.

Decimals are unquantised (50 digits); `domain.values.q` gives what is stored and compared, `scale.shown` what is shown.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from domain.calendar import Period
from domain.kpi.events import Direction, Indicator
from domain.policy import DEFAULT_BANDS, Band, MissingData
from domain.scorecard.events import Rollup
from domain.scorecard.state import NodeKind
from domain.scoring.measured import Measured
from domain.values import KpiId, NodeId, ScorecardId


class State(StrEnum):
    """The first that holds; `error` is a state of a KPI only."""

    NOT_APPLICABLE = "not_applicable"
    EMPTY = "empty"
    ERROR = "error"
    INSUFFICIENT = "insufficient"
    INCOMPLETE = "incomplete"
    COMPLETE = "complete"


KpiTrace = Measured
"""How a KPI's score came about, down to positions in the log."""


class KpiScore(NamedTuple):
    """A KPI at one of its placements; a named tuple, for they are made by the hundred for one answer.

    `weight` as entered; `applied_share` is the share of the parent's score it had (None: none); `leaf_share` is W_k of
    this placement, the product of normalised weights on its path (0 when not applicable). `period` is the collection
    period shown where the asked period is shorter than the KPI's, else the asked one. `value`, `target`, `baseline`
    and `stretch` are aggregated over `counted` of `expected` collection periods. `achievement` extrapolates beyond
    0..100 and is never rolled up. `coverage` 0..1, None if not applicable. `reason` names what a state lacks:
    missing, no_target, no_scale, sources, division_by_zero, degenerate_target, retired, not_in_force, unscored, ...
    """

    kpi: KpiId
    name: str
    unit: str
    decimals: int
    direction: Direction
    indicator: Indicator | None
    weight: Decimal
    applied_share: Decimal | None
    leaf_share: Decimal
    state: State
    reason: str | None
    raw_score: Decimal | None
    score: Decimal | None
    band: str | None
    coverage: Decimal | None
    period: Period
    value: Decimal | None
    target: Decimal | None
    baseline: Decimal | None
    stretch: Decimal | None
    achievement: Decimal | None
    counted: int
    expected: int
    carried: bool
    flags: tuple[str, ...]
    trace: KpiTrace


@dataclass(frozen=True, slots=True)
class CardScore:
    """A child scorecard at its placement: the raw score and coverage of its own root."""

    scorecard: ScorecardId
    weight: Decimal
    applied_share: Decimal | None
    leaf_share: Decimal
    root: "NodeScore | None"
    """None while the child is not applicable: no version in force, or archived."""
    version: int | None


@dataclass(frozen=True, slots=True)
class NodeScore:
    """The scorecard, a perspective or an objective; children in order: nodes, KPIs, child scorecards.

    `band` is final, `band_of_score` that of the raw score; they differ where a band rule or one of `limited_by` caps.
    `errors` counts the leaves in error below.
    """

    id: NodeId
    kind: NodeKind
    name: str
    weight: Decimal
    applied_share: Decimal | None
    leaf_share: Decimal
    rollup: Rollup
    state: State
    reason: str | None
    raw_score: Decimal | None
    score: Decimal | None
    band: str | None
    band_of_score: str | None
    limited_by: tuple[str, ...]
    coverage: Decimal | None
    errors: int
    children: "tuple[NodeScore | KpiScore | CardScore, ...]"

    def nodes(self) -> "Iterator[NodeScore]":
        """This node and every node below it in this scorecard, parents first."""
        yield self
        for child in self.children:
            if isinstance(child, NodeScore):
                yield from child.nodes()

    def kpis(self) -> Iterator[KpiScore]:
        """Every placement of a KPI below in this scorecard, in order; not those of child scorecards."""
        for child in self.children:
            if isinstance(child, KpiScore):
                yield child
            elif isinstance(child, NodeScore):
                yield from child.kpis()

    def leaves(self) -> Iterator[KpiScore]:
        """Every placement of a KPI below, in order, those of child scorecards too: their leaf shares add up."""
        for child in self.children:
            if isinstance(child, KpiScore):
                yield child
            elif isinstance(child, NodeScore):
                yield from child.leaves()
            elif child.root is not None:
                yield from child.root.leaves()


@dataclass(frozen=True, slots=True)
class ScoreTree:
    """One scorecard in one period. `version` is None for the draft; `root` is None while no version is in force.

    `day_dependent` says that coverage and states may still change by the passing of days alone: a period longer than a
    collection period has not ended at the as-of instant. `method` is the number of the rules that made it, `bands` the
    status bands of the policy; `restatement` says that the version was published as one.
    """

    scorecard: ScorecardId
    period: Period
    version: int | None
    version_position: int | None
    policy_position: int
    missing_data: MissingData
    minimum_coverage: Decimal
    partial: bool
    day_dependent: bool
    root: NodeScore | None
    method: int = 1
    bands: tuple[Band, ...] = DEFAULT_BANDS
    restatement: bool = False
