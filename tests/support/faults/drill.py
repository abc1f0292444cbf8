"""A drill: what it is called, how large it is this time, and the seed by which it can be had again.

STEELYARD_DRILL=full makes it the size of the promise, STEELYARD_DRILL_SEED repeats a run; `python3 dev.py drill` sets
the first. Threads and processes keep their own time, so a seed repeats what was asked of them and when.
"""

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

from infra.settings import PREFIX

SIZE_VARIABLE = f"{PREFIX}DRILL"
SEED_VARIABLE = f"{PREFIX}DRILL_SEED"
FULL = "full"
SEED_MAX = 2**31

T = TypeVar("T")


@dataclass(frozen=True)
class Drill:
    """One drill of this run. `note` keeps a figure for the account at the end."""

    name: str
    file: str
    full: bool
    seed: int
    note: Callable[[str, object], None]
    random: Random = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "random", Random(self.seed))

    def size(self, small: T, full: T) -> T:
        """The one that applies."""
        return full if self.full else small

    @property
    def again(self) -> str:
        """The line that repeats it."""
        command = f"drill {self.name}" if self.full else f"test {self.file} -k {self.name}"
        return f"{SEED_VARIABLE}={self.seed} python3 dev.py {command}"


def is_full() -> bool:
    """Whether drills have the size of the promise."""
    return os.environ.get(SIZE_VARIABLE) == FULL


def seed() -> int:
    """The one that was set, or a fresh one."""
    return int(os.environ.get(SEED_VARIABLE) or secrets.randbelow(SEED_MAX))
