"""`python3 dev.py bench`: how fast the service is, each figure beside a raw baseline of the same run."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from bench import catching_up, freshness, growth, reads, rebuilding, scoring, start_up
from bench.append import bench as append
from bench.machine import IN_MEMORY, facts, load
from bench.report import Found, Run, as_json, show, show_machine
from bench.sizes import FULL, QUICK, SMALLEST, Sizes
from bench.world import House, opened
from services.command_line.output import remark
from services.command_line.statuses import ending, unfit

BENCHES: Mapping[str, Callable[[House, Sizes], Found]] = {
    scoring.NAME: scoring.run,
    append.NAME: append.run,
    catching_up.NAME: catching_up.run,
    rebuilding.NAME: rebuilding.run,
    freshness.NAME: freshness.run,
    reads.NAME: reads.run,
    start_up.NAME: start_up.run,
    growth.NAME: growth.run,
}
BY_NAME_ONLY = frozenset({growth.NAME})
"""Millions of rows: half an hour and twenty gigabytes."""

Names = Annotated[
    list[str] | None,
    typer.Argument(help=f"Which: {', '.join(BENCHES)}. Without a name, all but {', '.join(BY_NAME_ONLY)}."),
]
JsonFile = Annotated[Path | None, typer.Option("--json", help="Write every figure to this file as JSON.")]
Seconds = Annotated[float | None, typer.Option(min=0.01, help="Length of one turn of one contestant.")]
Rounds = Annotated[int | None, typer.Option(min=1, help="How often each contestant has its turn.")]
Quick = Annotated[bool, typer.Option("--quick", help="Few cases and short turns: everything in three minutes.")]
Smallest = Annotated[bool, typer.Option("--smallest", hidden=True)]
Numbers = Annotated[str | None, typer.Option(metavar="N,N", help="Of the append bench.")]


def bench(
    names: Names = None,
    json_file: JsonFile = None,
    seconds: Seconds = None,
    rounds: Rounds = None,
    quick: Quick = False,
    threads: Numbers = None,
    batches: Numbers = None,
    organizations: Numbers = None,
    kpis: Annotated[int | None, typer.Option(min=1, help="On each scorecard.")] = None,
    events: Annotated[int | None, typer.Option(min=1, help="Values of the catch-up and the rebuild bench.")] = None,
    smallest: Smallest = False,
) -> None:
    """Measure how fast the service is here, beside raw baselines of the same run.

    Servers and data lie in STEELYARD_HOME/bench. docs/performance.md tells how to
    read the tables.

    Examples:
      $ python3 dev.py bench --quick
      $ python3 dev.py bench append --threads 8 --organizations 1000 --json append.json
      $ python3 dev.py bench rebuild --events 1000000 --rounds 1
    """
    sizes = SMALLEST if smallest else QUICK if quick else FULL
    sizes = replace(
        sizes,
        seconds=seconds or sizes.seconds,
        rounds=rounds or sizes.rounds,
        starts=rounds or sizes.starts,
        rebuild_rounds=rounds or sizes.rebuild_rounds,
        threads=_numbers("--threads", threads) or sizes.threads,
        batches=_numbers("--batches", batches) or sizes.batches,
        organizations=_numbers("--organizations", organizations) or sizes.organizations,
        kpis=kpis or sizes.kpis,
        catch_up_events=events or sizes.catch_up_events,
        rebuild_events=events or sizes.rebuild_events,
    )
    _run(names or [name for name in BENCHES if name not in BY_NAME_ONLY], sizes, json_file)


def _numbers(option: str, text: str | None) -> tuple[int, ...]:
    if text is None:
        return ()
    found = tuple(int(each) for each in text.split(",") if each.strip().isdigit() and int(each) > 0)
    if len(found) != len(text.split(",")):
        raise unfit(f"{option} takes whole numbers from 1 on with commas between them")
    return found


def _run(names: Sequence[str], sizes: Sizes, json_file: Path | None) -> None:
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        raise unfit(f"there is no bench {unknown[0]!r}, only {', '.join(BENCHES)}")
    runs: list[Run] = []
    with opened() as house:
        machine = facts(house.folder, house.servers.postgres_dsn())
        show_machine(machine)
        if machine["file_system"] in IN_MEMORY:
            remark(f"{house.folder} lies in memory: commits cost nothing there, set STEELYARD_HOME to a disk")
        for name in names:
            runs.append(_measured(BENCHES[name], house, sizes))
            show(runs[-1])
            if json_file is not None:
                json_file.write_text(json.dumps(as_json(machine, runs), indent=1) + "\n")


def _measured(run: Callable[[House, Sizes], Found], house: House, sizes: Sizes) -> Run:
    before, began = load(), time.perf_counter()
    found = run(house, sizes)
    return Run(found, time.perf_counter() - began, before, load())


def main() -> None:
    """The program."""
    cli = typer.Typer(add_completion=False, rich_markup_mode="rich")
    cli.command()(bench)
    ending(lambda: typer.main.get_command(cli)(prog_name="dev.py bench"))


if __name__ == "__main__":
    main()
