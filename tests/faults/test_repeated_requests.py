"""The same request many times at once, while the API is killed: one effect each, and the same answer for everybody."""

import threading
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor

from services.app import execute
from services.commands import CommandKey
from tests.support.app import owner
from tests.support.faults.caller import SILENCE, Caller
from tests.support.faults.company import FIRST_YEAR, PATHS, RECORDED, Company, Step
from tests.support.faults.drill import Drill
from tests.support.faults.scene import Scene

UNDER_WAY_SECONDS_MAX = 0.05
"""After the duplicates of a key were sent."""
IN_PROGRESS = 409
COPIES_OF_CONTROL = 4


def test_duplicates_have_one_effect_and_identical_answers(scene: Scene, drill: Drill) -> None:
    keys, copies, kills = drill.size(20, 200), drill.size(8, 20), drill.size(1, 10)
    company = Company.founded(scene.app, 1)
    answers, seen = _sent(scene, drill, company, keys, copies, kills)
    drill.note("keys", keys)
    drill.note("duplicates of each", copies)
    drill.note("kills of the API", kills)
    drill.note("statuses seen", seen)
    assert set(seen) <= {201, 503, IN_PROGRESS, SILENCE}
    assert {number: len(bodies) for number, bodies in answers.items()} == dict.fromkeys(range(keys), 1)
    assert _recorded(scene, company) == keys


def test_control_with_a_key_of_its_own_a_duplicate_has_another_answer(scene: Scene) -> None:
    actor, commands = owner(Company.founded(scene.app, 1).organization), [_step(0).command()]
    answers = {execute(scene.app, actor, commands, CommandKey.made()).body for _ in range(COPIES_OF_CONTROL)}
    assert len(answers) > 1


def _sent(
    scene: Scene, drill: Drill, company: Company, keys: int, copies: int, kills: int
) -> tuple[dict[int, set[bytes]], dict[int, int]]:
    """The distinct answers of each request, and every status that was seen; kills are spread over the requests."""
    answers: dict[int, set[bytes]] = defaultdict(set)
    seen: Counter[int] = Counter()
    lock = threading.Lock()
    with scene.api() as api:

        def send(number: int) -> None:
            caller = Caller(api.port, company.token)
            told = caller.insist(PATHS["recorded"], _step(number).body(), f"key-{number}")
            caller.close()
            with lock:
                answers[number].add(told.body)
                seen.update(caller.seen)

        with ThreadPoolExecutor(copies) as pool:
            share = keys // (kills + 1)
            for number in range(keys):
                sent = [pool.submit(send, number) for _ in range(copies)]
                if kills and number % share == share - 1 and number // share < kills:
                    time.sleep(drill.random.random() * UNDER_WAY_SECONDS_MAX)
                    api.kill()
                    api.start()
                for each in sent:
                    each.result()
    return dict(answers), dict(seen)


def _step(number: int) -> Step:
    return Step("kpi-0", f"{FIRST_YEAR + number // 12}-{number % 12 + 1:02}", RECORDED, number + 1)


def _recorded(scene: Scene, company: Company) -> int:
    with scene.app.database.transaction(company.organization) as connection:
        events = scene.app.logs.bind(connection, company.organization).read(0, 1_000_000)
    return sum(each.name == "measurement-recorded" for each in events)
