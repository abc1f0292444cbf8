"""Reads: stored where exact, computed where not, one position, labels of the day."""

import zlib
from datetime import UTC, date, datetime
from decimal import Decimal

import msgspec
import pytest
from sqlalchemy import Connection

from domain.calendar import Period, PeriodKind
from domain.errors import Invalid, NotFound
from domain.policy import MissingData, Policy
from domain.scorecard.events import ChildKind, ChildWeight, VersionPublished, WeightsSet
from domain.scoring.inputs import VersionChoice
from domain.values import NodeId, ScorecardId
from infra.database import Database
from projections.answers import HistoryAnswer, ScoreAnswer
from projections.balances import balance_at, balance_history
from projections.current import current_tree
from projections.history import history
from projections.reader import Reader
from projections.rebuild import equal, rebuild
from projections.runner import Outcome, catch_up
from projections.spans import PERIODS_MAX
from tenants.organization.events import PolicySet
from tests.projections.world import (
    BEGINNING,
    FOUNDED,
    LOGS,
    World,
    card,
    corrected,
    defined,
    recorded,
    retracted,
    scaled,
)

CARD = ScorecardId("c")
LATER = datetime(2027, 1, 15, tzinfo=UTC)


@pytest.fixture
def world(database: Database) -> World:
    """A and B at 50/50, version 2 with 75/25 from February."""
    made = World.new(database)
    made.append(FOUNDED, defined("A"), defined("B"), scaled("A"), scaled("B"), *card("c", ("A", 50), ("B", 50)))
    made.append(recorded("A", "2026-01", 60), recorded("B", "2026-01", 80), recorded("A", "2026-02", 70))
    made.append(corrected("A", "2026-01", 50, 11))
    weights = (ChildWeight(ChildKind.KPI, "A", Decimal(75)), ChildWeight(ChildKind.KPI, "B", Decimal(25)))
    made.append(WeightsSet(CARD, NodeId("o"), weights), VersionPublished(CARD, 2, date(2026, 2, 1)))
    made.append(recorded("B", "2026-02", 90))
    made.append(retracted("B", "2026-01", 12))
    made.catch_up()
    return made


P3, P4, P5, P6, P7, P8 = 12, 13, 14, 16, 17, 18


class Asking:
    def __init__(self, world: World, as_of: datetime = LATER, known_at: int | None = None) -> None:
        self.world, self.as_of, self.known_at = world, as_of, known_at

    def score(self, period: str, version: VersionChoice = "in_force") -> ScoreAnswer:
        with self.world.database.transaction(self.world.tenant) as connection:
            return current_tree(self._reader(connection), CARD, Period.parse(period), version)

    def raw(self, period: str, version: VersionChoice = "in_force") -> str | None:
        root = self.score(period, version).tree.root
        return root.result.raw_score if root else None

    def history(
        self, kind: PeriodKind, first: str = "", last: str = "", version: VersionChoice = "in_force"
    ) -> HistoryAnswer:
        start, end = (Period.parse(each) if each else None for each in (first, last))
        with self.world.database.transaction(self.world.tenant) as connection:
            return history(self._reader(connection), CARD, kind, start, end, version)

    def _reader(self, connection: Connection) -> Reader:
        log = LOGS.bind(connection, self.world.tenant)
        return Reader(connection, self.world.tenant, log, self.world.definitions, self.as_of, self.known_at)


@pytest.mark.parametrize(
    ("known_at", "january", "january_2", "february", "february_1"),
    [
        (P3, "70", NotFound, None, None),
        (P4, "70", NotFound, "70", "70"),
        (P5, "65", NotFound, "70", "70"),
        (P6, "65", "57.5", "70", "70"),
        (P7, "65", "57.5", "75", "80"),
        (P8, "50", "50", "75", "80"),
    ],
)
def test_the_worked_case_as_known_at_every_position(
    world: World, known_at: int, january: str, january_2: object, february: str | None, february_1: str | None
) -> None:
    asking = Asking(world, known_at=known_at)
    assert (asking.raw("2026-01"), asking.raw("2026-02"), asking.raw("2026-02", 1)) == (january, february, february_1)
    if january_2 is NotFound:
        with pytest.raises(NotFound):
            asking.raw("2026-01", 2)
    else:
        assert asking.raw("2026-01", 2) == january_2


def test_a_stored_tree_equals_the_computed_one(world: World) -> None:
    stored = Asking(world).score("2026-02")
    with world.database.transaction(world.tenant) as connection:
        connection.exec_driver_sql("DELETE FROM steelyard.score WHERE tenant_id = %s", (world.tenant,))
    computed = Asking(world).score("2026-02")
    same_change = msgspec.structs.replace(computed.tree, changed_at=stored.tree.changed_at)
    assert msgspec.structs.replace(computed, tree=same_change) == stored


