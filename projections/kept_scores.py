"""What a process keeps of the scores it worked out last, so that a batch does only what its events ask for.

A memory is what the log says up to its position, so it serves the batch that begins right behind that position and no
other. Whoever takes it has it alone, and gives it back when the work is whole: a batch that fails, is rolled back or
was done by somebody else leaves nothing that a later one could use.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from uuid import UUID

from domain.calendar import PeriodKind
from domain.scoring.balance import Designed
from domain.scoring.leaf import Leaf
from domain.scoring.plan import Plan
from domain.values import KpiId, ScorecardId
from projections.known_values import KnownValues
from projections.reach import Pair
from projections.stored import ByDay
from projections.tree_json import Part

LEAVES_MAX = 25_000
"""KPIs in periods, of all organizations together, some 5 kB each. Those of 60 scorecards of 100 KPIs in a month and
what contains it, so that nobody's value has another KPI measured again."""
CELLS_MAX = 200_000
"""Values in periods, of all organizations together, some 400 bytes each."""
STORED_MAX = 1_000_000
"""Periods in which a scorecard is stored, of all organizations together, some 50 bytes each. Ten years of days, and
what is longer, of 250 scorecards: a few leaves can stand beside as many of them as a scorecard is old."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One scorecard in one period as it was scored last."""

    plan: Plan
    designed: Designed | None
    leaves: Mapping[KpiId, Leaf]
    root: Part | None


@dataclass(slots=True)
class Memory:
    """Of one generation for one organization. `stored` as StoredPeriods has it."""

    position: int
    values: KnownValues = field(default_factory=KnownValues)
    stored: dict[ScorecardId, dict[PeriodKind, ByDay]] = field(default_factory=dict)
    pairs: OrderedDict[Pair, Kept] = field(default_factory=OrderedDict)
    leaves: int = 0

    def stored_count(self) -> int:
        """In how many periods its scorecards are known to be stored."""
        return sum(len(by_day) for by_kind in self.stored.values() for by_day in by_kind.values())

    def put(self, pair: Pair, kept: Kept) -> None:
        """As scored now."""
        self._remove(self.pairs.pop(pair, None))
        self.pairs[pair] = kept
        self.leaves += len(kept.leaves)

    def trim(self) -> None:
        """Back within the limits for all organizations: the pairs scored first go first, but values all at once."""
        while self.leaves > LEAVES_MAX and self.pairs:
            self._remove(self.pairs.popitem(last=False)[1])
        if len(self.values.cells) > CELLS_MAX:
            self.values.clear()

    def forget_definitions(self) -> None:
        """Only values stay: they are facts."""
        self.pairs.clear()
        self.stored.clear()
        self.leaves = 0

    def _remove(self, kept: Kept | None) -> None:
        self.leaves -= 0 if kept is None else len(kept.leaves)


Key = tuple[UUID, int]


class Memories:
    """By organization and generation; one per process, for all its threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: OrderedDict[Key, Memory] = OrderedDict()
        self._stored: dict[Key, int] = {}

    def take(self, tenant: UUID, generation: int, position: int) -> Memory:
        """What was kept as of that position, or an empty memory; it is not here any more."""
        with self._lock:
            found = self._remove((tenant, generation))
        return found if found is not None and found.position == position else Memory(position)

    def keep(self, tenant: UUID, generation: int, memory: Memory) -> None:
        """Within the limits; the organizations that had no event for longest go first."""
        with self._lock:
            self._kept[tenant, generation] = memory
            self._stored[tenant, generation] = memory.stored_count()
            while len(self._kept) > 1 and self._full():
                self._remove(next(iter(self._kept)))

    def _remove(self, key: Key) -> Memory | None:
        self._stored.pop(key, None)
        return self._kept.pop(key, None)

    def _full(self) -> bool:
        return (
            sum(each.leaves for each in self._kept.values()) > LEAVES_MAX
            or sum(len(each.values.cells) for each in self._kept.values()) > CELLS_MAX
            or sum(self._stored.values()) > STORED_MAX
        )
