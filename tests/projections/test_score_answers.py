"""The fast answer says what the computed one says, byte for byte, and an answer that was kept is never another's."""

import threading
import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from psycopg.rows import TupleRow
from sqlalchemy import select, update

from domain.calendar import Calendar, Period
from domain.errors import NotFound
from domain.scorecard.events import ChildKind, ChildWeight, VersionPublished, WeightsSet
from domain.scoring.inputs import VersionChoice
from domain.values import NodeId, ScorecardId
from infra.database import Database
from infra.round_trip import Question
from projections.answers import ScoreAnswer
from projections.current import current_tree
from projections.kept_answers import Asked, Day, KeptAnswers
from projections.outlines import UnopenedTree
from projections.reader import Reader
from projections.rebuild import cut_over, rebuild
from projections.score_answers import ScoreAnswers, UnopenedAnswer
from projections.scores import score_table
from projections.views import TreeView
from tenants.organization.events import CalendarSet
from tests.projections.histories import CARDS, PERIODS, histories
from tests.projections.world import FOUNDED, LOGS, World, card, corrected, defined, recorded, scaled

READERS, WRITES = 3, 25
CARD = ScorecardId("c")
LATER = datetime(2027, 1, 15, 12, tzinfo=UTC)
JANUARY, FEBRUARY = Period.parse("2026-01"), Period.parse("2026-02")


class Computing(Reader):
    """A reader that finds no stored tree and computes each."""

    def rows(self, question: Question) -> Sequence[TupleRow]:
        return () if "steelyard.score " in question.statement else super().rows(question)


@dataclass
class Reading:
    """What a process answers for one organization."""

    world: World
    kept: KeptAnswers = field(default_factory=KeptAnswers)

    def answer(
        self, period: Period = FEBRUARY, version: VersionChoice = "in_force", as_of: datetime = LATER, card: str = CARD
    ) -> bytes:
        answers = ScoreAnswers(self.world.database, LOGS, self.world.definitions, self.kept)
        return answers.answer(self.asked(period, version, card), as_of).content(as_of)

    def raw(self, *args: object, **kwargs: object) -> str | None:
        root = decoded(self.answer(*args, **kwargs)).tree.root  # type: ignore[arg-type]  # passed on
        return None if root is None else root.result.raw_score

    def asked(self, period: Period, version: VersionChoice = "in_force", card: str = CARD) -> Asked:
        return Asked(self.world.tenant, ScorecardId(card), period, version)

    def computed(self, period: Period, version: VersionChoice, as_of: datetime, card: str) -> ScoreAnswer:
        with self.world.database.transaction(self.world.tenant) as connection:
            log = LOGS.bind(connection, self.world.tenant)
            reader = Computing(connection, self.world.tenant, log, self.world.definitions, as_of)
            return current_tree(reader, ScorecardId(card), period, version)


def decoded(content: bytes) -> ScoreAnswer:
    return msgspec.json.decode(content, type=ScoreAnswer)


def built(database: Database, *weights: int) -> World:
    """A and B of equal weight, with a value each in January and February."""
    made = World.new(database)
    made.append(FOUNDED, defined("A"), defined("B"), scaled("A"), scaled("B"), *card("c", ("A", 50), ("B", 50)))
    made.append(recorded("A", "2026-01", 60), recorded("B", "2026-01", 80))
    made.append(recorded("A", "2026-02", 70), recorded("B", "2026-02", 90))
    made.catch_up()
    return made


@pytest.fixture
def world(database: Database) -> World:
    return built(database)


@pytest.fixture
def reading(world: World) -> Reading:
    return Reading(world)


def spoil(world: World) -> None:
    """Whoever opens a stored tree from now on notices."""
    with world.database.transaction(world.tenant) as connection:
        connection.exec_driver_sql("UPDATE steelyard.score SET tree = 'spoilt' WHERE tenant_id = %s", (world.tenant,))


# --- the same content ------------------------------------------------------------------------------------------------

ALL_PERIODS = [Period.parse(name) for names in PERIODS.values() for name in names]
INSTANTS = [datetime(2026, month, day, 23, 30, tzinfo=UTC) for month in (1, 2, 5) for day in (1, 14, 28)]


# A history is told as it was found: shrinking it takes minutes of database work.
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(events=histories(), data=st.data())
def test_the_fast_answer_has_the_bytes_of_the_computed_one_whatever_happened(
    database: Database, events: list[object], data: st.DataObject
) -> None:
    world = World.new(database)
    reading = Reading(world)
    cut = data.draw(st.integers(1, len(events)))
    for part in (events[:cut], events[cut:]):
        if part:
            world.append(*part)
        world.catch_up()
        for _ in range(6):
            period, as_of = data.draw(st.sampled_from(ALL_PERIODS)), data.draw(st.sampled_from([*INSTANTS, LATER]))
            version: VersionChoice = data.draw(st.sampled_from(["in_force", "in_force", "in_force", "draft", 1]))
            of = data.draw(st.sampled_from(CARDS))
            _same(reading, period, version, as_of, of)
            _same(reading, period, version, as_of + timedelta(minutes=1), of)  # as it was kept, perhaps


