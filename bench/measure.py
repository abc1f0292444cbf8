"""Contestants take turns (A B A B ...), the first being the baseline: medians, ranges, ratios within each round."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from statistics import median

Sample = Mapping[str, float]
"""What one turn came to, by unit."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """`turn` measures once."""

    name: str
    turn: Callable[[], Sample]


@dataclass(frozen=True, slots=True)
class Figures:
    """One unit of one contestant over all rounds; `ratio` is the median of its ratios to the baseline."""

    contestant: str
    unit: str
    turns: tuple[float, ...]
    ratio: float | None

    @property
    def median(self) -> float:
        return median(self.turns)


def interleaved(contestants: Sequence[Contestant], rounds: int) -> tuple[Figures, ...]:
    """A load that comes and goes on the machine meets them all alike."""
    samples = [[contestant.turn() for contestant in contestants] for _ in range(rounds)]
    return tuple(
        Figures(contestant.name, unit, tuple(turn[at][unit] for turn in samples), _ratio(samples, at, unit))
        for at, contestant in enumerate(contestants)
        for unit in samples[0][at]
    )


def _ratio(samples: Sequence[Sequence[Sample]], at: int, unit: str) -> float | None:
    if any(not turn[0].get(unit) for turn in samples):
        return None
    return median(turn[at][unit] / turn[0][unit] for turn in samples)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that this share of them does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def timed(work: Callable[[], object]) -> float:
    """How many seconds it takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


Step = Callable[[], int]
"""One piece of work, and how many things it did."""
Opening = Callable[[int], AbstractContextManager[Step]]
"""What a thread needs to take steps, such as a connection, given the number of the thread."""


@dataclass(frozen=True, slots=True)
class Work:
    """What all threads did in one turn."""

    done: int
    seconds: float
    latencies: tuple[float, ...]

    @property
    def per_second(self) -> float:
        return self.done / self.seconds


def in_threads(opening: Opening, threads: int, seconds: float) -> Work:
    """Threads of this process step until the time is over; what they open beforehand does not count."""
    with ExitStack() as opened:
        steps = [opened.enter_context(opening(number)) for number in range(threads)]
        runners = [_Runner(step, seconds) for step in steps]
        began = time.perf_counter()
        for runner in runners:
            runner.start()
        for runner in runners:
            runner.join()
        elapsed = time.perf_counter() - began
    for runner in runners:
        if runner.error is not None:
            raise runner.error
    return Work(sum(each.done for each in runners), elapsed, tuple(_latencies(runners)))


class _Runner(threading.Thread):
    def __init__(self, step: Step, seconds: float) -> None:
        super().__init__(daemon=True)
        self.done = 0
        self.latencies: list[float] = []
        self.error: BaseException | None = None
        self._step = step
        self._seconds = seconds

    def run(self) -> None:
        now = time.perf_counter()
        end = now + self._seconds
        try:
            while now < end:
                self.done += self._step()
                before, now = now, time.perf_counter()
                self.latencies.append(now - before)
        except BaseException as error:  # told on the main thread
            self.error = error


def _latencies(runners: Sequence[_Runner]) -> Iterator[float]:
    for runner in runners:
        yield from runner.latencies
