"""Values that are words: a page shows the option of an ordinal KPI, or yes and no, instead of its number."""

from collections.abc import Mapping
from typing import assert_never

from msgspec.structs import replace

from domain.calendar import Period
from domain.kpi.events import Aggregation, Definition, Kind
from domain.kpi.state import Kpi
from domain.values import KpiId
from projections.views import CardView, KpiView, NodeView, TreeView

ONE_OF_ITS_VALUES = frozenset({Aggregation.LAST, Aggregation.FIRST, Aggregation.MIN, Aggregation.MAX})
"""What these make of a longer period is still an option; a mean of 1 or a sum of 1 is not a yes."""
YES_OR_NO: Mapping[str, str] = {"1": "yes", "0": "no"}


def labelled(tree: TreeView, kpis: Mapping[KpiId, Kpi]) -> TreeView:
    """The tree with words for the values that are words, as the definition that counted names them."""
    return tree if tree.root is None else replace(tree, root=_node(tree.root, kpis))


def _node(node: NodeView, kpis: Mapping[KpiId, Kpi]) -> NodeView:
    return replace(node, children=[_child(child, kpis) for child in node.children])


def _child(child: NodeView | KpiView | CardView, kpis: Mapping[KpiId, Kpi]) -> NodeView | KpiView | CardView:
    match child:
        case NodeView():
            return _node(child, kpis)
        case KpiView():
            return _kpi(child, _words(child, kpis))
        case CardView():
            return child if child.root is None else replace(child, root=_node(child.root, kpis))
        case _:
            assert_never(child)


def _kpi(view: KpiView, words: Mapping[str, str]) -> KpiView:
    """A word needs no unit."""
    if view.value is None or view.value not in words:
        return view
    target = view.target_shown if view.target is None else words.get(view.target, view.target_shown)
    return replace(view, value_shown=words[view.value], target_shown=target, unit="")


def _words(view: KpiView, kpis: Mapping[KpiId, Kpi]) -> Mapping[str, str]:
    known = kpis.get(KpiId(view.kpi), Kpi(KpiId(view.kpi))).definitions
    counted = (each.definition for each in known if each.position == view.trace.definition_position)
    definition = next(counted, None)
    if definition is None or not _is_one_value(view, definition):
        return {}
    if definition.kind is Kind.BINARY:
        return YES_OR_NO
    return {str(rank): option.label for rank, option in enumerate(definition.options, 1)}


def _is_one_value(view: KpiView, definition: Definition) -> bool:
    period = Period.parse(view.period)
    return period.kind is definition.frequency or definition.aggregation in ONE_OF_ITS_VALUES
