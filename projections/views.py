"""Scores as everyone reads them: the rows of the read model, the answers of the API, the input of pages.

Exact numbers are decimal text of at most 20 decimals; `shown` is what a person reads.
"""

from typing import Literal

from msgspec import Struct


class ValueView(Struct, frozen=True):
    """One value that entered a score, and the position in the log of the event that put it there."""

    period: str
    source: str
    value: str | None
    numerator: str | None
    denominator: str | None
    position: int


class TargetView(Struct, frozen=True):
    period: str
    target: str
    baseline: str | None
    stretch: str | None
    position: int
    late: bool
    revised: bool


class AnchorView(Struct, frozen=True):
    x: str
    score: str


class TraceView(Struct, frozen=True):
    """How a KPI's score came about, down to positions in the log; 0 is built in."""

    definition_position: int
    scale_position: int | None
    values: list[ValueView]
    targets: list[TargetView]
    anchors: list[AnchorView]


class ScoreView(Struct, frozen=True):
    """What every node and KPI has in common.

    `score` and `band` are None while coverage is below the minimum; `raw_score` is what parents use.
    """

    state: str
    reason: str | None
    score: str | None
    raw_score: str | None
    shown: str | None
    band: str | None
    coverage: str | None


class KpiFacts(Struct, frozen=True):
    """A KPI at one of its placements, but for how its score came about."""

    kpi: str
    name: str
    unit: str
    direction: str
    indicator: str | None
    weight: str
    applied_share: str | None
    leaf_share: str
    result: ScoreView
    period: str
    value: str | None
    value_shown: str | None
    target: str | None
    target_shown: str | None
    baseline: str | None
    stretch: str | None
    achievement: str | None
    counted: int
    expected: int
    carried: bool
    flags: list[str]


class KpiView(KpiFacts, frozen=True, tag_field="type", tag="kpi"):
    trace: TraceView


class NodeView(Struct, frozen=True, tag_field="type", tag="node"):
    """`id` is "" for the scorecard itself."""

    id: str
    kind: Literal["scorecard", "perspective", "objective"]
    name: str
    weight: str
    applied_share: str | None
    leaf_share: str
    rule: str
    result: ScoreView
    band_of_score: str | None
    limited_by: list[str]
    errors: int
    children: "list[NodeView | KpiView | CardView]"


class CardView(Struct, frozen=True, tag_field="type", tag="scorecard"):
    """A child scorecard where it is placed; `root` is None while it is not applicable."""

    scorecard: str
    version: int | None
    weight: str
    applied_share: str | None
    leaf_share: str
    root: NodeView | None


class TreeView(Struct, frozen=True):
    """One scorecard in one period; `version` is None for the draft, `root` while no version is in force.

    `changed_at` is the last position that could have changed it.
    """

    scorecard: str
    period: str
    version: int | None
    version_position: int | None
    policy_position: int
    missing_data: str
    minimum_coverage: str
    partial: bool
    day_dependent: bool
    method: int
    changed_at: int
    root: NodeView | None
    restatement: bool = False
    """The version was published as a restatement of periods that had ended."""
