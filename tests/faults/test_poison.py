"""An event that cannot be applied stops its own organization's projection, exactly before it, and nobody else's."""

from dataclasses import dataclass

from domain.kpi.commands import DefineKpi
from domain.values import KpiId
from projections import progress
from projections.readings import READINGS
from projections.rebuild import unpark
from services.app import execute
from services.commands import CommandKey
from tests.support.app import bring_up, owner
from tests.support.faults.company import DEFINITION, SINCE, Company, Diary
from tests.support.faults.drill import Drill
from tests.support.faults.load import write_batch
from tests.support.faults.oracle import position_of, settled, wrongs
from tests.support.faults.scene import Scene
from tests.support.faults.worker import POISON, each_projection, skipping

KPIS = 2
BATCH = 25
SETTLE_SECONDS_MAX = 60.0


@dataclass
class Poisoned:
    """An organization with one event that the broken program cannot apply."""

    company: Company
    position: int


def test_poison_parks_its_own_organization_and_is_retried_in_order(scene: Scene, drill: Drill) -> None:
    all_of_them = [Company.founded(scene.app, KPIS) for _ in range(drill.size(5, 50))]
    sick = drill.random.sample(all_of_them, len(all_of_them) // drill.size(5, 10))
    healthy = [company for company in all_of_them if company not in sick]
    with scene.worker("choking"):
        for company in healthy:
            write_batch(scene.app, company, BATCH, drill.random)
        poisoned = [_poisoned(scene, company, drill) for company in sick]
        for company in healthy:
            write_batch(scene.app, company, BATCH, drill.random)
        assert settled(scene.app, healthy, SETTLE_SECONDS_MAX)
        for each in poisoned:
            _assert_parked(scene, each)
    assert wrongs(scene.app, healthy) == []
    for each in poisoned:
        with scene.app.database.transaction(each.company.organization) as connection:
            assert unpark(connection, each.company.organization, READINGS, progress.FIRST_GENERATION)
    with scene.worker():
        assert settled(scene.app, sick, SETTLE_SECONDS_MAX)
    drill.note("organizations unaffected", len(healthy))
    drill.note("parked at the exact position, then equal to a rebuild", len(poisoned))
    assert wrongs(scene.app, sick) == []


def test_control_a_projection_that_leaves_out_what_it_cannot_apply_differs(scene: Scene, drill: Drill) -> None:
    poisoned = _poisoned(scene, Company.founded(scene.app, KPIS), drill)
    bring_up(each_projection(skipping)(scene.app), poisoned.company.organization)
    found = wrongs(scene.app, [poisoned.company])
    assert any("acknowledged values are not there" in each for each in found)
    assert any("readings differs from its rebuild" in each for each in found)


def _poisoned(scene: Scene, company: Company, drill: Drill) -> Poisoned:
    """With good events before the bad one and after it."""
    organization, diary = company.organization, Diary(POISON)
    define = DefineKpi(KpiId(POISON), DEFINITION, SINCE)
    execute(scene.app, owner(organization), [define], CommandKey.made())
    write_batch(scene.app, company, BATCH, drill.random)
    step = diary.next(drill.random)
    while step.kind != "recorded":
        step = diary.next(drill.random)
    answer = execute(scene.app, owner(organization), [step.command()], CommandKey.made())
    diary.keep(step, answer.position)
    write_batch(scene.app, company, BATCH, drill.random)
    company.diaries.append(diary)
    return Poisoned(company, answer.position)


def _assert_parked(scene: Scene, poisoned: Poisoned) -> None:
    parked = position_of(scene.app, poisoned.company.organization)
    assert (parked.status, parked.position) == (progress.PARKED, poisoned.position - 1)
    assert parked.error == f"position {poisoned.position}: ValueError: cannot be applied"
