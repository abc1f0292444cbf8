"""Answers of reads: a score, a balance or a history with the position it shows and the instant it was judged at."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from projections.balance_views import BalanceView
from projections.views import TreeView


class TrendView(Struct, frozen=True):
    """The sign of the raw score's change since the previous period of the same kind.

    `differs` names what else changed between the two: version, policy, definition, scale, target.
    """

    direction: Literal["up", "down", "level", "unknown"]
    before: str | None
    differs: list[str]


class FreshnessView(Struct, frozen=True):
    """How stale a KPI is: current, not_due, due, overdue, multi_overdue or never; what is awaited, and since when."""

    state: str
    last_period: str | None
    awaited: str | None
    due_at: datetime | None


class KpiLabels(Struct, frozen=True):
    """`freshness` is None for a KPI that was not defined yet."""

    trend: TrendView
    freshness: FreshnessView | None


class ScoreAnswer(Struct, frozen=True):
    """One scorecard in one period, with the labels of the day it was asked.

    `nodes` and `kpis` are by code, of this scorecard without its children. `stale_share` is the share of the weight,
    0..1, that stands on stale KPIs.
    """

    tree: TreeView
    previous_period: str
    nodes: dict[str, TrendView]
    kpis: dict[str, KpiLabels]
    stale_share: str | None
    as_of_position: int
    evaluated_at: datetime


class NodePoint(Struct, frozen=True):
    """A node in one period; `node` is "" for the scorecard itself."""

    node: str
    state: str
    raw_score: str | None
    score: str | None
    shown: str | None
    coverage: str | None
    band: str | None


class HistoryPoint(Struct, frozen=True):
    """One period; `nodes` is empty while no version is in force. `partial`: its last day lies ahead."""

    period: str
    version: int | None
    partial: bool
    nodes: list[NodePoint]


class HistoryAnswer(Struct, frozen=True):
    """Periods of one kind, in order."""

    scorecard: str
    kind: str
    points: list[HistoryPoint]
    as_of_position: int
    evaluated_at: datetime


class BalanceAnswer(Struct, frozen=True):
    """`balance` is None while no version is in force."""

    balance: BalanceView | None
    as_of_position: int
    evaluated_at: datetime


class BalanceHistoryAnswer(Struct, frozen=True):
    """The balances of the periods of one kind that have a version in force, in order."""

    scorecard: str
    kind: str
    balances: list[BalanceView]
    as_of_position: int
    evaluated_at: datetime
