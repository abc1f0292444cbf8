"""Graphs: ways, cycles and chains, on small examples and against brute force."""

from itertools import pairwise

from hypothesis import given as for_all
from hypothesis import strategies as st

from domain.scorecard.strategy_map import Edge, chain_length, cycle_closed_by, path, reachable, reverse

DIAMOND = (("a", "b"), ("a", "c"), ("b", "d"), ("c", "d"), ("d", "e"))
NODES = "abcdef"
graphs = st.lists(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)), max_size=14, unique=True)
acyclic = graphs.map(lambda edges: [edge for edge in edges if edge[0] < edge[1]])


def _reachable_by_force(edges: list[Edge], start: str) -> set[str]:
    reached = {end for begin, end in edges if begin == start}
    for _round in NODES:
        reached |= {end for begin, end in edges if begin in reached}
    return reached


def _longest_by_force(edges: list[Edge], start: str) -> int:
    return 1 + max((_longest_by_force(edges, end) for begin, end in edges if begin == start), default=0)


def test_a_path_is_the_shortest_way_both_ends_included() -> None:
    assert path((*DIAMOND, ("a", "e")), "a", "e") == ("a", "e")
    two_ways = (("a", "x"), ("a", "b"), ("b", "c"), ("c", "e"), ("x", "e"))
    assert path(two_ways, "a", "e") == ("a", "x", "e")
    assert path(tuple(reversed(two_ways)), "a", "e") == ("a", "x", "e")
    assert path(DIAMOND, "b", "e") == ("b", "d", "e")
    assert path(DIAMOND, "e", "a") is None
    assert path((), "a", "a") == ("a",)


def test_a_cycle_is_named_from_its_start_round_to_it() -> None:
    assert cycle_closed_by(DIAMOND, ("e", "b")) == ("e", "b", "d", "e")
    assert cycle_closed_by((), ("a", "a")) == ("a", "a")
    assert cycle_closed_by(DIAMOND, ("a", "e")) is None


def test_a_very_long_chain_is_no_trouble() -> None:
    names = [f"n{index}" for index in range(20_000)]
    long = list(pairwise(names))
    assert chain_length(long, names[0]) == 20_000
    assert chain_length(reverse(long), names[0]) == 1
    assert path(long, names[0], names[-1]) == tuple(names)
    assert cycle_closed_by(long, (names[-1], names[0])) is not None
    assert len(reachable(long, names[0])) == 19_999


@for_all(graphs, st.sampled_from(NODES))
def test_reachable_is_what_following_edges_finds(edges: list[Edge], start: str) -> None:
    assert reachable(edges, start) == _reachable_by_force(edges, start)


@for_all(graphs, st.sampled_from(NODES), st.sampled_from(NODES))
def test_an_edge_closes_a_cycle_exactly_when_its_start_is_reached_from_its_end(
    edges: list[Edge], start: str, end: str
) -> None:
    cycle = cycle_closed_by(edges, (start, end))
    assert (cycle is not None) is (start == end or start in _reachable_by_force(edges, end))
    if cycle is not None:
        assert cycle[:2] == (start, end)
        assert cycle[-1] == start
        assert set(pairwise(cycle)) <= {*edges, (start, end)}


@for_all(acyclic, st.sampled_from(NODES))
def test_the_longest_chain_is_the_longest_of_all_chains(edges: list[Edge], start: str) -> None:
    assert chain_length(edges, start) == _longest_by_force(edges, start)


@for_all(graphs, st.sampled_from(NODES))
def test_a_cycle_in_the_graph_does_not_keep_the_chain_from_ending(edges: list[Edge], start: str) -> None:
    assert chain_length(edges, start) >= 1
