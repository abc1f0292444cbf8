"""Incremental == rebuild, byte for byte, at any size of batch."""

import math
from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from domain.calendar import Calendar
from domain.policy import MissingData, Policy
from domain.scorecard.events import KpiPlaced, VersionPublished
from domain.values import KpiId, NodeId, ScorecardId
from infra.database import Database
from projections import progress
from projections.digest import digest, rows
from projections.projection import Projection
from projections.rebuild import rebuild
from projections.runner import Outcome, catch_up
from projections.scores import PAIRS_PER_TRANSACTION_MAX
from tenants.organization.events import CalendarSet, PolicySet
from tests.projections.histories import BEGINNING, histories
from tests.projections.world import FOUNDED, World, card, defined, recorded, retracted, scaled

SIZES = (1, 7, 500)
YEARS = range(2025, 2029)
PAIRS = (256, 2, 5)
"""Scored per transaction, beside each size: with few, one batch takes several."""


# A history is told as it was found: shrinking it takes minutes of database work.
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(events=histories(), cuts=st.lists(st.integers(1, 9), min_size=1, max_size=5), size=st.sampled_from(SIZES))
def test_live_rows_equal_a_rebuild_at_any_size_of_batch(
    database: Database, events: list[object], cuts: list[int], size: int
) -> None:
    world = World.new(database)
    done = 0
    while done < len(events):
        cut = cuts[done % len(cuts)]
        world.append(*events[done : done + cut])
        world.catch_up(events_max=size)
        done += cut
    for projection in world.projections:
        rebuilt = [_rebuilt(world, projection.name, n, pairs) for n, pairs in zip(SIZES, PAIRS, strict=True)]
        with database.transaction(world.tenant) as connection:
            live = digest(connection, world.tenant, projection, 1)
            for generation, batch_size in zip(rebuilt, SIZES, strict=True):
                if digest(connection, world.tenant, projection, generation) != live:
                    told = _difference(connection, world.tenant, projection, generation)
                    raise AssertionError(f"live ({size}) and rebuilt ({batch_size}):\n{told}\n{_told(events)}")


def test_what_a_batch_stores_counts_from_its_event_on_however_many_transactions_it_takes(database: Database) -> None:
    weekly = recorded("w", "2026-W01", 34)
    before_the_version = PolicySet(Policy(missing_data=MissingData.BLANK), date(2026, 1, 1))
    placed = KpiPlaced(ScorecardId("high"), NodeId("p"), KpiId("w"), Decimal(1))
    version = VersionPublished(ScorecardId("high"), 2, date(2026, 4, 1))
    world = World.new(database)
    for event in (*BEGINNING, weekly, before_the_version, placed, version):
        world.append(event)
        world.catch_up()
    rebuilt = _rebuilt(world, "scores", 500, 1)
    with database.transaction(world.tenant) as connection:
        scores = world.projection("scores")
        assert _difference(connection, world.tenant, scores, rebuilt) == ""
        assert digest(connection, world.tenant, scores, rebuilt) == digest(connection, world.tenant, scores, 1)


def test_a_fiscal_year_that_begins_in_another_month_once_every_value_is_retracted(database: Database) -> None:
    world = World.new(database)
    for events in (
        (FOUNDED, defined("m"), scaled("m"), *card("c", ("m", 1))),
        (recorded("m", "2026-01", 10),),
        (retracted("m", "2026-01", 8),),
        (CalendarSet(Calendar(start_month=4)),),
        (recorded("m", "2026-02", 20),),
    ):
        world.append(*events)
        world.catch_up()
    rebuilt = _rebuilt(world, "scores", 500, PAIRS_PER_TRANSACTION_MAX)
    with database.transaction(world.tenant) as connection:
        assert _difference(connection, world.tenant, world.projection("scores"), rebuilt) == ""


def test_a_batch_that_is_always_late_is_scored_in_pieces_and_ends(database: Database) -> None:
    world = World.new(database)
    world.append(*BEGINNING, *(recorded("m", f"{year}-{month:02}", month) for year in YEARS for month in range(1, 13)))
    world.catch_up()
    scores = world.projection("scores")
    late = replace(scores, apply=lambda batch: scores.apply(replace(batch, ends_at=-math.inf)))
    with database.transaction(world.tenant) as connection:
        generation = progress.begin_next(connection, world.tenant, scores.name)
    turns = 1
    while catch_up(world.store, world.tenant, late, generation, batches_max=1) is Outcome.BEHIND:
        turns += 1
    assert turns > 1
    with database.transaction(world.tenant) as connection:
        assert digest(connection, world.tenant, scores, generation) == digest(connection, world.tenant, scores, 1)


def _rebuilt(world: World, name: str, size: int, pairs_max: int) -> int:
    fresh = World.of(world.database, world.tenant, pairs_max)
    return rebuild(fresh.store, world.tenant, fresh.projection(name), events_max=size)


def _difference(connection: Connection, tenant: UUID, projection: Projection, generation: int) -> str:
    lines = []
    for table in projection.tables:
        live = dict.fromkeys(rows(connection, tenant, table, 1))
        rebuilt = dict.fromkeys(rows(connection, tenant, table, generation))
        lines += [f"live only    {table.name} {row}" for row in live if row not in rebuilt]
        lines += [f"rebuilt only {table.name} {row}" for row in rebuilt if row not in live]
    return "\n".join(lines)


def _told(events: list[object]) -> str:
    return "\n".join(f"{position} {event}" for position, event in enumerate(events, 1) if position > len(BEGINNING))
