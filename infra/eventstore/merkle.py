"""The Merkle tree of RFC 6962 and RFC 9162 over leaf hashes: roots, proofs, and the checks of both.

A proof that one event is in a log of a million is 20 hashes, that a log only grew 40. Positions count from 1, the
indexes here from 0. The root of a growing log is kept by a Frontier, in as many hashes as its size has binary digits.
"""

from collections.abc import Sequence
from hashlib import sha256

Hash = bytes
EMPTY_ROOT: Hash = sha256(b"").digest()


def leaf_hash(data: bytes) -> Hash:
    """The hash of one leaf."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: Hash, right: Hash) -> Hash:
    """The hash of two subtrees."""
    return sha256(b"\x01" + left + right).digest()


def root(leaves: Sequence[Hash]) -> Hash:
    """The root over these leaf hashes."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.add(leaf)
    return frontier.root()


class Frontier:
    """The complete subtrees of a growing tree, largest first: what its root is made of."""

    def __init__(self) -> None:
        self.size = 0
        self._subtrees: list[Hash] = []

    def add(self, leaf: Hash) -> None:
        """Append one leaf; each trailing one bit of the old size is a subtree that is now complete."""
        merges = self.size
        while merges & 1:
            leaf = node_hash(self._subtrees.pop(), leaf)
            merges >>= 1
        self._subtrees.append(leaf)
        self.size += 1

    def root(self) -> Hash:
        """The root of the tree as it stands."""
        if not self._subtrees:
            return EMPTY_ROOT
        found = self._subtrees[-1]
        for subtree in reversed(self._subtrees[:-1]):
            found = node_hash(subtree, found)
        return found


def inclusion_proof(leaves: Sequence[Hash], index: int) -> tuple[Hash, ...]:
    """The path from the leaf at `index` up to the root of all leaves. Raises IndexError outside of them."""
    if not 0 <= index < len(leaves):
        raise IndexError(f"no leaf {index} in a tree of {len(leaves)}")
    if len(leaves) == 1:
        return ()
    split = _split(len(leaves))
    if index < split:
        return (*inclusion_proof(leaves[:split], index), root(leaves[split:]))
    return (*inclusion_proof(leaves[split:], index - split), root(leaves[:split]))


def consistency_proof(leaves: Sequence[Hash], old_size: int) -> tuple[Hash, ...]:
    """That the tree of the first `old_size` leaves is the beginning of this one. Raises IndexError outside 1..size."""
    if not 1 <= old_size <= len(leaves):
        raise IndexError(f"no tree of {old_size} before one of {len(leaves)}")
    return _subproof(leaves, old_size, known=True)


def _subproof(leaves: Sequence[Hash], old_size: int, known: bool) -> tuple[Hash, ...]:
    """`known`: the root of this part is the old root, which the verifier has."""
    if old_size == len(leaves):
        return () if known else (root(leaves),)
    split = _split(len(leaves))
    if old_size <= split:
        return (*_subproof(leaves[:split], old_size, known), root(leaves[split:]))
    return (*_subproof(leaves[split:], old_size - split, known=False), root(leaves[:split]))


def verify_inclusion(leaf: Hash, index: int, size: int, proof: Sequence[Hash], expected_root: Hash) -> bool:
    """Whether the proof shows the leaf at `index` of the tree of that size and root (RFC 9162 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    first, last, found = index, size - 1, leaf
    for each in proof:
        if last == 0:
            return False
        if first & 1 or first == last:
            found = node_hash(each, found)
            first, last = _up_to_next_left(first, last)
        else:
            found = node_hash(found, each)
        first, last = first >> 1, last >> 1
    return last == 0 and found == expected_root


def verify_consistency(old_size: int, new_size: int, old_root: Hash, new_root: Hash, proof: Sequence[Hash]) -> bool:
    """Whether the proof shows that the old tree is the beginning of the new one (RFC 9162 2.1.4.2)."""
    if not 1 <= old_size <= new_size:
        return False
    if old_size == new_size:
        return not proof and old_root == new_root
    path = (old_root, *proof) if old_size & (old_size - 1) == 0 else tuple(proof)
    if not path:
        return False
    first, last = old_size - 1, new_size - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    old_found = new_found = path[0]
    for each in path[1:]:
        if last == 0:
            return False
        if first & 1 or first == last:
            old_found, new_found = node_hash(each, old_found), node_hash(each, new_found)
            first, last = _up_to_next_left(first, last)
        else:
            new_found = node_hash(new_found, each)
        first, last = first >> 1, last >> 1
    return last == 0 and old_found == old_root and new_found == new_root


def _up_to_next_left(first: int, last: int) -> tuple[int, int]:
    """Past the levels at which a node has no sibling."""
    while first and not first & 1:
        first, last = first >> 1, last >> 1
    return first, last


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1
