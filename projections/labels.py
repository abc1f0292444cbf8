"""Labels worked out at the read and never stored: trend against the period before, freshness, share of stale weight."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext
from functools import lru_cache

from domain.calendar import Calendar, Period
from domain.policy import Policy
from domain.scoring.freshness import STALE, freshness
from domain.scoring.inputs import Definitions
from domain.scoring.setting import policy_in_force
from domain.scoring.trend import Trend, trend
from domain.values import ARITHMETIC, KpiId
from projections.answers import FreshnessView, KpiLabels, TrendView
from projections.collection import Collection, collection
from projections.outlines import CardOutline, KpiOutline, NodeOutline, TreeOutline
from projections.score_view import number

DIRECTIONS_CACHED_MAX = 16_384


@dataclass(frozen=True, slots=True)
class Labels:
    """`nodes` are those of the scorecard itself, `kpis` its KPIs and those of its child scorecards; both by code.

    `stale_share` is the share of leaf weight, 0..1, on stale KPIs; None where nothing is scored.
    """

    nodes: dict[str, TrendView]
    kpis: dict[str, KpiLabels]
    stale_share: str | None


def labels(
    definitions: Definitions,
    as_of: datetime,
    tree: TreeOutline,
    before: TreeOutline,
    latest: Mapping[KpiId, Period],
) -> Labels:
    """The labels of a tree at an instant; `latest` are the last periods with a value, of its KPIs at least.

    Between two ends of a day in the organization's time zone they do not change.
    """
    leaves = _leaves(tree)
    now, earlier = _by_code(leaves), _by_code(_leaves(before))
    fresh = _freshness(definitions, as_of, now, latest)
    kpis = {code: KpiLabels(_kpi_trend(kpi, earlier.get(code)), fresh.get(code)) for code, kpi in now.items()}
    return Labels(_node_trends(tree, before), kpis, None if tree.root is None else _stale_share(leaves, fresh))


def kpis_of(tree: TreeOutline) -> list[KpiId]:
    """The codes of the KPIs that have labels."""
    return [KpiId(code) for code in _by_code(_leaves(tree))]


def _node_trends(tree: TreeOutline, before: TreeOutline) -> dict[str, TrendView]:
    earlier = {node.id: node.result.raw_score for node in _nodes(before.root)}
    differs = [
        name
        for name, is_same in (
            ("version", tree.version_position == before.version_position),
            ("policy", (tree.policy_position, tree.missing_data) == (before.policy_position, before.missing_data)),
        )
        if not is_same
    ]
    return {node.id: _trend(node.result.raw_score, earlier.get(node.id), differs) for node in _nodes(tree.root)}


def _stale_share(leaves: Sequence[KpiOutline], fresh: Mapping[str, FreshnessView]) -> str:
    with localcontext(ARITHMETIC):
        stale = whole = Decimal(0)
        for kpi in leaves:
            share = Decimal(kpi.leaf_share)
            whole += share
            found = fresh.get(kpi.kpi)
            if found is not None and found.state in STALE:
                stale += share
        return number(stale / whole if whole else Decimal(0))


def _trend(now: str | None, before: str | None, differs: list[str]) -> TrendView:
    return TrendView(_direction(now, before), before, [] if before is None else differs)


@lru_cache(maxsize=DIRECTIONS_CACHED_MAX)
def _direction(now: str | None, before: str | None) -> Trend:
    return trend(_decimal(now), _decimal(before))


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _kpi_trend(kpi: KpiOutline, before: KpiOutline | None) -> TrendView:
    if before is None:
        return _trend(kpi.result.raw_score, None, [])
    same = (
        ("definition", kpi.trace.definition_position == before.trace.definition_position),
        ("scale", kpi.trace.scale_position == before.trace.scale_position),
        ("target", (kpi.target, kpi.baseline, kpi.stretch) == (before.target, before.baseline, before.stretch)),
    )
    return _trend(kpi.result.raw_score, before.result.raw_score, [name for name, is_same in same if not is_same])


def _freshness(
    definitions: Definitions, as_of: datetime, kpis: Iterable[str], latest: Mapping[KpiId, Period]
) -> dict[str, FreshnessView]:
    """By the definition and policy in force on the day of the instant."""
    calendar, today = definitions.calendar, definitions.calendar.day_of(as_of)
    policy, collecting = policy_in_force(definitions, today).policy, collection(definitions, today)
    # Most KPIs of a scorecard are collected alike and have the same last period: each case is worked out once.
    worked_out: dict[tuple[Collection, Period | None], FreshnessView] = {}
    found = {}
    for code in kpis:
        collected, last = collecting.get(KpiId(code)), latest.get(KpiId(code))
        if collected is None:
            continue
        view = worked_out.get((collected, last))
        if view is None:
            view = worked_out[collected, last] = _fresh(collected, calendar, policy, last, as_of)
        found[code] = view
    return found


def _fresh(
    collected: Collection, calendar: Calendar, policy: Policy, last: Period | None, as_of: datetime
) -> FreshnessView:
    fresh = freshness(
        collected.definition, calendar, policy, collected.first_period, last, as_of, collected.retired_after
    )
    return FreshnessView(
        state=fresh.state.value,
        last_period=fresh.last_period.text if fresh.last_period else None,
        awaited=fresh.awaited.text if fresh.awaited else None,
        due_at=fresh.due_at,
    )


def _nodes(node: NodeOutline | None) -> Iterator[NodeOutline]:
    if node is None:
        return
    yield node
    for child in node.children:
        if isinstance(child, NodeOutline):
            yield from _nodes(child)


def _kpis(node: NodeOutline) -> Iterator[KpiOutline]:
    for child in node.children:
        if isinstance(child, KpiOutline):
            yield child
        elif isinstance(child, NodeOutline):
            yield from _kpis(child)
        elif isinstance(child, CardOutline) and child.root is not None:
            yield from _kpis(child.root)


def _leaves(tree: TreeOutline) -> Sequence[KpiOutline]:
    return () if tree.root is None else list(_kpis(tree.root))


def _by_code(leaves: Sequence[KpiOutline]) -> dict[str, KpiOutline]:
    return {kpi.kpi: kpi for kpi in leaves}
