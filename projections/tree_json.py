"""A tree of scores in JSON, as views.TreeView; what did not change since it was written before is taken over.

A part is taken over when all that it is written from is equal, so that it cannot matter whether there was one before.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import is_

import msgspec
from msgspec import Raw, Struct

from domain.policy import Band
from domain.scoring.tree import CardScore, KpiScore, NodeScore, ScoreTree
from projections.kpi_json import Written, kpi_json
from projections.outlines import UnopenedTree
from projections.score_view import node_point, number, optional_number, result_view
from projections.views import ScoreView

Scored = NodeScore | KpiScore | CardScore

_encoder = msgspec.json.Encoder()


class UnopenedNode(Struct, frozen=True, tag_field="type", tag="node"):
    """A NodeView before its children."""

    id: str
    kind: str
    name: str
    weight: str
    applied_share: str | None
    leaf_share: str
    rule: str
    result: ScoreView
    band_of_score: str | None
    limited_by: tuple[str, ...]
    errors: int
    children: tuple[()] = ()


class UnopenedCard(Struct, frozen=True, tag_field="type", tag="scorecard"):
    """A CardView before its root."""

    scorecard: str
    version: int | None
    weight: str
    applied_share: str | None
    leaf_share: str
    root: None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A node, a KPI or a child scorecard as it was written.

    `json` ends where the children begin, so that each KPI is kept once and not at every level above it too. `point` is
    what a history shows of a node.
    """

    scored: Scored
    json: bytes
    children: "tuple[Part, ...]" = ()
    point: bytes = b""


def root_of(tree: ScoreTree, before: Part | None = None, written: Written | None = None) -> Part | None:
    """The root written; `before` is that of another tree with the same bands, `written` are values written before."""
    if tree.root is None:
        return None
    return _part(tree.root, tree.bands, before, {} if written is None else written)


def _part(scored: Scored, bands: tuple[Band, ...], before: Part | None, written: Written) -> Part:
    """The part written; the one before itself where nothing of it changed."""
    if isinstance(scored, KpiScore):
        if before is not None and before.scored == scored:
            return before
        return Part(scored, kpi_json(scored, bands, written))
    below = scored.children if isinstance(scored, NodeScore) else () if scored.root is None else (scored.root,)
    earlier: Sequence[Part | None] = () if before is None else before.children
    if len(earlier) != len(below):
        earlier = (None,) * len(below)
    parts = tuple([_part(child, bands, was, written) for child, was in zip(below, earlier, strict=True)])
    if before is not None and _same(parts, before.children) and _own(scored) == _own(before.scored):
        return before
    return _node(scored, parts, bands) if isinstance(scored, NodeScore) else _card(scored, parts)


def _same(parts: Sequence[Part], before: Sequence[Part]) -> bool:
    return len(parts) == len(before) and all(map(is_, parts, before))


def tree_json(tree: ScoreTree, changed_at: int, root: Part | None) -> bytes:
    """The whole of it, with the root as it was written."""
    return _encoder.encode(
        UnopenedTree(
            scorecard=tree.scorecard,
            period=tree.period.text,
            version=tree.version,
            version_position=tree.version_position,
            policy_position=tree.policy_position,
            missing_data=tree.missing_data,
            minimum_coverage=number(tree.minimum_coverage),
            partial=tree.partial,
            day_dependent=tree.day_dependent,
            method=tree.method,
            changed_at=changed_at,
            root=Raw(b"null" if root is None else b"".join(_pieces(root))),
            restatement=tree.restatement,
        )
    )


def _pieces(part: Part) -> list[bytes]:
    """The part with all that stands below it."""
    found = [part.json]
    for place, child in enumerate(part.children):
        if place:
            found.append(b",")
        found += _pieces(child)
    if isinstance(part.scored, NodeScore):
        found.append(b"]}")
    elif isinstance(part.scored, CardScore):
        found.append(b"}" if part.children else b"null}")
    return found


def points_json(root: Part | None) -> bytes:
    """What a history shows of the nodes of the scorecard itself, in order of code: a list of answers.NodePoint."""
    found = () if root is None else sorted(_points(root))
    return b"[" + b",".join([point for _, point in found]) + b"]"


def _points(part: Part) -> Iterator[tuple[str, bytes]]:
    if isinstance(part.scored, NodeScore):
        yield part.scored.id, part.point
        for child in part.children:
            yield from _points(child)


def _own(scored: Scored) -> tuple[object, ...]:
    """All that a part is written from beside its children."""
    if isinstance(scored, KpiScore):
        return scored
    if isinstance(scored, CardScore):
        return scored.scorecard, scored.version, scored.weight, scored.applied_share, scored.leaf_share
    return (
        scored.id,
        scored.kind,
        scored.name,
        scored.weight,
        scored.applied_share,
        scored.leaf_share,
        scored.rollup,
        scored.state,
        scored.reason,
        scored.raw_score,
        scored.score,
        scored.band,
        scored.band_of_score,
        scored.limited_by,
        scored.coverage,
        scored.errors,
    )


def _node(node: NodeScore, parts: tuple[Part, ...], bands: tuple[Band, ...]) -> Part:
    result = result_view(node, bands)
    view = UnopenedNode(
        id=node.id,
        kind=node.kind.value,
        name=node.name,
        weight=number(node.weight),
        applied_share=optional_number(node.applied_share),
        leaf_share=number(node.leaf_share),
        rule=node.rollup.rule,
        result=result,
        band_of_score=node.band_of_score,
        limited_by=node.limited_by,
        errors=node.errors,
    )
    return Part(node, _encoder.encode(view).removesuffix(b"]}"), parts, _encoder.encode(node_point(node.id, result)))


def _card(card: CardScore, parts: tuple[Part, ...]) -> Part:
    view = UnopenedCard(
        scorecard=card.scorecard,
        version=card.version,
        weight=number(card.weight),
        applied_share=optional_number(card.applied_share),
        leaf_share=number(card.leaf_share),
    )
    return Part(card, _encoder.encode(view).removesuffix(b"null}"), parts)
