"""`steelyard scores` and `steelyard balance`: what the pages show, as tables."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from projections.views import CardView, KpiView, NodeView, ScoreView
from services.command_line.catching_up import bring_up
from services.command_line.organizations import OfOrganization
from services.command_line.output import AsJson, Json, print_json, print_table, say
from services.command_line.session import Session, opened
from services.command_line.statuses import unfit
from services.web.numbers import GAP, percent
from services.web.reader import PageReader
from services.web.seen import BalanceSeen, Reached, ScorecardSeen

Scorecard = Annotated[str | None, typer.Option("--scorecard", "-s", help="Code; not needed if there is only one.")]
Period = Annotated[str, typer.Option("--period", "-p", help="Such as 2026-03, 2026-Q1 or 2026; the latest without.")]
Version = Annotated[str, typer.Option(help="in_force, draft, or the number of a version to score all periods under.")]
IN_FORCE = "in_force"
INDENT = "  "
OVER_PERIODS = ("Period", "Score", "Band", "Coverage", "State", "Version")


def scores(
    organization: OfOrganization,
    scorecard: Scorecard = None,
    period: Period = "",
    version: Version = IN_FORCE,
    as_json: AsJson = False,
) -> None:
    """Show a scorecard in one period, from the whole down to each KPI, and its score over the periods.

    Examples:
      $ steelyard scores --organization company
      $ steelyard scores -o company --period 2016 --version 1
      $ steelyard scores -o company --json
    """
    seen = _seen(organization, scorecard, period, version)
    rows = list(_rows(seen))
    if as_json:
        print_json(_scores_json(seen, rows))
        return
    title = f"{seen.name}, {seen.periods.asked.text}{_under(seen)}, as of event {seen.position}"
    columns = ("", "Weight", "Score", "Band", "Coverage", "State", "Value", "Target")
    if rows:
        print_table(title, columns, [row.cells for row in rows], _numeric(columns, "Band", "State"), cut="")
    else:
        say(f"{title}: no version is in force in this period")
    totals = [_total(each) for each in seen.totals]
    print_table("Over the periods", OVER_PERIODS, totals, _numeric(OVER_PERIODS, "Band", "State"))


def balance(
    organization: OfOrganization,
    scorecard: Scorecard = None,
    period: Period = "",
    version: Version = IN_FORCE,
    as_json: AsJson = False,
) -> None:
    """Show how well a scorecard is balanced over the periods: in its design, in what is measured, in what came out.

    Each is 0 to 100; the outcome is 100 less the distance of the best perspective
    from the worst, which is named.

    Examples:
      $ steelyard balance --organization company
    """
    seen = _seen(organization, scorecard, period, version)
    if as_json:
        print_json([_balance_json(each) for each in seen.balances])
        return
    columns = ("Period", "Design", "Measurement", "Outcome", "Weakest")
    rows = [_balance(each) for each in seen.balances]
    print_table(f"Balance of {seen.name}{_under(seen)}", columns, rows, _numeric(columns, "Period", "Weakest"))
    if seen.balances:
        last = seen.balances[-1]
        say(
            f"{last.period.text}: " + ", ".join(f"{part.name} {_share(part.value, 'undefined')}" for part in last.parts)
        )
        for code, subject in last.warnings:
            say(f"warning: {code}" + (f": {subject}" if subject else ""))


def _seen(organization: str, scorecard: str | None, period: str, version: str) -> ScorecardSeen:
    with opened() as session:
        actor = session.owner_of(organization)
        bring_up(session.app, actor.tenant)
        code = scorecard or _only_scorecard(session, organization)
        return PageReader(session.app).scorecard(actor, organization, code, period, version)


def _only_scorecard(session: Session, organization: str) -> str:
    entries = PageReader(session.app).organization(session.owner_of(organization), organization).entries
    if len(entries) != 1:
        found = ", ".join(entry.code for entry in entries) or "none"
        raise unfit(f"name one with --scorecard; organization {organization} has {found}")
    return entries[0].code


def _under(seen: ScorecardSeen) -> str:
    return (
        ""
        if seen.choice == IN_FORCE
        else f" under {'the draft' if seen.choice == 'draft' else 'version ' + seen.choice}"
    )


def _numeric(columns: Sequence[str], *texts: str) -> frozenset[str]:
    return frozenset(columns[1:]) - frozenset(texts)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the tree."""

    depth: int
    code: str
    name: str
    weight: str
    result: ScoreView
    value: str | None = None
    target: str | None = None

    @property
    def cells(self) -> tuple[str, ...]:
        result = self.result
        numbers = (self.weight, _or_dash(result.shown), _or_dash(result.band), _share(result.coverage))
        state = result.state if result.reason is None else f"{result.state} ({result.reason})"
        return (INDENT * self.depth + self.name, *numbers, state, _or_dash(self.value), _or_dash(self.target))


def _rows(seen: ScorecardSeen) -> Iterator[Row]:
    if seen.tree.root is not None:
        yield from _below(seen.tree.root, 0)


def _below(node: NodeView, depth: int) -> Iterator[Row]:
    yield Row(depth, node.id, node.name, node.weight, node.result)
    for child in node.children:
        match child:
            case NodeView():
                yield from _below(child, depth + 1)
            case KpiView():
                name = f"{child.name} [{child.kpi}]"
                yield Row(depth + 1, child.kpi, name, child.weight, child.result, child.value_shown, child.target_shown)
            case CardView():
                if child.root is not None:
                    name = f"scorecard {child.scorecard}"
                    yield Row(depth + 1, child.scorecard, name, child.weight, child.root.result)


def _total(reached: Reached) -> tuple[str, ...]:
    version = "-" if reached.version is None else str(reached.version)
    numbers = (_or_dash(reached.shown), _or_dash(reached.band), _share(reached.coverage))
    return (reached.period.text, *numbers, reached.state, version)


def _balance(seen: BalanceSeen) -> tuple[str, ...]:
    return (seen.period.text, *(_or_dash(each) for each in (seen.design, seen.measurement, seen.outcome, seen.weakest)))


def _share(share: str | None, without: str = "-") -> str:
    return without if share is None else percent(share).replace(GAP, " ")


def _or_dash(text: str | None) -> str:
    return "-" if text is None else text


def _scores_json(seen: ScorecardSeen, rows: Sequence[Row]) -> Json:
    nodes: list[Json] = [
        {
            "depth": row.depth,
            "code": row.code,
            "name": row.name,
            "weight": row.weight,
            "score": row.result.score,
            "raw_score": row.result.raw_score,
            "band": row.result.band,
            "coverage": row.result.coverage,
            "state": row.result.state,
        }
        for row in rows
    ]
    history: list[Json] = [
        {"period": each.period.text, "raw_score": each.raw_score, "state": each.state, "version": each.version}
        for each in seen.totals
    ]
    return {
        "scorecard": seen.code,
        "period": seen.periods.asked.text,
        "version": seen.tree.version,
        "position": seen.position,
        "nodes": nodes,
        "history": history,
    }


def _balance_json(seen: BalanceSeen) -> Json:
    return {
        "period": seen.period.text,
        "design": seen.design,
        "measurement": seen.measurement,
        "outcome": seen.outcome,
        "weakest": seen.weakest,
        "parts": {part.name: part.value for part in seen.parts},
        "warnings": [code for code, _ in seen.warnings],
    }
