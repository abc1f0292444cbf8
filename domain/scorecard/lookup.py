"""The things of a draft that a command names, or the refusal that says they are not there."""

from domain.errors import Invalid, NotFound, Refused
from domain.scorecard import tree
from domain.scorecard.state import Card, Node, NodeKind
from domain.values import ROOT, NodeId, code


def node(card: Card, node_id: NodeId, field: str = "/node") -> Node:
    """The scorecard itself for "", a perspective or an objective. Raises NotFound `node-unknown`."""
    found = tree.find(card.root, node_id)
    if found is None:
        raise NotFound("node-unknown", f"{field}: the draft has no perspective or objective {node_id!r}", field)
    return found


def perspective(card: Card, node_id: NodeId, field: str = "/perspective") -> Node:
    """Raises NotFound `node-unknown`, and Invalid `not-a-perspective` for any other node."""
    found = node(card, node_id, field)
    if found.kind is not NodeKind.PERSPECTIVE:
        raise Invalid("not-a-perspective", f"{field}: {shown(node_id)} is not a perspective", field)
    return found


def objective(card: Card, node_id: NodeId, field: str = "/objective") -> Node:
    """Raises NotFound `node-unknown`, and Invalid `not-an-objective` for any other node."""
    found = node(card, node_id, field)
    if found.kind is not NodeKind.OBJECTIVE:
        raise Invalid("not-an-objective", f"{field}: {shown(node_id)} is not an objective", field)
    return found


def place(index: int | None, siblings: int) -> int:
    """The index among that many siblings, None for the end. Raises Invalid `index-out-of-range`."""
    if index is None:
        return siblings
    if not 0 <= index <= siblings:
        raise Invalid("index-out-of-range", f"/index must be 0 to {siblings}", "/index")
    return index


def refuse_taken(card: Card, node_id: NodeId, field: str) -> None:
    """Codes of perspectives and objectives are unique within the draft: raises `code-invalid` or `node-exists`."""
    code(node_id, field)
    if tree.find(card.root, node_id) is not None:
        raise Refused("node-exists", f"{field}: the draft already has a node {node_id!r}", field)


def shown(node_id: NodeId) -> str:
    """How a node is called in a sentence."""
    return "the scorecard itself" if node_id == ROOT else repr(str(node_id))
