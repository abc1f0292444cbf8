"""What a bench found, as a table for people and as JSON for programs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bench.machine import Facts
from bench.measure import Figures
from services.command_line.output import print_fields, print_table, say

Parameters = Mapping[str, int | str]
ROUND_FROM = 100


@dataclass(frozen=True, slots=True)
class Case:
    """What was measured under which parameters; the first contestant is the baseline."""

    parameters: Parameters
    figures: Sequence[Figures]


@dataclass(frozen=True, slots=True)
class Found:
    """One bench: `note` says what its baseline is, `remarks` what else a reader must know."""

    name: str
    note: str
    cases: Sequence[Case]
    remarks: Sequence[str] = field(default=())
    baseline: str = "raw"


@dataclass(frozen=True, slots=True)
class Run:
    """A bench with the load of the machine around it."""

    found: Found
    seconds: float
    load_before: float
    load_after: float


def show_machine(facts: Facts) -> None:
    """Before the first bench."""
    print_fields("Measured on", {name: str(value) for name, value in facts.items()})


def show(run: Run) -> None:
    """The table of one bench."""
    found = run.found
    names = list(found.cases[0].parameters)
    columns = [*names, "contestant", "unit", "median", "lowest", "highest", f"to {found.baseline}"]
    rows = [_row(case, figures) for case in found.cases for figures in case.figures]
    right = frozenset({*names, "median", "lowest", "highest", columns[-1]})
    print_table(f"{found.name}: {found.note}", columns, rows, right)
    for remark in found.remarks:
        say(f"  {remark}")
    say(f"  {run.seconds:.0f} s; load {run.load_before} before, {run.load_after} after")
    say("")


def _row(case: Case, figures: Figures) -> Sequence[str]:
    return (
        *(_shown(value) if isinstance(value, int) else value for value in case.parameters.values()),
        figures.contestant,
        figures.unit,
        _shown(figures.median),
        _shown(min(figures.turns)),
        _shown(max(figures.turns)),
        "-" if figures.ratio is None else f"{figures.ratio:.2f}",
    )


def _shown(value: float) -> str:
    if isinstance(value, int) or abs(value) >= ROUND_FROM:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def as_json(facts: Facts, runs: Sequence[Run]) -> Mapping[str, object]:
    """Everything, with each single turn."""
    return {"machine": dict(facts), "benches": [_bench(run) for run in runs]}


def _bench(run: Run) -> Mapping[str, object]:
    return {
        "name": run.found.name,
        "note": run.found.note,
        "remarks": list(run.found.remarks),
        "seconds": round(run.seconds, 1),
        "load_before": run.load_before,
        "load_after": run.load_after,
        "cases": [_case(case) for case in run.found.cases],
    }


def _case(case: Case) -> Mapping[str, object]:
    return {
        "parameters": dict(case.parameters),
        "figures": [
            {
                "contestant": each.contestant,
                "unit": each.unit,
                "median": each.median,
                "turns": list(each.turns),
                "to_raw": each.ratio,
            }
            for each in case.figures
        ],
    }
