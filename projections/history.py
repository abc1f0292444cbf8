"""Scores of a scorecard over periods of one kind: under the versions in force, or restated under one version."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import text

from domain.calendar import Period, PeriodKind
from domain.scoring.inputs import VersionChoice
from domain.scoring.tree import ScoreTree
from domain.values import NodeId, ScorecardId
from projections.answers import HistoryAnswer, HistoryPoint, NodePoint
from projections.packed import unpacked
from projections.periods import period_of
from projections.reader import Reader
from projections.score_view import node_points
from projections.spans import span

_decoder = msgspec.json.Decoder(list[NodePoint])


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
            SELECT s.period, s.lengthy, s.version, s.nodes FROM steelyard.score s
            WHERE s.tenant_id = :tenant AND s.generation = :generation AND s.scorecard = :scorecard
              AND s.period = ANY(:periods) AND s.changed_at <= :position
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
        if settled or not row.lengthy:
            points = _decoder.decode(unpacked(row.nodes))
            found[period] = HistoryPoint(row.period, row.version, not settled, _chosen(points, node))
    return found


def _computed(tree: ScoreTree, node: NodeId | None) -> HistoryPoint:
    return HistoryPoint(tree.period.text, tree.version, tree.partial, _chosen(node_points(tree), node))


def _chosen(points: list[NodePoint], node: NodeId | None) -> list[NodePoint]:
    return points if node is None else [point for point in points if point.node == node]
