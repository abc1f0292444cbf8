"""What an event can change: each rule by an example that a projection without it would get wrong."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import msgspec
import pytest
from sqlalchemy import select

from domain.calendar import Period, PeriodKind
from domain.kpi.events import KpiRedefined, KpiRetired, PeriodTarget, ScaleSet, Target, TargetRevised, TargetSet
from domain.kpi.scale import Anchor, Point, Scale
from domain.policy import MissingData, Policy
from domain.scorecard.events import (
    ChildScorecardPlaced,
    KpiPlaced,
    ScorecardArchived,
    ScorecardRenamed,
    VersionPublished,
)
from domain.values import FreeText, KpiId, NodeId, ScorecardId
from infra.database import Database
from projections.scores import score_table
from tenants.organization.events import PolicySet
from tests.projections.world import (
    BEGINNING,
    FOUNDED,
    World,
    card,
    corrected,
    defined,
    recorded,
    retracted,
    scaled,
)

CARD = ScorecardId("c")
LONGER = {"2026-Q1", "2026-H1", "2026"}


@pytest.fixture
def world(database: Database) -> World:
    """Monthly KPIs `a` and `b` and a quarterly `q` on the scorecard `c`."""
    made = World.new(database)
    kpis = [defined("a"), defined("b"), defined("q", PeriodKind.QUARTER), scaled("a"), scaled("b"), scaled("q")]
    made.append(FOUNDED, *kpis, *card("c", ("a", 1), ("b", 1), ("q", 1)))
    made.catch_up()
    return made


def _changed(world: World, scorecard: str = "c") -> dict[str, int]:
    """Stored periods, with the last position that could have changed them."""
    with world.database.transaction(world.tenant) as connection:
        rows = connection.exec_driver_sql(
            "SELECT period, changed_at FROM steelyard.score WHERE tenant_id = %s AND generation = 1 AND scorecard = %s",
            (world.tenant, scorecard),
        )
        return {row.period: row.changed_at for row in rows}


def _raw(world: World, period: str, scorecard: str = "c") -> Decimal | None:
    with world.database.transaction(world.tenant) as connection:
        stored = connection.execute(
            select(score_table.c.nodes).where(
                score_table.c.tenant_id == world.tenant,
                score_table.c.generation == 1,
                score_table.c.scorecard == scorecard,
                score_table.c.period == period,
            )
        ).scalar_one()
    found = msgspec.json.decode(stored)[0]
    assert found["node"] == ""
    return None if found["raw_score"] is None else Decimal(found["raw_score"])


def _after(world: World, *events: object) -> tuple[set[str], int]:
    """The periods reached by events that are appended and brought in, and the last position."""
    last = world.append(*events)[-1].position
    world.catch_up()
    return {period for period, changed_at in _changed(world).items() if changed_at >= last - len(events) + 1}, last


def test_a_value_reaches_its_period_and_the_longer_ones(world: World) -> None:
    assert _after(world, recorded("a", "2026-02", 40))[0] == {"2026-02", *LONGER}
    assert _raw(world, "2026-02") == 40


def test_a_correction_reaches_the_same_periods_and_no_others(world: World) -> None:
    world.append(recorded("a", "2026-02", 40), recorded("a", "2026-04", 70))
    world.catch_up()
    assert _after(world, corrected("a", "2026-02", 60, 1))[0] == {"2026-02", *LONGER}
    assert _raw(world, "2026-02") == 60


def test_a_retraction_leaves_an_empty_score_behind(world: World) -> None:
    world.append(recorded("a", "2026-02", 40))
    assert _after(world, retracted("a", "2026-02", 1))[0] == {"2026-02", *LONGER}
    assert _raw(world, "2026-02") is None


def test_a_quarterly_value_reaches_the_stored_months_that_show_it(world: World) -> None:
    world.append(*(recorded("a", f"2026-{month:02}", 40) for month in range(1, 8)))
    world.catch_up()
    reached, _ = _after(world, recorded("q", "2026-Q1", 80))
    assert reached == {"2026-03", "2026-04", "2026-05", *LONGER}
    assert _raw(world, "2026-05") == 60


def test_a_value_reaches_the_stored_periods_that_carry_it(world: World) -> None:
    carry = Policy(missing_data=MissingData.CARRY, carry_forward_max_periods=2)
    world.append(PolicySet(carry, BEGINNING), *(recorded("a", f"2026-{month:02}", 40) for month in range(1, 6)))
    world.catch_up()
    reached, _ = _after(world, recorded("b", "2026-02", 80))
    assert reached == {"2026-02", "2026-03", "2026-04", *LONGER}
    assert [_raw(world, "2026-04"), _raw(world, "2026-05")] == [Decimal(60), Decimal(40)]


def test_a_value_reaches_the_scorecards_above_by_cascade(world: World) -> None:
    top, middle = ScorecardId("top"), ScorecardId("middle")
    world.append(
        *card("middle")[:2],
        ChildScorecardPlaced(middle, NodeId("o"), CARD, Decimal(1)),
        VersionPublished(middle, 1, BEGINNING),
        *card("top")[:2],
        ChildScorecardPlaced(top, NodeId("o"), middle, Decimal(1)),
        VersionPublished(top, 1, BEGINNING),
        recorded("a", "2026-02", 40),
    )
    world.catch_up()
    assert set(_changed(world, "top")) == {"2026-02", *LONGER}
    assert _raw(world, "2026-02", "top") == 40


def test_a_published_version_is_scored_for_periods_that_had_values_before(world: World) -> None:
    world.append(defined("z"), scaled("z"), recorded("z", "2026-05", 30))
    world.catch_up()
    assert _changed(world) == {}
    reached, _ = _after(
        world, KpiPlaced(CARD, NodeId("o"), KpiId("z"), Decimal(1)), VersionPublished(CARD, 2, date(2026, 5, 1))
    )
    assert reached == {"2026-05", "2026-Q2", "2026-H1", "2026"}
    assert _raw(world, "2026-05") == 30


def test_a_version_reaches_the_periods_from_its_date_on(world: World) -> None:
    world.append(recorded("a", "2026-02", 40), recorded("a", "2026-04", 70))
    world.catch_up()
    reached, _ = _after(world, VersionPublished(CARD, 2, date(2026, 4, 1)))
    assert reached == {"2026-04", "2026-Q2", "2026-H1", "2026"}


def test_a_draft_reaches_nothing(world: World) -> None:
    world.append(recorded("a", "2026-02", 40))
    world.catch_up()
    reached, _ = _after(world, ScorecardRenamed(CARD, "Other"), KpiPlaced(CARD, NodeId("p"), KpiId("a"), Decimal(1)))
    assert reached == set()


def test_a_target_reaches_its_period_and_the_longer_ones(world: World) -> None:
    to_target = Scale("anchors", (Anchor(Point(), Decimal(0)), Anchor(Point(target=Decimal(1)), Decimal(100))))
    world.append(ScaleSet(KpiId("a"), to_target, BEGINNING))
    world.append(recorded("a", "2026-02", 40), recorded("a", "2026-03", 70))
    world.catch_up()
    february = Period.parse("2026-02")
    target = PeriodTarget(february, Target(Decimal(80)))
    assert _after(world, TargetSet(KpiId("a"), (target,)))[0] == {"2026-02", *LONGER}
    assert _raw(world, "2026-02") == 50
    revised = TargetRevised(KpiId("a"), february, target.target, Target(Decimal(160)), True, FreeText("why"))
    assert _after(world, revised)[0] == {"2026-02", *LONGER}
    assert _raw(world, "2026-02") == 25


def test_a_definition_and_a_scale_reach_the_periods_from_their_date_on(world: World) -> None:
    world.append(recorded("a", "2026-02", 40), recorded("a", "2026-04", 70))
    world.catch_up()
    expected = {"2026-04", "2026-Q2", "2026-H1", "2026"}
    assert _after(world, scaled("a", 200, since=date(2026, 4, 1)))[0] == expected
    assert [_raw(world, "2026-02"), _raw(world, "2026-04")] == [Decimal(40), Decimal(35)]
    renamed = replace(defined("a").definition, name="Renamed")
    assert _after(world, KpiRedefined(KpiId("a"), renamed, date(2026, 4, 1)))[0] == expected


def test_a_policy_reaches_every_scorecard_from_its_date_on(world: World) -> None:
    world.append(recorded("a", "2026-02", 40), recorded("a", "2026-04", 70))
    world.catch_up()
    zero = PolicySet(Policy(missing_data=MissingData.ZERO), date(2026, 4, 1))
    assert _after(world, zero)[0] == {"2026-04", "2026-Q2", "2026-H1", "2026"}


def test_retiring_and_archiving_reach_the_periods_after_the_last_day(world: World) -> None:
    world.append(recorded("a", "2026-02", 40), recorded("a", "2026-04", 70), recorded("b", "2026-04", 10))
    world.catch_up()
    assert "2026-02" not in _after(world, KpiRetired(KpiId("a"), date(2026, 2, 28)))[0] - {"2026-02"}
    assert _raw(world, "2026-04") == 10
    _after(world, ScorecardArchived(CARD, date(2026, 3, 31)))
    with world.database.transaction(world.tenant) as connection:
        rows = connection.exec_driver_sql(
            "SELECT period FROM steelyard.score WHERE tenant_id = %s AND version IS NOT NULL", (world.tenant,)
        )
        assert {row.period for row in rows} == {"2026-02", "2026-Q1"}