def _same(reading: Reading, period: Period, version: VersionChoice, as_of: datetime, of: str) -> None:
    try:
        computed = reading.computed(period, version, as_of, of)
    except NotFound:
        with pytest.raises(NotFound):
            reading.answer(period, version, as_of, of)
        return
    content = reading.answer(period, version, as_of, of)
    changed_at = decoded(content).tree.changed_at  # what is stored says when it changed, what is computed cannot
    expected = msgspec.structs.replace(computed, tree=msgspec.structs.replace(computed.tree, changed_at=changed_at))
    assert content == msgspec.json.encode(expected)
    assert version != "in_force" or changed_at <= expected.as_of_position


def test_a_stored_tree_goes_out_unopened(reading: Reading) -> None:
    tenant, tree = reading.world.tenant, score_table.c.tree
    with reading.world.database.transaction(tenant) as connection:
        stored = connection.scalars(select(tree).where(score_table.c.tenant_id == tenant)).all()
        for each in stored:
            connection.execute(
                update(score_table)
                .where(score_table.c.tenant_id == tenant, tree == each)
                .values(tree=each.replace(b'"unit":""', b'"unit":7'))
            )
    assert b'"unit":7' in reading.answer()  # which no TreeView could hold


def test_the_unopened_forms_have_the_fields_of_what_they_stand_for() -> None:
    assert UnopenedTree.__struct_fields__ == TreeView.__struct_fields__
    assert (*UnopenedAnswer.__struct_fields__, "evaluated_at") == ScoreAnswer.__struct_fields__


# --- what was kept is used only where it holds -----------------------------------------------------------------------


def test_an_answer_is_worked_out_once_and_says_when_it_was_asked(reading: Reading) -> None:
    first = decoded(reading.answer())
    spoil(reading.world)
    again = decoded(reading.answer(as_of=LATER + timedelta(minutes=1)))
    assert again == msgspec.structs.replace(first, evaluated_at=LATER + timedelta(minutes=1))
    with pytest.raises(zlib.error):
        Reading(reading.world).answer()


def test_a_new_value_ends_what_was_kept(reading: Reading) -> None:
    assert reading.raw() == "80"
    position = reading.world.append(recorded("A", "2026-03", 10))[0].position
    assert decoded(reading.answer()).as_of_position == position - 1
    reading.world.catch_up()
    assert decoded(reading.answer()).as_of_position == position
    assert reading.raw(Period.parse("2026-03")) == "10"


def test_a_new_version_ends_what_was_kept(reading: Reading) -> None:
    assert (reading.raw(), reading.raw(version="draft")) == ("80", "80")
    weights = (ChildWeight(ChildKind.KPI, "A", Decimal(75)), ChildWeight(ChildKind.KPI, "B", Decimal(25)))
    reading.world.append(WeightsSet(CARD, NodeId("o"), weights))
    reading.world.catch_up()
    assert (reading.raw(), reading.raw(version="draft")) == ("80", "75")
    reading.world.append(VersionPublished(CARD, 2, FEBRUARY_BEGINS))
    reading.world.catch_up()
    assert (reading.raw(), reading.raw(version=1), reading.raw(version=2)) == ("75", "80", "75")
    assert (reading.raw(), reading.raw(version=1), reading.raw(version=2)) == ("75", "80", "75")


FEBRUARY_BEGINS = datetime(2026, 2, 1, tzinfo=UTC).date()


def test_another_period_or_scorecard_is_another_answer(reading: Reading) -> None:
    reading.world.append(*card("d", ("A", 1)))
    reading.world.catch_up()
    for _ in range(2):
        found = [reading.raw(period, card=code) for code in ("c", "d") for period in (JANUARY, FEBRUARY)]
        assert found == ["70", "80", "60", "70"]


def test_organizations_with_equal_codes_and_positions_never_get_each_others_answers(
    world: World, database: Database
) -> None:
    other = World.new(database)
    other.append(FOUNDED, defined("A"), defined("B"), scaled("A"), scaled("B"), *card("c", ("A", 50), ("B", 50)))
    other.append(recorded("A", "2026-01", 1), recorded("B", "2026-01", 2))
    other.append(recorded("A", "2026-02", 3), recorded("B", "2026-02", 4))
    other.catch_up()
    kept = KeptAnswers()
    one, two = Reading(world, kept), Reading(other, kept)
    for _ in range(2):
        assert (one.raw(), two.raw()) == ("80", "3.5")
    assert decoded(one.answer()).as_of_position == decoded(two.answer()).as_of_position


