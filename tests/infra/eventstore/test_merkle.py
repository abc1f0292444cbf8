"""The tree against the test vectors of certificate transparency and an independent implementation."""

from collections.abc import Sequence
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymerkle import InmemoryTree, verify_consistency, verify_inclusion  # type: ignore[import-untyped]  # has no types
from pymerkle.proof import InvalidProof  # type: ignore[import-untyped]  # has no types

from infra.eventstore import merkle
from infra.eventstore.merkle import Frontier, Hash, leaf_hash, root

SIZE_MAX = 512

# Leaves and roots of the reference implementation of RFC 6962.
LEAVES = [bytes.fromhex(each) for each in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"
)]  # fmt: skip
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


@cache
def _leaves(size: int) -> tuple[Hash, ...]:
    return tuple(leaf_hash(str(index).encode()) for index in range(size))


@cache
def _oracle() -> InmemoryTree:
    tree = InmemoryTree(algorithm="sha256", disable_security=False)
    for index in range(SIZE_MAX):
        tree.append_entry(str(index).encode())
    return tree


def test_the_roots_are_those_of_the_rfc() -> None:
    hashes = [leaf_hash(leaf) for leaf in LEAVES]
    assert [root(hashes[: size + 1]).hex() for size in range(len(hashes))] == list(ROOTS)
    assert root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_an_independent_implementation_has_the_same_root_at_every_size() -> None:
    frontier = Frontier()
    for size in range(1, SIZE_MAX + 1):
        frontier.add(_leaves(SIZE_MAX)[size - 1])
        assert frontier.root() == _oracle().get_root(size), size
        assert frontier.size == size


def _ends(size: int) -> Sequence[int]:
    """Places at which a tree of this size is special, and a few others."""
    return sorted({0, 1, size // 2 - 1, size // 2, size // 2 + 1, size - 2, size - 1, size * 7 // 9} & set(range(size)))


@pytest.mark.parametrize("first", range(1, SIZE_MAX + 1, 64))
def test_an_independent_implementation_agrees_with_the_proofs(first: int) -> None:
    for size in range(first, first + 64):
        leaves, top = _leaves(SIZE_MAX)[:size], root(_leaves(SIZE_MAX)[:size])
        for index in _ends(size):
            proof = merkle.inclusion_proof(leaves, index)
            theirs = _oracle().prove_inclusion(index + 1, size)
            verify_inclusion(leaves[index], top, theirs)
            assert list(proof) == theirs.path[1:]  # theirs begins with the leaf
            assert merkle.verify_inclusion(leaves[index], index, size, proof, top)
        for old in (index + 1 for index in _ends(size)):
            proof = merkle.consistency_proof(leaves, old)
            verify_consistency(root(leaves[:old]), top, _oracle().prove_consistency(old, size))
            assert merkle.verify_consistency(old, size, root(leaves[:old]), top, proof)


def test_every_proof_up_to_a_size_holds() -> None:
    for size in range(1, 41):
        leaves = _leaves(SIZE_MAX)[:size]
        top = root(leaves)
        for index in range(size):
            old_root = root(leaves[: index + 1])
            assert merkle.verify_inclusion(leaves[index], index, size, merkle.inclusion_proof(leaves, index), top)
            proof = merkle.consistency_proof(leaves, index + 1)
            assert merkle.verify_consistency(index + 1, size, old_root, top, proof)


@settings(max_examples=300, deadline=None)
@given(size=st.integers(1, 200), data=st.data())
def test_a_proof_with_anything_changed_does_not_hold(size: int, data: st.DataObject) -> None:
    leaves = _leaves(SIZE_MAX)[:size]
    index = data.draw(st.integers(0, size - 1))
    old = index + 1
    top, old_top = root(leaves), root(leaves[:old])
    path, growth = merkle.inclusion_proof(leaves, index), merkle.consistency_proof(leaves, old)
    other = leaf_hash(b"other")
    assert not merkle.verify_inclusion(other, index, size, path, top)
    assert not merkle.verify_inclusion(leaves[index], index, size, path, other)
    assert not merkle.verify_inclusion(leaves[index], index, size, (*path, other), top)
    assert not merkle.verify_consistency(old, size, other, top, growth)
    assert not merkle.verify_consistency(old, size, old_top, other, growth)
    assert not merkle.verify_consistency(old, size, old_top, top, (*growth, other))
    if path:
        place = data.draw(st.integers(0, len(path) - 1))
        assert not merkle.verify_inclusion(leaves[index], index, size, path[:-1], top)
        assert not merkle.verify_inclusion(leaves[index], index, size, _with(path, place, other), top)
    if growth:
        place = data.draw(st.integers(0, len(growth) - 1))
        assert not merkle.verify_consistency(old, size, old_top, top, growth[:-1])
        assert not merkle.verify_consistency(old, size, old_top, top, _with(growth, place, other))


def _with(proof: Sequence[Hash], place: int, other: Hash) -> tuple[Hash, ...]:
    return (*proof[:place], other, *proof[place + 1 :])


@settings(max_examples=200, deadline=None)
@given(size=st.integers(2, 200), data=st.data())
def test_a_proof_is_of_one_index_and_one_size(size: int, data: st.DataObject) -> None:
    leaves = _leaves(SIZE_MAX)[:size]
    index = data.draw(st.integers(0, size - 1))
    wrong = data.draw(st.integers(0, size - 1).filter(lambda each: each != index))
    path = merkle.inclusion_proof(leaves, index)
    assert not merkle.verify_inclusion(leaves[index], wrong, size, path, root(leaves))
    assert not merkle.verify_inclusion(leaves[wrong], index, size, path, root(leaves))


def test_what_lies_outside_of_the_tree_is_refused() -> None:
    leaves = _leaves(SIZE_MAX)[:5]
    top = root(leaves)
    for index, size in ((5, 5), (-1, 5), (0, 0), (0, -1)):
        assert not merkle.verify_inclusion(leaves[0], index, size, (), top)
    for old, new in ((0, 5), (6, 5), (-1, 5), (0, 0)):
        assert not merkle.verify_consistency(old, new, merkle.EMPTY_ROOT, top, ())
    for index in (-1, 5):
        with pytest.raises(IndexError):
            merkle.inclusion_proof(leaves, index)
    for old in (0, 6):
        with pytest.raises(IndexError):
            merkle.consistency_proof(leaves, old)


def test_the_same_size_needs_no_proof_and_takes_none() -> None:
    top = root(_leaves(SIZE_MAX)[:5])
    assert merkle.verify_consistency(5, 5, top, top, ())
    assert not merkle.verify_consistency(5, 5, top, top, (top,))
    assert not merkle.verify_consistency(5, 5, top, leaf_hash(b""), ())


def test_the_oracle_itself_refuses_a_wrong_leaf() -> None:
    proof = _oracle().prove_inclusion(3, 7)
    with pytest.raises(InvalidProof):
        verify_inclusion(leaf_hash(b"other"), root(_leaves(SIZE_MAX)[:7]), proof)
