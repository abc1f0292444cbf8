"""rebuild: a projection anew from the first event, in a process of its own whose memory is watched."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from bench import children, history, raw_projections
from bench.measure import Contestant, Sample, interleaved
from bench.organizations import found
from bench.report import Case, Found
from bench.sizes import Sizes
from bench.world import House, World
from infra.settings import Settings
from projections import catalog, readings, scores
from projections.rebuild import drop, rebuild
from services.command_line.output import remark
from services.interpreter import settle_memory
from services.starting import built

NAME = "rebuild"
NOTE = "events/s and peak memory of a fresh process; raw = readings by one SQL statement over the same columns"
REMARK = "peak MB is that of the whole process, start MB what it had before the first event"
TOGETHER: Mapping[str, tuple[str, ...]] = {
    "catalog": (catalog.NAME,),
    "readings": (readings.NAME,),
    "readings + scores": (readings.NAME, scores.NAME),
}


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a process measured of itself."""

    events: int
    seconds: float
    start_mb: float
    peak_mb: float


def run(house: House, sizes: Sizes) -> Found:
    """Each projection of one large organization."""
    events = sizes.rebuild_events
    with house.world(NAME) as world:
        remark(f"{NAME}: {events:,} events")
        raw_projections.prepare(world.superuser_url)
        made = found(world.app).organization
        history.fill(world.app, made, events, sizes.kpis)
        history.bring_up(world.app, made, (readings.NAME,))
        contestants = [
            *raw_projections.contestants(world, made, readings.NAME),
            *(Contestant(name, _turn(world, made, TOGETHER[name])) for name in sizes.rebuilt),
        ]
        case = Case({"events": events}, interleaved(contestants, sizes.rebuild_rounds))
    return Found(NAME, NOTE, [case], (REMARK,))


def _turn(world: World, organization: UUID, names: tuple[str, ...]) -> Callable[[], Sample]:
    def turn() -> Sample:
        done = children.alone(rebuild_here, world.settings, organization, names)
        return {"events/s": done.events / done.seconds, "start MB": done.start_mb, "peak MB": done.peak_mb}

    return turn


def rebuild_here(settings: Settings, organization: UUID, names: tuple[str, ...]) -> Rebuilt:
    """Rebuild these projections one after the other, and drop what was built."""
    with built(settings) as app:
        settle_memory()
        wanted = [each for each in app.projections if each.name in names]
        start_mb, began = _peak_mb(), time.perf_counter()
        generations = [rebuild(app.store, organization, each) for each in wanted]
        seconds, peak_mb = time.perf_counter() - began, _peak_mb()
        with app.database.transaction(organization) as connection:
            events = app.logs.bind(connection, organization).head().position
            for projection, generation in zip(wanted, generations, strict=True):
                drop(connection, organization, projection, generation)
    return Rebuilt(events, seconds, start_mb, peak_mb)


def _peak_mb() -> float:
    """The most memory this process had. Of getrusage() a child inherits the figure of its parent."""
    for line in Path(f"/proc/{os.getpid()}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("Linux tells")
