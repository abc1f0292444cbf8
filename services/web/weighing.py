"""The balances of a scorecard over periods, from its trees of scores: exact numbers as shown, codes as names."""

from collections.abc import Sequence
from decimal import Decimal

from domain.scoring.balance import Balance, balance
from domain.scoring.bands import shown
from domain.scoring.inputs import Definitions
from domain.scoring.tree import ScoreTree
from domain.values import KpiId
from projections.score_view import SCORE_DECIMALS, number
from services.web.seen import BalanceSeen, PartSeen, ShareSeen


def balances_seen(definitions: Definitions, trees: Sequence[ScoreTree]) -> list[BalanceSeen]:
    """One for each period with a version in force, in order."""
    return [_seen(definitions, tree, balance(definitions, tree)) for tree in trees if tree.root is not None]


def _seen(definitions: Definitions, tree: ScoreTree, weighed: Balance) -> BalanceSeen:
    names = {share.perspective: share.name for share in weighed.perspectives}
    outcome = weighed.outcome
    return BalanceSeen(
        period=tree.period,
        design=_shown(weighed.design.value),
        measurement=_shown(weighed.measurement.value),
        outcome=_shown(outcome.value),
        weakest=None if outcome.weakest is None else names.get(outcome.weakest, outcome.weakest),
        parts=tuple(PartSeen(part.name, _number(part.value)) for part in weighed.design.parts),
        lowest=_shown(outcome.lowest),
        highest=_shown(outcome.highest),
        shares=tuple(
            ShareSeen(
                share.name, number(share.share), number(share.wanted_share), _number(share.counted_share), share.kpis
            )
            for share in weighed.perspectives
        ),
        warnings=tuple((each.code, _named(definitions, tree, each.subject)) for each in weighed.warnings),
    )


def _named(definitions: Definitions, tree: ScoreTree, subject: str) -> str:
    """The name of the perspective, objective or KPI of that code."""
    nodes = () if tree.root is None or not subject else tree.root.nodes()
    for node in nodes:
        if node.id == subject:
            return node.name
    kpi = definitions.kpis.get(KpiId(subject))
    return kpi.definitions[-1].definition.name if kpi is not None and kpi.definitions else subject


def _shown(value: Decimal | None) -> str | None:
    return None if value is None else shown(value, SCORE_DECIMALS)


def _number(value: Decimal | None) -> str | None:
    return None if value is None else number(value)
