"""From the balance of a tree to what is read: exact numbers as text, and those for people."""

from domain.scoring.balance import Balance, Index, OutcomeIndex, PerspectiveShare, balance
from domain.scoring.bands import shown
from domain.scoring.inputs import Definitions
from domain.scoring.tree import ScoreTree
from projections.balance_views import BalanceView, IndexView, OutcomeView, PartView, ShareView, WarningView
from projections.score_view import SCORE_DECIMALS, number, optional_number


def balance_view(definitions: Definitions, tree: ScoreTree) -> BalanceView:
    """The balance of a tree as it is read."""
    return view_of(tree, balance(definitions, tree))


def view_of(tree: ScoreTree, weighed: Balance) -> BalanceView:
    """The same, of a balance that is worked out already."""
    return BalanceView(
        scorecard=tree.scorecard,
        period=tree.period.text,
        version=tree.version,
        design=_index(weighed.design),
        measurement=_index(weighed.measurement),
        outcome=_outcome(weighed.outcome),
        evenness=optional_number(weighed.evenness),
        perspectives=[_share(each) for each in weighed.perspectives],
        warnings=[WarningView(code=each.code, subject=each.subject) for each in weighed.warnings],
    )


def _index(index: Index) -> IndexView:
    return IndexView(
        state=index.state,
        value=optional_number(index.value),
        shown=None if index.value is None else shown(index.value, SCORE_DECIMALS),
        parts=[PartView(name=part.name, value=optional_number(part.value)) for part in index.parts],
        undefined=list(index.undefined),
    )


def _outcome(outcome: OutcomeIndex) -> OutcomeView:
    return OutcomeView(
        state=outcome.state,
        value=optional_number(outcome.value),
        shown=None if outcome.value is None else shown(outcome.value, SCORE_DECIMALS),
        highest=optional_number(outcome.highest),
        lowest=optional_number(outcome.lowest),
        weakest=outcome.weakest,
        scored=outcome.scored,
        undefined=list(outcome.undefined),
    )


def _share(share: PerspectiveShare) -> ShareView:
    return ShareView(
        perspective=share.perspective,
        name=share.name,
        share=number(share.share),
        counted_share=number(share.counted_share),
        wanted_share=number(share.wanted_share),
        kpis=share.kpis,
    )
