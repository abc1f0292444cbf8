"""Random trees of any depth with plain KPIs (value = score), for what holds for every tree."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from hypothesis import strategies as st

from domain.kpi.state import Kpi
from domain.scorecard.state import Node, NodeKind, Placement
from domain.values import ROOT, KpiId, NodeId
from tests.domain.scoring.build import NA, Entered, kpi

Value = Decimal | str | None
"""A score, NA, or missing."""


@dataclass(frozen=True)
class Twig:
    """A KPI with its weight and value, or a node with its children."""

    weight: Decimal
    value: Value = None
    twigs: tuple["Twig", ...] = field(default=())
    is_leaf: bool = True

    def leaves(self) -> Iterator["Twig"]:
        if self.is_leaf:
            yield self
        for twig in self.twigs:
            yield from twig.leaves()


# Random trees --------------------------------------------------------------------------------------------------

weights = st.one_of(st.just(Decimal(0)), st.decimals("0.000001", 1000, places=6), st.integers(1, 12).map(Decimal))
scores = st.one_of(st.integers(0, 20).map(lambda step: Decimal(step * 5)), st.decimals(0, 100, places=6))
readings = st.one_of(scores, scores, scores, st.none(), st.just(NA))
twigs = st.recursive(
    st.builds(Twig, weights, readings),
    lambda below: st.builds(
        lambda weight, children: Twig(weight, None, tuple(children), is_leaf=False),
        weights,
        st.lists(below, min_size=0, max_size=4),
    ),
    max_leaves=14,
)
roots = st.lists(twigs, min_size=1, max_size=5).map(
    lambda children: Twig(Decimal(1), None, tuple(children), is_leaf=False)
)


def grown(tree: Twig) -> tuple[Node, tuple[Kpi, ...], dict[str, Entered]]:
    """The tree as a card, its KPIs (value = score), and what was entered for them."""
    codes = {id(leaf): f"K{index}" for index, leaf in enumerate(tree.leaves())}
    entered: dict[str, Entered] = {codes[id(leaf)]: leaf.value for leaf in tree.leaves() if leaf.value is not None}
    return _node(tree, codes, "n"), tuple(kpi(code) for code in codes.values()), entered


def _node(twig: Twig, codes: dict[int, str], path: str) -> Node:
    return Node(
        NodeId(path) if path != "n" else ROOT,
        NodeKind.PERSPECTIVE if path != "n" else NodeKind.SCORECARD,
        path,
        twig.weight,
        nodes=tuple(_node(each, codes, f"{path}.{i}") for i, each in enumerate(twig.twigs) if not each.is_leaf),
        placements=tuple(Placement(KpiId(codes[id(each)]), each.weight) for each in twig.twigs if each.is_leaf),
    )
