"""Graphs without cycles: links of cause and effect between objectives, and the cascade of scorecards.

Everything is iterative and visits each edge once, so neither depth nor a cycle in the input can hang or overflow it.
"""

from collections import deque
from collections.abc import Iterable, Mapping

Edge = tuple[str, str]
"""From and to: cause and effect, or parent and child scorecard."""


def path(edges: Iterable[Edge], start: str, goal: str) -> tuple[str, ...] | None:
    """A shortest way from start to goal along the edges, both ends included; None if there is none."""
    following = _following(edges)
    reached_from: dict[str, str | None] = {start: None}
    waiting = deque([start])
    while waiting and goal not in reached_from:
        node = waiting.popleft()
        for successor in following.get(node, ()):
            if successor not in reached_from:
                reached_from[successor] = node
                waiting.append(successor)
    return _walked_back(reached_from, goal) if goal in reached_from else None


def cycle_closed_by(edges: Iterable[Edge], new: Edge) -> tuple[str, ...] | None:
    """The cycle that one more edge would close, first node repeated at the end; None if it closes none."""
    start, end = new
    back = path(edges, end, start)
    return None if back is None else (start, *back)


def reachable(edges: Iterable[Edge], start: str) -> frozenset[str]:
    """Every node that can be reached from start along the edges; start itself only through a cycle."""
    following = _following(edges)
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        for successor in following.get(waiting.pop(), ()):
            if successor not in seen:
                seen.add(successor)
                waiting.append(successor)
    return frozenset(seen)


def chain_length(edges: Iterable[Edge], start: str) -> int:
    """How many nodes the longest chain from start has, start included; edges must be acyclic for it to be exact."""
    following = _following(edges)
    lengths: dict[str, int] = {}
    opened: set[str] = set()
    waiting = [start]
    while waiting:
        node = waiting[-1]
        unopened = [n for n in following.get(node, ()) if n not in opened]
        opened.add(node)
        if unopened:
            waiting.extend(unopened)
            continue
        waiting.pop()
        lengths[node] = 1 + max((lengths.get(n, 0) for n in following.get(node, ())), default=0)
    return lengths[start]


def reverse(edges: Iterable[Edge]) -> tuple[Edge, ...]:
    """The same edges, walked the other way."""
    return tuple((end, start) for start, end in edges)


def _following(edges: Iterable[Edge]) -> Mapping[str, list[str]]:
    following: dict[str, list[str]] = {}
    for start, end in edges:
        following.setdefault(start, []).append(end)
    return following


def _walked_back(reached_from: Mapping[str, str | None], goal: str) -> tuple[str, ...]:
    steps: list[str] = []
    node: str | None = goal
    while node is not None:
        steps.append(node)
        node = reached_from[node]
    return tuple(reversed(steps))