def test_a_row_that_changed_after_the_position_asked_for_is_not_used(world: World) -> None:
    with world.database.transaction(world.tenant) as connection:
        connection.exec_driver_sql(
            "UPDATE steelyard.score SET tree = 'spoilt' WHERE tenant_id = %s AND period = '2026-01'", (world.tenant,)
        )
    assert Asking(world, known_at=P7).raw("2026-01") == "65"
    with pytest.raises(zlib.error):
        Asking(world, known_at=P8).raw("2026-01")


def test_an_answer_carries_the_position_it_shows(world: World) -> None:
    position = world.append(recorded("A", "2026-03", 10))[0].position
    assert Asking(world).score("2026-03").as_of_position == position - 1
    assert Asking(world).raw("2026-03") is None
    world.catch_up()
    assert Asking(world).score("2026-03").as_of_position == position
    assert Asking(world).raw("2026-03") == "10"


def test_a_period_that_has_not_ended_is_judged_at_the_instant_asked(world: World) -> None:
    in_march = Asking(world, as_of=datetime(2026, 3, 10, tzinfo=UTC)).score("2026-Q1").tree
    in_april = Asking(world, as_of=datetime(2026, 4, 10, tzinfo=UTC)).score("2026-Q1").tree
    assert in_march.root is not None
    assert in_april.root is not None
    assert (in_march.partial, in_march.day_dependent, in_april.partial) == (True, True, False)
    assert in_march.root.result.coverage == "0.875"
    assert in_april.root.result.coverage == "0.58333333333333333333"
    assert Asking(world, as_of=datetime(2026, 2, 10, tzinfo=UTC)).score("2026-02").tree.partial


def test_a_draft_is_scored_on_the_real_values(world: World) -> None:
    weights = (ChildWeight(ChildKind.KPI, "A", Decimal(0)), ChildWeight(ChildKind.KPI, "B", Decimal(1)))
    world.append(WeightsSet(CARD, NodeId("o"), weights))
    world.catch_up()
    assert Asking(world).score("2026-02", "draft").tree.version is None
    assert (Asking(world).raw("2026-02", "draft"), Asking(world).raw("2026-02")) == ("90", "75")


def test_trend_compares_raw_scores_and_says_what_else_differs(world: World) -> None:
    answer = Asking(world).score("2026-02")
    assert answer.previous_period == "2026-01"
    root = answer.nodes[""]
    assert (root.direction, root.before, root.differs) == ("up", "50", ["version"])
    assert answer.kpis["A"].trend.direction == "up"
    assert answer.kpis["B"].trend.direction == "unknown"


def test_freshness_and_stale_share_are_those_of_the_day(world: World) -> None:
    fresh = Asking(world, as_of=datetime(2026, 3, 20, tzinfo=UTC)).score("2026-02")
    late = Asking(world, as_of=datetime(2026, 6, 20, tzinfo=UTC)).score("2026-02")
    found = fresh.kpis["A"].freshness
    assert found is not None
    assert (found.state, found.last_period, found.awaited) == ("current", "2026-02", "2026-03")
    assert (fresh.stale_share, late.stale_share) == ("0", "1")


def test_freshness_forgets_a_period_whose_value_was_retracted(world: World) -> None:
    world.append(retracted("B", "2026-02", P7))
    world.catch_up()
    found = Asking(world).score("2026-02").kpis["B"].freshness
    assert found is not None
    assert (found.state, found.last_period) == ("never", None)


def test_history_is_in_order_and_says_which_version_counted(world: World) -> None:
    points = Asking(world).history(PeriodKind.MONTH).points
    assert [(point.period, point.version, point.nodes[0].raw_score) for point in points] == [
        ("2026-01", 1, "50"),
        ("2026-02", 2, "75"),
    ]


def test_history_under_one_version_restates_every_period(world: World) -> None:
    points = Asking(world).history(PeriodKind.MONTH, version=1).points
    assert [(point.version, point.nodes[0].raw_score) for point in points] == [(1, "50"), (1, "80")]


def test_history_as_known_earlier_and_in_asked_bounds(world: World) -> None:
    points = Asking(world, known_at=P5).history(PeriodKind.MONTH, "2025-12", "2026-03").points
    assert [point.nodes[0].raw_score for point in points] == [None, "65", "70", None]


def test_stored_history_equals_the_computed_one(world: World) -> None:
    stored = Asking(world).history(PeriodKind.QUARTER)
    with world.database.transaction(world.tenant) as connection:
        connection.exec_driver_sql("DELETE FROM steelyard.score WHERE tenant_id = %s", (world.tenant,))
    assert Asking(world).history(PeriodKind.QUARTER) == stored


