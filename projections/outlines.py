"""What labels need of a stored tree, decoded without the rest of it, which stays as it is."""

import msgspec
from msgspec import Raw, Struct

from projections.views import TreeView


class ResultOutline(Struct, frozen=True, gc=False):
    raw_score: str | None


class TraceOutline(Struct, frozen=True, gc=False):
    definition_position: int
    scale_position: int | None


class KpiOutline(Struct, frozen=True, tag_field="type", tag="kpi", gc=False):
    kpi: str
    leaf_share: str
    result: ResultOutline
    target: str | None
    baseline: str | None
    stretch: str | None
    trace: TraceOutline


class NodeOutline(Struct, frozen=True, tag_field="type", tag="node"):
    id: str
    result: ResultOutline
    children: "list[NodeOutline | KpiOutline | CardOutline]"


class CardOutline(Struct, frozen=True, tag_field="type", tag="scorecard"):
    root: NodeOutline | None


class TreeOutline(Struct, frozen=True):
    """The fields of a TreeView that make trends, and the shares of its leaves."""

    version_position: int | None
    policy_position: int
    missing_data: str
    root: NodeOutline | None


class UnopenedTree(Struct, frozen=True):
    """A TreeView whose nodes stay as they are stored."""

    scorecard: str
    period: str
    version: int | None
    version_position: int | None
    policy_position: int
    missing_data: str
    minimum_coverage: str
    partial: bool
    day_dependent: bool
    method: int
    changed_at: int
    root: Raw
    restatement: bool = False


_outline = msgspec.json.Decoder(TreeOutline)
_unopened = msgspec.json.Decoder(UnopenedTree)
_tree = msgspec.json.Decoder(TreeView)


def outline(tree: bytes) -> TreeOutline:
    """The outline of a TreeView in JSON."""
    return _outline.decode(tree)


def opened(tree: bytes) -> TreeView:
    """The whole of it."""
    return _tree.decode(tree)


def as_partial(tree: bytes) -> bytes:
    """The same tree of a period whose last day lies ahead."""
    return msgspec.json.encode(msgspec.structs.replace(_unopened.decode(tree), partial=True))
