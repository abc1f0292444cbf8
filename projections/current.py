"""The score of a scorecard in a period as everyone reads it, with the labels of the day it is asked."""

from collections.abc import Collection, Mapping

import msgspec
from sqlalchemy import text

from domain.calendar import Period
from domain.scoring.inputs import VersionChoice
from domain.values import ScorecardId
from projections.answers import ScoreAnswer
from projections.labels import kpi_labels, node_trends, stale_share
from projections.periods import period_of
from projections.reader import Reader
from projections.score_view import tree_view
from projections.views import TreeView

_decoder = msgspec.json.Decoder(TreeView)


def current_tree(
    reader: Reader, scorecard: ScorecardId, period: Period, version: VersionChoice = "in_force"
) -> ScoreAnswer:
    """The tree with trends against the period before, and freshness.

    Raises NotFound `scorecard-unknown`, `version-unknown`.
    """
    previous = reader.calendar.previous(period)
    trees = tree_views(reader, scorecard, (period, previous), version)
    tree, before = trees[period], trees[previous]
    labels = kpi_labels(reader, tree, before)
    return ScoreAnswer(
        tree=tree,
        previous_period=previous.text,
        nodes=node_trends(tree, before),
        kpis=labels,
        stale_share=stale_share(tree, labels),
        as_of_position=reader.position,
        evaluated_at=reader.as_of,
    )


def tree_views(
    reader: Reader, scorecard: ScorecardId, periods: Collection[Period], version: VersionChoice = "in_force"
) -> dict[Period, TreeView]:
    """The trees of several periods: stored where that is exact, else computed from one read of values."""
    found = dict(_stored(reader, scorecard, periods)) if version == "in_force" else {}
    missing = [period for period in periods if period not in found]
    if missing:
        computed = reader.trees(scorecard, missing, version)
        found |= {period: tree_view(tree, reader.position) for period, tree in computed.items()}
    return {period: found[period] for period in periods}


def _stored(reader: Reader, scorecard: ScorecardId, periods: Collection[Period]) -> Mapping[Period, TreeView]:
    rows = reader.connection.execute(
        text("""
            SELECT s.period, s.lengthy, s.tree FROM steelyard.score s
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
    found = {}
    for row in rows:
        period = period_of(row.period)
        if reader.settled(period):
            found[period] = _decoder.decode(row.tree)
        elif not row.lengthy:
            found[period] = msgspec.structs.replace(_decoder.decode(row.tree), partial=True)
    return found
