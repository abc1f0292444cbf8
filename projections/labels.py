"""Labels worked out at the read and never stored: trend against the period before, freshness, share of stale weight."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, localcontext

from domain.kpi.state import definition_for
from domain.scoring.freshness import STALE, first_period, freshness
from domain.scoring.setting import policy_in_force
from domain.scoring.trend import trend
from domain.values import ARITHMETIC, KpiId
from projections import readings
from projections.answers import FreshnessView, KpiLabels, TrendView
from projections.reader import Reader
from projections.score_view import number
from projections.views import CardView, KpiView, NodeView, TreeView

Trends = Mapping[str, TrendView]


def node_trends(tree: TreeView, before: TreeView) -> dict[str, TrendView]:
    """Of every node of the scorecard itself, by code."""
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


def kpi_labels(reader: Reader, tree: TreeView, before: TreeView) -> dict[str, KpiLabels]:
    """Of every KPI of the scorecard, those of its child scorecards included, by code."""
    now, earlier = _by_code(tree), _by_code(before)
    fresh = _freshness(reader, now)
    return {code: KpiLabels(_kpi_trend(kpi, earlier.get(code)), fresh.get(code)) for code, kpi in now.items()}


def stale_share(tree: TreeView, labels: Mapping[str, KpiLabels]) -> str | None:
    """The share of leaf weight, 0..1, on stale KPIs; None where nothing is scored."""
    if tree.root is None:
        return None
    with localcontext(ARITHMETIC):
        stale = whole = Decimal(0)
        for kpi in _kpis(tree.root):
            share = Decimal(kpi.leaf_share)
            whole += share
            found = labels[kpi.kpi].freshness
            if found is not None and found.state in STALE:
                stale += share
        return number(stale / whole if whole else Decimal(0))


def _trend(now: str | None, before: str | None, differs: list[str]) -> TrendView:
    direction = trend(_decimal(now), _decimal(before))
    return TrendView(direction=direction, before=before, differs=[] if before is None else differs)


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _kpi_trend(kpi: KpiView, before: KpiView | None) -> TrendView:
    if before is None:
        return _trend(kpi.result.raw_score, None, [])
    same = (
        ("definition", kpi.trace.definition_position == before.trace.definition_position),
        ("scale", kpi.trace.scale_position == before.trace.scale_position),
        ("target", (kpi.target, kpi.baseline, kpi.stretch) == (before.target, before.baseline, before.stretch)),
    )
    return _trend(kpi.result.raw_score, before.result.raw_score, [name for name, is_same in same if not is_same])


def _freshness(reader: Reader, kpis: Iterable[str]) -> dict[str, FreshnessView]:
    """By the definition and policy in force on the day of the as-of instant."""
    codes = [KpiId(code) for code in kpis]
    today = reader.calendar.day_of(reader.as_of)
    policy = policy_in_force(reader.definitions, today).policy
    latest = readings.latest_periods(
        reader.connection, reader.tenant, reader.readings_generation, codes, reader.position
    )
    found = {}
    for code in codes:
        kpi = reader.definitions.kpis[code]
        known, first = definition_for(kpi, today), first_period(kpi, reader.calendar)
        if known is None or first is None:
            continue
        fresh = freshness(
            known.definition, reader.calendar, policy, first, latest.get(code), reader.as_of, kpi.retired_after
        )
        found[str(code)] = FreshnessView(
            state=fresh.state.value,
            last_period=fresh.last_period.text if fresh.last_period else None,
            awaited=fresh.awaited.text if fresh.awaited else None,
            due_at=fresh.due_at,
        )
    return found


def _nodes(node: NodeView | None) -> Iterator[NodeView]:
    if node is None:
        return
    yield node
    for child in node.children:
        if isinstance(child, NodeView):
            yield from _nodes(child)


def _kpis(node: NodeView) -> Iterator[KpiView]:
    for child in node.children:
        if isinstance(child, KpiView):
            yield child
        elif isinstance(child, NodeView):
            yield from _kpis(child)
        elif isinstance(child, CardView) and child.root is not None:
            yield from _kpis(child.root)


def _by_code(tree: TreeView) -> dict[str, KpiView]:
    return {} if tree.root is None else {kpi.kpi: kpi for kpi in _kpis(tree.root)}
