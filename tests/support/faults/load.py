"""Writers on threads: each tells one KPI of one company what to say next, and keeps what was acknowledged."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random

from services.app import App
from services.batch import batch_view, record_batch
from services.commands import CommandKey
from tests.support.app import owner
from tests.support.faults.caller import Caller, Told
from tests.support.faults.company import PATHS, Company, Diary, Step

JOIN_SECONDS_MAX = 120.0


@dataclass
class Load:
    """Writers under way. `failures` are errors no writer may meet; `seen` the statuses its callers saw."""

    stop: threading.Event = field(default_factory=threading.Event)
    failures: list[BaseException] = field(default_factory=list)
    callers: list[Caller] = field(default_factory=list)

    @property
    def seen(self) -> Counter[int]:
        """Over all callers."""
        return sum((caller.seen for caller in self.callers), Counter())

    @property
    def slowest_seconds(self) -> float:
        """The longest anybody waited for an answer."""
        return max(caller.slowest_seconds for caller in self.callers)


@contextmanager
def writing(
    companies: Sequence[Company], port: int, random: Random, writers: int, *, control: bool = False
) -> Iterator[Load]:
    """Requests to the API while the block runs; at its end every one of them has its outcome.

    With `control` a writer may end at what no caller may see: `failures` then has it.
    """
    load = Load()
    pairs = [(company, diary) for company in companies for diary in company.diaries][:writers]
    assert len(pairs) == writers, "a diary belongs to one writer"
    threads = []
    for company, diary in pairs:
        caller = Caller(port, company.token)
        load.callers.append(caller)
        threads.append(_thread(load, write, diary, caller, Random(random.random()), load.stop.is_set))
    try:
        yield load
    finally:
        load.stop.set()
        for thread in threads:
            thread.join(JOIN_SECONDS_MAX)
    assert control or not load.failures, load.failures
    assert not any(thread.is_alive() for thread in threads), "a writer has no outcome"


def write(diary: Diary, caller: Caller, random: Random, ended: Callable[[], bool]) -> None:
    """One request after another."""
    while not ended():
        step = diary.next(random)
        diary.keep(step, position_in(caller.insist(PATHS[step.kind], step.body())))
    caller.close()


def position_in(told: Told) -> int:
    """Where it stands in the log."""
    answer = json.loads(told.body)
    assert answer["outcome"] == "recorded", answer
    return int(answer["position"])


def write_batch(app: App, company: Company, size: int, random: Random) -> None:
    """That many steps in one transaction of the program itself."""
    steps: list[tuple[Diary, Step]] = []
    taken: set[tuple[str, str]] = set()
    for number in range(size):
        diary = company.diaries[number % len(company.diaries)]
        step = diary.next(random, {period for kpi, period in taken if kpi == diary.kpi})
        taken.add((diary.kpi, step.period))
        steps.append((diary, step))
    commands = [step.command() for _, step in steps]
    view = batch_view(record_batch(app, owner(company.organization), commands, CommandKey.made()))
    for (diary, step), row in zip(steps, view.rows, strict=True):
        assert row.outcome == "recorded", row
        assert row.position is not None
        diary.keep(step, row.position)


def _thread(load: Load, work: Callable[..., None], *arguments: object) -> threading.Thread:
    def guarded() -> None:
        try:
            work(*arguments)
        except BaseException as error:
            load.failures.append(error)

    thread = threading.Thread(target=guarded, daemon=True)
    thread.start()
    return thread
