"""How far a batch goes that takes several transactions: to the same event in each of them, whatever comes meanwhile.

What a transaction has done for some events stands for these alone. Taken together with newer ones it would be done
anew, and with a stream of them for ever. So would it in the search for a poisonous event that shows in the last
transaction: the halves that are tried then, and the whole that is tried again, would each undo the other's work.

Each process remembers its own. This decides on the size of batches, never on rows.
"""

from uuid import UUID

KEPT_MAX = 1_024

Key = tuple[UUID, str, int]
"""Organization, projection and generation."""
_ends: dict[Key, int] = {}


def go_on(key: Key, end: int) -> None:
    """Let the next batches end at this position at the latest, until it is reached."""
    if len(_ends) >= KEPT_MAX:
        _ends.clear()
    _ends[key] = end


def end_of(key: Key, start: int, wanted: int) -> int:
    """Where a batch after `start` ends that would go as far as `wanted`."""
    end = _ends.get(key)
    if end is None:
        return wanted
    if end <= start:
        _ends.pop(key, None)
        return wanted
    return min(end, wanted)
