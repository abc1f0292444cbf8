"""Reading and editing the tree of a scorecard: frozen nodes, of which only those on the path to a change are copied.

The tree has three levels of nodes at most (scorecard, perspectives, objectives), so recursion is bounded.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from domain.scorecard.events import ChildKind, ChildWeight
from domain.scorecard.state import Node, NodeKind
from domain.values import KpiId, NodeId, ScorecardId


def walk(root: Node) -> Iterator[Node]:
    """The root and every node below it, parents before children, in the order of the strategy map."""
    yield root
    for child in root.nodes:
        yield from walk(child)


def find(root: Node, node_id: NodeId) -> Node | None:
    """The node of that code, the root for ""; None if there is none."""
    return next((node for node in walk(root) if node.id == node_id), None)


def parent_of(root: Node, node_id: NodeId) -> Node | None:
    """The node directly above; None for the root and for an unknown code."""
    return next((node for node in walk(root) if any(child.id == node_id for child in node.nodes)), None)


def objectives(root: Node) -> tuple[Node, ...]:
    """Every objective, in the order of the strategy map."""
    return tuple(node for node in walk(root) if node.kind is NodeKind.OBJECTIVE)


def placed_kpis(root: Node) -> frozenset[KpiId]:
    """The KPIs placed anywhere in the tree."""
    return frozenset(placement.kpi for node in walk(root) for placement in node.placements)


def placed_scorecards(root: Node) -> frozenset[ScorecardId]:
    """The child scorecards placed anywhere in the tree."""
    return frozenset(placement.scorecard for node in walk(root) for placement in node.scorecards)


def weights_of(node: Node) -> tuple[ChildWeight, ...]:
    """The weights of all children of a node in their order: nodes, KPIs, child scorecards."""
    return (
        *(ChildWeight(ChildKind.NODE, child.id, child.weight) for child in node.nodes),
        *(ChildWeight(ChildKind.KPI, placement.kpi, placement.weight) for placement in node.placements),
        *(ChildWeight(ChildKind.SCORECARD, placement.scorecard, placement.weight) for placement in node.scorecards),
    )


def without_any_weight(root: Node) -> frozenset[NodeId]:
    """The nodes that have children, all of weight 0."""
    weights = ((node.id, weights_of(node)) for node in walk(root))
    return frozenset(node_id for node_id, children in weights if children and not any(c.weight for c in children))


def changed(root: Node, node_id: NodeId, change: Callable[[Node], Node]) -> Node:
    """The tree with one node replaced by what `change` makes of it; the same tree if there is no such node."""
    if root.id == node_id:
        return change(root)
    nodes = tuple(changed(child, node_id, change) for child in root.nodes)
    if all(new is old for new, old in zip(nodes, root.nodes, strict=True)):
        return root
    return replace(root, nodes=nodes)


def inserted(root: Node, parent: NodeId, child: Node, index: int) -> Node:
    """The tree with `child` at `index` among the nodes of `parent`."""
    return changed(root, parent, lambda node: replace(node, nodes=(*node.nodes[:index], child, *node.nodes[index:])))


def removed(root: Node, node_id: NodeId) -> Node:
    """The tree without a node and all that hangs below it."""
    above = parent_of(root, node_id)
    if above is None:
        return root
    kept = tuple(child for child in above.nodes if child.id != node_id)
    return changed(root, above.id, lambda node: replace(node, nodes=kept))


def moved(root: Node, node_id: NodeId, parent: NodeId, index: int) -> Node:
    """The tree with a node at `index` below `parent`; the index counts without the node itself."""
    node = find(root, node_id)
    if node is None or find(root, parent) is None:
        return root
    return inserted(removed(root, node_id), parent, node, index)


def weighted(node: Node, weights: tuple[ChildWeight, ...]) -> Node:
    """The node with new weights of the children named; the others keep theirs."""
    new = {(weight.kind, weight.child): weight.weight for weight in weights}
    return replace(
        node,
        nodes=tuple(replace(c, weight=new.get((ChildKind.NODE, c.id), c.weight)) for c in node.nodes),
        placements=tuple(replace(p, weight=new.get((ChildKind.KPI, p.kpi), p.weight)) for p in node.placements),
        scorecards=tuple(
            replace(p, weight=new.get((ChildKind.SCORECARD, p.scorecard), p.weight)) for p in node.scorecards
        ),
    )
