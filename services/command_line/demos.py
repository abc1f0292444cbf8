"""`steelyard demo`: two real cases, loaded as any user would, and what they come to beside what was published."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.progress import Progress

from services.app import App
from services.command_line import accounts
from services.command_line.catching_up import bring_up
from services.command_line.output import AsJson, Json, print_json, progress, remark, say
from services.command_line.session import opened
from services.command_line.statuses import found_wrong, unfit
from services.demo.account import LAST_BUT_ONE, LAST_UNIT, CompanyScored, HospitalScored
from services.demo.hospitals import EXPLANATION, TWELVE, FileUnfit, Hospital, read
from services.demo.loading import load_company, load_hospital
from services.demo.reading import company_scored, hospital_scored, parked

File = Annotated[
    Path | None,
    typer.Option("--file", metavar="CSV", help="All hospitals of the publisher's file.", exists=True, dir_okay=False),
]


def commands() -> typer.Typer:
    """The commands of this noun."""
    help_text = "Two real cases: hospitals of a federal program, a company over five years."
    demo = typer.Typer(name="demo", help=help_text, no_args_is_help=True)
    demo.command("company")(company)
    demo.command("hospitals")(hospitals)
    return demo


def company(as_json: AsJson = False) -> None:
    """Load the company and show its five years: a correction, a restatement, scores under both versions.

    A second time nothing changes. Ends with 1 if a number is not the one
    computed by hand.

    Examples:
      $ steelyard demo company
    """
    with opened(founding=True) as session:
        changed, scored = company_account(session.app)
    if as_json:
        print_json(accounts.company_json(scored))
    else:
        accounts.print_company(scored)
        remark(changes(changed, 1))
    if not scored.as_foreseen:
        raise found_wrong()


def hospitals(file: File = None, as_json: AsJson = False) -> None:
    """Load twelve hospitals and show their totals beside the published ones; with a file all of its hospitals.

    Loading goes on where it was cut off; a second time nothing changes. Ends with
    1 if a total differs from the published one without being one of the two that
    are explained, or if an event was parked.

    Examples:
      $ steelyard demo hospitals
      $ steelyard demo hospitals --file hospital_vbp_fy2021.csv
    """
    wanted = TWELVE if file is None else _of_file(file)
    with opened(founding=True) as session:
        outcome = load_all(session.app, wanted)
    if as_json:
        print_json(_json(outcome))
    elif file is None:
        accounts.print_hospitals(outcome.scored)
        remark(changes(outcome.changed, len(wanted)))
    else:
        _print_file(outcome)
    if not outcome.as_foreseen:
        raise found_wrong()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What loading came to: how many organizations changed, all scores, parked projections, and how long it took."""

    changed: int
    scored: Sequence[HospitalScored]
    parked: int
    seconds: float

    @property
    def as_foreseen(self) -> bool:
        return not self.parked and all(each.as_foreseen for each in self.scored)


def company_account(app: App) -> tuple[int, CompanyScored]:
    """Load the company, bring its scores up, read them; and whether anything changed, as a count."""
    loaded = load_company(app)
    bring_up(app, loaded.organization)
    return int(loaded.changed), company_scored(app, loaded.organization)


def load_all(app: App, wanted: Sequence[Hospital]) -> Outcome:
    """Load each hospital, bring its scores up and read them, with a progress bar."""
    started = time.monotonic()
    with progress() as bar:
        loaded = list(_loaded(app, wanted, bar))
    changed = sum(new for _, new in loaded)
    organizations = [organization for organization, _ in loaded]
    scored = [
        hospital_scored(app, each, organization) for each, organization in zip(wanted, organizations, strict=True)
    ]
    return Outcome(changed, scored, parked(app, organizations), time.monotonic() - started)


def _loaded(app: App, wanted: Sequence[Hospital], bar: Progress) -> Iterator[tuple[UUID, bool]]:
    for hospital in bar.track(wanted, description="hospitals"):
        loaded = load_hospital(app, hospital)
        bring_up(app, loaded.organization)
        yield loaded.organization, loaded.changed


def _of_file(file: Path) -> Sequence[Hospital]:
    try:
        return tuple(read(file))
    except FileUnfit as error:
        raise unfit(str(error)) from None


def changes(changed: int, of: int) -> str:
    """A sentence on what loading did."""
    if not changed:
        return f"{of} {'organization was' if of == 1 else 'organizations were'} there already: nothing changed"
    return f"{changed} of {of} {'organization' if of == 1 else 'organizations'} loaded"


def _print_file(outcome: Outcome) -> None:
    count = len(outcome.scored)
    eleven = sum(each.agrees_to(LAST_BUT_ONE) for each in outcome.scored)
    twelve = sum(each.agrees_to(LAST_UNIT) for each in outcome.scored)
    say(f"{count} hospitals: {eleven} totals agree to 11 decimals, {twelve} to 12 decimals")
    for each in outcome.scored:
        if each.difference != 0:
            why = EXPLANATION if each.as_foreseen else "NOT EXPLAINED"
            say(f"  {each.hospital.number} published {each.hospital.total}, ours {each.ours}: {why}")
    states = Counter(each.state for each in outcome.scored)
    say("states: " + ", ".join(f"{number} {state}" for state, number in sorted(states.items())))
    say(f"projections parked: {outcome.parked}")
    say(f"{changes(outcome.changed, count)}; {outcome.seconds:.1f} s, {count / outcome.seconds:.0f} hospitals/s")


def _json(outcome: Outcome) -> Json:
    return {
        "hospitals": accounts.hospitals_json(outcome.scored),
        "agree_to_11_decimals": sum(each.agrees_to(LAST_BUT_ONE) for each in outcome.scored),
        "agree_to_12_decimals": sum(each.agrees_to(LAST_UNIT) for each in outcome.scored),
        "changed": outcome.changed,
        "parked": outcome.parked,
        "seconds": f"{outcome.seconds:.3f}",
    }
