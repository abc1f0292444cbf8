"""Scores of a scorecard over periods of one kind: under the versions in force, or restated under one version."""

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import text

from domain.calendar import Period, PeriodKind
from domain.policy import Band
from domain.scoring.bands import shown
from domain.scoring.inputs import VersionChoice
from domain.scoring.setting import policy_in_force
from domain.scoring.tree import ScoreTree
from domain.values import NodeId, ScorecardId
from projections.answers import HistoryAnswer, HistoryPoint, NodePoint
from projections.periods import period_of
from projections.reader import Reader
from projections.score_view import SCORE_DECIMALS, optional_number
from projections.spans import span


def history(
    reader: Reader,
    scorecard: ScorecardId,
    kind: PeriodKind,
    first: Period | None = None,
    last: Period | None = None,
    version: VersionChoice = "in_force",
    node: NodeId | None = None,
) -> HistoryAnswer:
    """Every period from `first` to `last` (default: those with values); of all nodes or one.

    Raises NotFound `scorecard-unknown`, `version-unknown`, Invalid `range-too-long`.
    """
    reader.require(scorecard)
    periods = span(reader, scorecard, kind, first, last)
    stored = _stored(reader, scorecard, periods, node) if version == "in_force" else {}
    missing = [period for period in periods if period not in stored]
    computed = reader.trees(scorecard, missing, version) if missing else {}
    points = [stored[each] if each in stored else _computed(computed[each], node) for each in periods]
    return HistoryAnswer(
        scorecard=scorecard,
        kind=kind.value,
        points=points,
        as_of_position=reader.position,
        evaluated_at=reader.as_of,
    )


def _stored(
    reader: Reader, scorecard: ScorecardId, periods: Sequence[Period], node: NodeId | None
) -> dict[Period, HistoryPoint]:
    """The periods whose stored rows are exact at the position."""
    rows = reader.connection.execute(
        text("""
            SELECT s.period, s.lengthy, n.node, n.version, n.raw_score, n.score, n.coverage, n.state, n.band
            FROM steelyard.score s
            LEFT JOIN steelyard.score_node n
              ON n.tenant_id = s.tenant_id AND n.generation = s.generation AND n.scorecard = s.scorecard
             AND n.kind = s.kind AND n.last_day = s.last_day
            WHERE s.tenant_id = :tenant AND s.generation = :generation AND s.scorecard = :scorecard
              AND s.period = ANY(:periods) AND s.changed_at <= :position
            ORDER BY s.last_day, n.node
        """),
        {
            "tenant": reader.tenant,
            "generation": reader.scores_generation,
            "scorecard": scorecard,
            "periods": [period.text for period in periods],
            "position": reader.position,
        },
    )
    found: dict[Period, HistoryPoint] = {}
    for row in rows:
        period = period_of(row.period)
        settled = reader.settled(period)
        if not settled and row.lengthy:
            continue
        point = found.setdefault(period, HistoryPoint(row.period, row.version, not settled, []))
        if row.node is not None and node in (None, row.node):
            bands = _bands(reader, period)
            point.nodes.append(
                _node_point(row.node, row.state, row.raw_score, row.score, row.coverage, row.band, bands)
            )
    return found


def _computed(tree: ScoreTree, node: NodeId | None) -> HistoryPoint:
    nodes = () if tree.root is None else sorted(tree.root.nodes(), key=lambda each: each.id)
    return HistoryPoint(
        period=tree.period.text,
        version=tree.version,
        partial=tree.partial,
        nodes=[
            _node_point(each.id, each.state.value, each.raw_score, each.score, each.coverage, each.band, tree.bands)
            for each in nodes
            if node in (None, each.id)
        ],
    )


def _node_point(
    node: str,
    state: str,
    raw_score: Decimal | None,
    score: Decimal | None,
    coverage: Decimal | None,
    band: str | None,
    bands: Sequence[Band],
) -> NodePoint:
    return NodePoint(
        node=node,
        state=state,
        raw_score=optional_number(raw_score),
        score=optional_number(score),
        shown=None if raw_score is None else shown(raw_score, SCORE_DECIMALS, bands),
        coverage=optional_number(coverage),
        band=band,
    )


def _bands(reader: Reader, period: Period) -> Sequence[Band]:
    return policy_in_force(reader.definitions, reader.calendar.last_day(period)).policy.bands
