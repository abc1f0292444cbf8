"""How much each bench does: everything that can be larger or smaller, in three sets."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sizes:
    """`seconds` is one turn of one contestant, `rounds` how often each has its turn.

    Of the append bench every combination of threads, batches and organizations is a case. `kpis` is the number on each
    scorecard; events of catch-up and rebuild are spread over as many scorecards as 120 months of them make.
    """

    seconds: float
    rounds: int
    threads: tuple[int, ...]
    batches: tuple[int, ...]
    organizations: tuple[int, ...]
    kpis: int
    catch_up_events: int
    rebuild_events: int
    rebuild_rounds: int
    fresh_organizations: int
    idle_writes: int
    busy_writes_per_second: int
    connections: int
    read_organizations: tuple[int, ...]
    """How many there are beside those that are read."""
    starts: int
    populations: tuple[int, ...]
    """Organizations of the growth bench, then the events in all, among the organizations of the middle one."""
    event_totals: tuple[int, ...]
    examples: bool = True
    """Whether the start-up bench loads the example organizations, as `run` does."""
    scored_kpis: tuple[int, ...] = (100, 500)
    """Of the scoring bench: on one scorecard."""
    rebuilt: tuple[str, ...] = ("catalog", "readings", "readings + scores")
    """Each in a process of its own."""


FULL = Sizes(
    seconds=1.0,
    rounds=3,
    threads=(1, 8, 16),
    batches=(1, 100, 500),
    organizations=(1, 1_000, 10_000),
    kpis=100,
    catch_up_events=60_000,
    rebuild_events=1_000_000,
    rebuild_rounds=1,
    fresh_organizations=20,
    idle_writes=10,
    busy_writes_per_second=200,
    connections=32,
    read_organizations=(10, 1_000, 10_000),
    starts=3,
    populations=(10, 1_000, 10_000),
    event_totals=(1_000_000, 10_000_000),
)

QUICK = Sizes(
    seconds=0.4,
    rounds=2,
    threads=(1, 8),
    batches=(1, 100, 500),
    organizations=(1_000,),
    kpis=100,
    catch_up_events=2_400,
    rebuild_events=2_400,
    rebuild_rounds=2,
    fresh_organizations=10,
    idle_writes=4,
    busy_writes_per_second=200,
    connections=32,
    read_organizations=(10, 1_000),
    starts=2,
    populations=(10, 1_000),
    event_totals=(400_000, 800_000),
)

SMALLEST = Sizes(
    seconds=0.05,
    rounds=1,
    threads=(1,),
    batches=(1, 5),
    organizations=(2,),
    kpis=4,
    catch_up_events=40,
    rebuild_events=40,
    rebuild_rounds=1,
    fresh_organizations=2,
    idle_writes=1,
    busy_writes_per_second=20,
    connections=2,
    read_organizations=(2,),
    starts=1,
    populations=(2, 3),
    event_totals=(300, 600),
    examples=False,
    scored_kpis=(4,),
    rebuilt=("readings + scores",),
)
"""Whether it works at all, for the tests."""
