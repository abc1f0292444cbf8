"""The score of a scorecard in a period as everyone reads it, with the labels of the day it is asked."""

from collections.abc import Callable, Collection, Iterable, Mapping
from uuid import UUID

from domain.calendar import Period
from domain.scoring.inputs import VersionChoice
from domain.values import ScorecardId
from infra.round_trip import Question
from projections.answers import ScoreAnswer
from projections.labels import kpis_of, labels
from projections.outlines import as_partial, opened, outline
from projections.packed import unpacked
from projections.periods import period_of
from projections.reader import Reader
from projections.readings import latest_of, latest_question
from projections.tree_json import root_of, tree_json
from projections.views import TreeView

_STORED = """
    SELECT s.period, s.lengthy, s.tree FROM steelyard.score s
    WHERE s.tenant_id = %(tenant)s AND s.generation = %(generation)s AND s.scorecard = %(scorecard)s
      AND s.period = ANY(%(periods)s) AND s.changed_at <= %(position)s
"""


def current_tree(
    reader: Reader, scorecard: ScorecardId, period: Period, version: VersionChoice = "in_force"
) -> ScoreAnswer:
    """The tree with trends against the period before, and freshness.

    Raises NotFound `scorecard-unknown`, `version-unknown`.
    """
    previous = reader.calendar.previous(period)
    trees = _trees(reader, scorecard, (period, previous), version)
    tree, before = outline(trees[period]), outline(trees[previous])
    asked = latest_question(reader.tenant, reader.readings_generation, kpis_of(tree), reader.position)
    found = labels(reader.definitions, reader.as_of, tree, before, latest_of(reader.rows(asked)))
    return ScoreAnswer(
        tree=opened(trees[period]),
        previous_period=previous.text,
        nodes=found.nodes,
        kpis=found.kpis,
        stale_share=found.stale_share,
        as_of_position=reader.position,
        evaluated_at=reader.as_of,
    )


def tree_views(
    reader: Reader, scorecard: ScorecardId, periods: Collection[Period], version: VersionChoice = "in_force"
) -> dict[Period, TreeView]:
    """The trees of several periods: stored where that is exact, else computed from one read of values."""
    return {period: opened(tree) for period, tree in _trees(reader, scorecard, periods, version).items()}


def stored_question(
    tenant: UUID, generation: int, scorecard: ScorecardId, periods: Collection[Period], position: int
) -> Question:
    """Asks for the stored trees that did not change after the position."""
    names = [period.text for period in periods]
    return Question(
        _STORED,
        {
            "tenant": tenant,
            "generation": generation,
            "scorecard": scorecard,
            "periods": names,
            "position": position,
        },
    )


def exact(rows: Iterable[tuple[str, bool, bytes]], settled: Callable[[Period], bool]) -> Mapping[Period, bytes]:
    """The trees as they are shown, in JSON, of the rows that no passing day makes wrong."""
    found = {}
    for name, lengthy, tree in rows:
        period = period_of(name)
        if settled(period):
            found[period] = unpacked(tree)
        elif not lengthy:
            found[period] = as_partial(unpacked(tree))
    return found


def _trees(
    reader: Reader, scorecard: ScorecardId, periods: Collection[Period], version: VersionChoice
) -> dict[Period, bytes]:
    found: dict[Period, bytes] = {}
    if version == "in_force":
        found |= exact(
            reader.rows(stored_question(reader.tenant, reader.scores_generation, scorecard, periods, reader.position)),
            reader.settled,
        )
    missing = [period for period in periods if period not in found]
    if missing:
        computed = reader.trees(scorecard, missing, version)
        found |= {period: tree_json(tree, reader.position, root_of(tree)) for period, tree in computed.items()}
    return {period: found[period] for period in periods}
