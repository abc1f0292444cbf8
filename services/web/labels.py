"""Values that are words: a page shows the option of an ordinal KPI, or yes and no, instead of its number."""

from collections.abc import Mapping
from typing import assert_never

from msgspec.structs import replace

from domain.calendar import Period
from domain.kpi.state import Kpi
from domain.scoring.spoken import counted, is_one_value, words_of
from domain.values import KpiId
from projections.views import CardView, KpiView, NodeView, TreeView


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
    definition = counted(kpis, KpiId(view.kpi), view.trace.definition_position)
    if definition is None or not is_one_value(Period.parse(view.period), definition):
        return {}
    return {str(value): word for value, word in words_of(definition).items()}
