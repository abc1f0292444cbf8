"""scoring: the processor time of one score, of definitions and values in memory; no database, no log."""

import time
from collections.abc import Callable

from bench.measure import Contestant, Sample, interleaved
from bench.report import Case, Found
from bench.scoring_cards import SCORECARD, Made, bare, made
from bench.sizes import Sizes
from bench.world import House
from domain.calendar import Calendar, Period, PeriodKind
from domain.scoring.score import leaves, plan, roll_up, score
from domain.values import q
from services.command_line.output import remark

NAME = "scoring"
NOTE = "processor ms of one score; raw = the same weighted means as plain Decimals over lists, and nothing said of them"
REMARKS = (
    "a plan is what definitions alone decide of a score: whoever scores again with other values may keep it",
    "one value: the leaf of one KPI is measured again and the tree rolled up",
)
ASKED = (Period(PeriodKind.MONTH, 2026, 4), Period(PeriodKind.YEAR, 2026, 1))


def run(_house: House, sizes: Sizes) -> Found:
    """A month and a year of months, of scorecards of several sizes."""
    remark(f"{NAME}: in this process")
    cases = [_case(made(kpis), kpis, period, sizes) for kpis in sizes.scored_kpis for period in ASKED]
    return Found(NAME, NOTE, cases, REMARKS)


def _case(card: Made, kpis: int, period: Period, sizes: Sizes) -> Case:
    definitions, values = card.definitions, card.values
    as_of = Calendar().ends_at(period)
    kept = plan(definitions, SCORECARD, period)
    known = leaves(kept, values, as_of)
    changed = tuple(kept.gauges)[:1]
    root = roll_up(kept, known, as_of).root
    assert root is not None
    assert root.raw_score is not None
    assert q(root.raw_score) == q(bare(card, period)), "the same numbers"
    work: dict[str, Callable[[], object]] = {
        "raw": lambda: bare(card, period),
        "score": lambda: score(definitions, values, SCORECARD, period, as_of),
        "plan alone": lambda: plan(definitions, SCORECARD, period),
        "score, plan kept": lambda: roll_up(kept, leaves(kept, values, as_of), as_of),
        "one value, plan kept": lambda: roll_up(kept, {**known, **leaves(kept, values, as_of, changed)}, as_of),
    }
    contestants = [Contestant(name, _turn(each, sizes.seconds)) for name, each in work.items()]
    return Case({"KPIs": kpis, "period": period.kind.value}, interleaved(contestants, sizes.rounds))


def _turn(work: Callable[[], object], seconds: float) -> Callable[[], Sample]:
    def turn() -> Sample:
        began, done, elapsed = time.process_time(), 0, 0.0
        while elapsed < seconds:
            work()
            done += 1
            elapsed = time.process_time() - began
        return {"ms": elapsed / done * 1000}

    return turn
