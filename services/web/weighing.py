"""A balance as read, with names in place of codes."""

from collections.abc import Iterator
from decimal import Decimal

from domain.calendar import Period
from domain.scoring.bands import shown
from domain.scoring.inputs import Definitions
from domain.values import KpiId
from projections.balance_views import BalanceView
from projections.score_view import SCORE_DECIMALS
from projections.views import NodeView, TreeView
from services.web.seen import BalanceSeen, PartSeen, ShareSeen


def balance_seen(balance: BalanceView, tree: TreeView, definitions: Definitions) -> BalanceSeen:
    """One period's balance; what warnings are about is named as in the tree that is shown."""
    perspectives = {share.perspective: share.name for share in balance.perspectives}
    names = {node.id: node.name for node in _nodes(tree.root)} | perspectives
    outcome = balance.outcome
    measured = balance.measurement.value is not None
    return BalanceSeen(
        period=Period.parse(balance.period),
        design=balance.design.shown,
        measurement=balance.measurement.shown,
        outcome=outcome.shown,
        weakest=None if outcome.weakest is None else perspectives.get(outcome.weakest, outcome.weakest),
        parts=tuple(PartSeen(part.name, part.value) for part in balance.design.parts),
        lowest=_shown(outcome.lowest),
        highest=_shown(outcome.highest),
        shares=tuple(
            ShareSeen(
                share.name, share.share, share.wanted_share, share.counted_share if measured else None, share.kpis
            )
            for share in balance.perspectives
        ),
        warnings=tuple(
            (each.code, names.get(each.subject) or _kpi_name(definitions, each.subject)) for each in balance.warnings
        ),
    )


def _nodes(node: NodeView | None) -> Iterator[NodeView]:
    for child in node.children if node is not None else ():
        if isinstance(child, NodeView):
            yield child
            yield from _nodes(child)


def _kpi_name(definitions: Definitions, code: str) -> str:
    """A KPI's latest name; the code itself of what is no longer there."""
    kpi = definitions.kpis.get(KpiId(code))
    return kpi.definitions[-1].definition.name if kpi is not None and kpi.definitions else code


def _shown(value: str | None) -> str | None:
    return None if value is None else shown(Decimal(value), SCORE_DECIMALS)