def test_the_labels_are_those_of_the_day_in_the_time_zone_of_the_organization(world: World) -> None:
    world.append(CalendarSet(Calendar(time_zone="Pacific/Auckland")))
    world.catch_up()
    reading, due = Reading(world), datetime(2026, 4, 10, 12, tzinfo=UTC)  # the end of 10 April there
    states = {
        after: labels.freshness.state
        for after in (-86_400, -1, 0, 1, -1)
        for labels in (decoded(reading.answer(as_of=due + timedelta(seconds=after))).kpis["A"],)
        if labels.freshness
    }
    fresh = {as_of: Reading(world).answer(as_of=as_of) for as_of in (due - timedelta(seconds=1), due)}
    assert {as_of: reading.answer(as_of=as_of) for as_of in fresh} == fresh
    assert states == {-86_400: "due", -1: "due", 0: "overdue", 1: "overdue"}


def test_a_period_that_ends_is_partial_until_then(reading: Reading) -> None:
    ends = datetime(2026, 3, 1, tzinfo=UTC)
    partial = [decoded(reading.answer(as_of=ends + timedelta(seconds=after))).tree.partial for after in (-1, 0, -1)]
    assert partial == [True, False, True]


def test_a_clock_that_is_set_back_a_day_finds_that_day_again(reading: Reading) -> None:
    days = [LATER, LATER - timedelta(days=400), LATER]
    assert [reading.answer(as_of=as_of) for as_of in days] == [Reading(reading.world).answer(as_of=a) for a in days]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Paris", "America/Havana", "Pacific/Apia", "Asia/Beirut"])
def test_a_day_holds_every_instant_between_its_ends_and_no_other(zone: str) -> None:
    calendar = Calendar(time_zone=zone)
    for hours in range(0, 24 * 400, 7):
        as_of = datetime(2011, 9, 1, tzinfo=UTC) + timedelta(hours=hours)
        day = Day.of(calendar, as_of)
        assert day.holds(as_of)
        ends = calendar.day_ends_at(day.day)
        assert day.holds(ends - timedelta(microseconds=1))
        assert not day.holds(ends)
        assert not day.holds(as_of - timedelta(days=2))


def test_after_a_cut_over_the_answer_comes_from_the_new_generation(reading: Reading) -> None:
    assert reading.raw() == "80"
    world = reading.world
    rebuilt = rebuild(world.store, world.tenant, world.projection("scores"))
    cut_over(world.store, world.tenant, world.projection("scores"), rebuilt)
    with world.database.transaction(world.tenant) as connection:
        connection.exec_driver_sql(
            "UPDATE steelyard.score SET tree = 'spoilt' WHERE tenant_id = %s AND generation = %s",
            (world.tenant, rebuilt),
        )
    with pytest.raises(zlib.error):
        reading.answer()


def test_readers_beside_a_writer_see_every_position_with_its_own_score(reading: Reading) -> None:
    world, over = reading.world, threading.Event()
    expected = {decoded(reading.answer()).as_of_position: "80"}

    def read() -> set[tuple[int, str | None]]:
        seen = set()
        while not over.is_set():
            answer = decoded(reading.answer())
            assert answer.tree.root is not None
            seen.add((answer.as_of_position, answer.tree.root.result.raw_score))
        return seen

    with ThreadPoolExecutor(READERS) as readers:
        reads = [readers.submit(read) for _ in range(READERS)]
        for value in range(0, 2 * WRITES, 2):
            position = world.append(corrected("A", "2026-02", value, 1))[0].position
            expected[position] = str((value + 90) // 2)
            world.catch_up()
        over.set()
    seen = set[tuple[int, str | None]]().union(*(each.result() for each in reads))
    assert {expected[position] == raw for position, raw in seen} == {True}
    assert len(seen) > 1


def test_an_organization_without_scores_has_no_scorecard_yet(database: Database) -> None:
    with pytest.raises(NotFound):
        Reading(World.new(database)).answer()


def test_what_is_kept_stays_within_its_size(world: World) -> None:
    size = len(Reading(world).answer()) + 1_500
    reading = Reading(world, KeptAnswers(bytes_max=2 * size))
    for month in range(1, 5):
        reading.answer(Period.parse(f"2026-0{month}"))
        reading.answer()  # used each time, so it stays
    spoil(world)
    assert reading.raw() == "80"
    with pytest.raises(zlib.error):
        reading.answer(JANUARY)
    assert Reading(world, KeptAnswers(bytes_max=1)).kept._size_bytes == 0