def test_history_has_a_longest_range(world: World) -> None:
    with pytest.raises(Invalid):
        Asking(world).history(PeriodKind.DAY, "2020-01-01", "2026-01-01")


def test_a_value_ahead_of_its_time_does_not_stretch_a_history_into_the_future(world: World) -> None:
    world.append(recorded("A", "2099-03", 60))
    world.catch_up()
    shown = [point.period for point in Asking(world).history(PeriodKind.MONTH).points]
    assert shown == ["2026-01", "2026-02"]
    asked = [point.period for point in Asking(world).history(PeriodKind.MONTH, "2099-02", "2099-03").points]
    assert asked == ["2099-02", "2099-03"]


def test_values_that_all_lie_ahead_are_shown(world: World) -> None:
    early = Asking(world, as_of=datetime(2025, 6, 1, tzinfo=UTC)).history(PeriodKind.MONTH)
    assert [point.period for point in early.points] == ["2026-01", "2026-02"]


def test_a_history_that_nobody_bounded_holds_the_latest_periods(world: World) -> None:
    world.append(recorded("A", "1950-01", 60))
    world.catch_up()
    shown = [point.period for point in Asking(world).history(PeriodKind.MONTH).points]
    assert (len(shown), shown[-1]) == (PERIODS_MAX, "2026-02")
    with pytest.raises(Invalid):
        Asking(world).history(PeriodKind.MONTH, "1950-01")


def test_a_history_whose_end_comes_first_is_empty(world: World) -> None:
    assert Asking(world).history(PeriodKind.MONTH, "2026-02", "2026-01").points == []
    assert Asking(world).history(PeriodKind.MONTH, last="2025-12").points == []


def test_an_unknown_scorecard_is_not_found(world: World) -> None:
    with world.database.transaction(world.tenant) as connection:
        reader = Asking(world)._reader(connection)
        for read in (current_tree, balance_at):
            with pytest.raises(NotFound):
                read(reader, ScorecardId("nope"), Period.parse("2026-01"))
        for read_history in (history, balance_history):
            with pytest.raises(NotFound):
                read_history(reader, ScorecardId("nope"), PeriodKind.MONTH)


def test_balance_is_stored_with_the_score_and_computed_for_other_versions(world: World) -> None:
    with world.database.transaction(world.tenant) as connection:
        reader = Asking(world)._reader(connection)
        stored = balance_at(reader, CARD, Period.parse("2026-02")).balance
        whole = balance_history(reader, CARD, PeriodKind.MONTH).balances
        under_1 = balance_at(reader, CARD, Period.parse("2026-02"), 1).balance
        connection.exec_driver_sql("DELETE FROM steelyard.score WHERE tenant_id = %s", (world.tenant,))
        computed = balance_at(reader, CARD, Period.parse("2026-02")).balance
    assert stored is not None
    assert under_1 is not None
    assert stored == computed == whole[1]
    assert (stored.version, under_1.version, [each.period for each in whole]) == (2, 1, ["2026-01", "2026-02"])


def test_organizations_with_equal_codes_and_positions_share_nothing(world: World) -> None:
    other = World.new(world.database)
    kpis = [defined("A"), defined("B"), scaled("A"), scaled("B")]
    other.append(FOUNDED, *kpis, *card("c", ("A", 50), ("B", 50), since=BEGINNING))
    other.append(recorded("A", "2026-01", 1), recorded("B", "2026-01", 3))
    other.catch_up()
    assert (Asking(other).raw("2026-01"), Asking(world).raw("2026-01")) == ("2", "50")
    assert [point.period for point in Asking(other).history(PeriodKind.MONTH).points] == ["2026-01"]


def test_an_event_that_reaches_much_takes_several_transactions_and_reads_stay_exact(world: World) -> None:
    slow = World.of(world.database, world.tenant, pairs_max=2).projection("scores")
    before = [Asking(world).raw(period) for period in ("2026-01", "2026-02", "2026-Q1")]
    position = world.append(PolicySet(Policy(missing_data=MissingData.ZERO), BEGINNING))[0].position
    catch_up(world.store, world.tenant, world.projection("readings"))
    assert catch_up(world.store, world.tenant, slow, batches_max=1) is Outcome.BEHIND
    assert Asking(world).score("2026-01").as_of_position == position - 1
    assert [Asking(world).raw(period) for period in ("2026-01", "2026-02", "2026-Q1")] == before
    assert catch_up(world.store, world.tenant, slow) is Outcome.CURRENT
    assert (Asking(world).raw("2026-01"), Asking(world).score("2026-01").as_of_position) == ("25", position)
    rebuilt = rebuild(world.store, world.tenant, world.projection("scores"))
    with world.database.transaction(world.tenant) as connection:
        assert equal(connection, world.tenant, slow, 1, rebuilt)
