"""How far a projection goes at a time while it looks for a poisonous event over several transactions.

A batch may take several transactions and fail in the last. What it did before would be done anew by the halves that are
tried then, and theirs again by the next try of the whole: it would never end. So the half that is under way is taken
alone until it is done. Each process finds that out for itself; it decides on the size of batches, never on rows.
"""

from uuid import UUID

KEPT_MAX = 1_024

Key = tuple[UUID, str, int]
"""Organization, projection and generation."""
_until: dict[Key, int] = {}


def doubt(key: Key, until: int) -> None:
    """Let the next batches end at this position at the latest, until it is reached."""
    if len(_until) >= KEPT_MAX:
        _until.clear()
    _until[key] = until


def undoubted(key: Key, start: int, end: int) -> int:
    """Where a batch after `start` ends that would like to reach `end`."""
    until = _until.get(key)
    if until is None:
        return end
    if until <= start:
        _until.pop(key, None)
        return end
    return min(until, end)
