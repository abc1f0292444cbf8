"""How the interpreter runs a process that works for long: collections that stop less, threads that wait less."""

import gc
import sys

YOUNG_OBJECTS_MAX, YOUNG_COLLECTIONS_MAX, OLD_COLLECTIONS_MAX = 50_000, 20, 20
"""How many new objects, and how many collections of these and of older ones, bring the next garbage collection."""
SWITCH_SECONDS = 0.0002
"""How long a thread computes before another one that waits has its turn; Python waits 25 times as long."""


def settle_memory() -> None:
    """What was made so far stays to the end: garbage collections, now rarer, stop looking through it.

    A request or a turn leaves next to nothing that reference counting does not free; each collection stops everything.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS_MAX, YOUNG_COLLECTIONS_MAX, OLD_COLLECTIONS_MAX)


def share_fairly() -> None:
    """For a process that answers requests and computes scores: a request waits after each of its questions to the
    database until the thread that computes lets go."""
    sys.setswitchinterval(SWITCH_SECONDS)
