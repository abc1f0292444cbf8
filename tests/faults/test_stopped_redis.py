"""Redis stands still under load: writes go on, projections follow by the sweep, and nothing is lost."""

import time

from tests.support.faults.company import Company
from tests.support.faults.drill import Drill
from tests.support.faults.load import writing
from tests.support.faults.oracle import position_of, settled, wrongs
from tests.support.faults.scene import Scene

WRITERS = 4
SETTLE_SECONDS_MAX = 60.0
ANSWER_SECONDS_MAX = 5.0


def test_a_redis_that_stands_still_delays_and_loses_nothing(scene: Scene, drill: Drill) -> None:
    seconds = drill.size(3.0, 30.0)
    companies = [Company.founded(scene.app, WRITERS // 2) for _ in range(2)]
    with scene.api() as api, scene.worker():
        assert settled(scene.app, companies, SETTLE_SECONDS_MAX)
        with writing(companies, api.port, drill.random, WRITERS) as load:
            time.sleep(1.0)
            with scene.stopped_valkey():
                before, reached = _acknowledged(companies), _reached(scene, companies)
                time.sleep(seconds)
                meanwhile, moved = _acknowledged(companies) - before, _reached(scene, companies) - reached
            time.sleep(1.0)
        started = time.monotonic()
        assert settled(scene.app, companies, SETTLE_SECONDS_MAX)
    drill.note("stopped for seconds", seconds)
    drill.note("written meanwhile", meanwhile)
    drill.note("projected meanwhile", moved)
    drill.note("slowest answer in seconds", round(load.slowest_seconds, 2))
    drill.note("drained in seconds", round(time.monotonic() - started, 2))
    assert set(load.seen) <= {200, 201}
    assert load.slowest_seconds < ANSWER_SECONDS_MAX
    assert meanwhile > 0
    assert moved > 0
    assert wrongs(scene.app, companies) == []


def _acknowledged(companies: list[Company]) -> int:
    return sum(len(diary.kept) for company in companies for diary in company.diaries)


def _reached(scene: Scene, companies: list[Company]) -> int:
    return sum(position_of(scene.app, company.organization).position for company in companies)
