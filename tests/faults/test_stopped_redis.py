"""Redis stands still under load: writes go on, projections follow by the sweep, and nothing is lost."""

import time
from dataclasses import dataclass

from tests.support.faults.company import Company
from tests.support.faults.drill import Drill
from tests.support.faults.load import Load, writing
from tests.support.faults.oracle import position_of, settled, wrongs
from tests.support.faults.scene import Scene

WRITERS = 4
CONTROL_SECONDS = 3.0
SETTLE_SECONDS_MAX = 60.0
ANSWER_SECONDS_MAX = 5.0
UNDER_WAY_SECONDS = 0.5
"""What the worker had in hand when Redis stopped is done by then."""


@dataclass(frozen=True)
class Stopped:
    """What came of it: written and projected while Redis stood still."""

    companies: list[Company]
    load: Load
    written: int
    projected: int


def test_a_redis_that_stands_still_delays_and_loses_nothing(scene: Scene, drill: Drill) -> None:
    seconds = drill.size(3.0, 30.0)
    with scene.worker():
        found = _stopped(scene, drill, seconds)
        started = time.monotonic()
        assert settled(scene.app, found.companies, SETTLE_SECONDS_MAX)
    drill.note("stopped for seconds", seconds)
    drill.note("written meanwhile", found.written)
    drill.note("projected meanwhile", found.projected)
    drill.note("slowest answer in seconds", round(found.load.slowest_seconds, 2))
    drill.note("drained in seconds", round(time.monotonic() - started, 2))
    assert set(found.load.seen) <= {200, 201}
    assert found.load.slowest_seconds < ANSWER_SECONDS_MAX
    assert found.written > 0
    assert found.projected > 0
    assert wrongs(scene.app, found.companies) == []


def test_control_without_the_sweep_what_is_written_meanwhile_is_not_seen(scene: Scene, drill: Drill) -> None:
    with scene.worker("hints-only"):
        found = _stopped(scene, drill, CONTROL_SECONDS)
    drill.note("written meanwhile", found.written)
    drill.note("projected meanwhile", found.projected)
    assert found.written > 0
    assert found.projected == 0


def test_control_where_the_wake_up_is_part_of_the_command_writers_get_errors(scene: Scene, drill: Drill) -> None:
    with scene.worker():
        found = _stopped(scene, drill, CONTROL_SECONDS, "insistent")
    drill.note("statuses seen", dict(found.load.seen))
    assert found.load.seen[500] > 0


def _stopped(scene: Scene, drill: Drill, seconds: float, broken_api: str | None = None) -> Stopped:
    """Writers before, while and after Redis stands still."""
    companies = [Company.founded(scene.app, WRITERS // 2) for _ in range(2)]
    assert settled(scene.app, companies, SETTLE_SECONDS_MAX)
    with (
        scene.api(broken=broken_api) as api,
        writing(companies, api.port, drill.random, WRITERS, control=broken_api is not None) as load,
    ):
        time.sleep(1.0)
        with scene.stopped_valkey():
            before = _acknowledged(companies)
            time.sleep(UNDER_WAY_SECONDS)
            reached = _reached(scene, companies)
            time.sleep(seconds)
            meanwhile, moved = _acknowledged(companies) - before, _reached(scene, companies) - reached
        time.sleep(1.0)
    return Stopped(companies, load, meanwhile, moved)


def _acknowledged(companies: list[Company]) -> int:
    return sum(len(diary.kept) for company in companies for diary in company.diaries)


def _reached(scene: Scene, companies: list[Company]) -> int:
    return sum(position_of(scene.app, company.organization).position for company in companies)
