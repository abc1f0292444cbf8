"""`steelyard import`: a CSV file of measurements into an organization, an outcome for every row."""

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from domain.errors import Invalid
from services.command_line.catching_up import bring_up
from services.command_line.organizations import OfOrganization
from services.command_line.output import AsJson, Json, print_json, print_table, progress, say
from services.command_line.session import opened
from services.command_line.statuses import found_wrong, unfit
from services.importing import Checked, FileChanged, Outcome, RowOutcome, check, record, rehearse

REFUSED_SHOWN_MAX = 20
FORMULA_BEGINNINGS = ("=", "+", "-", "@", "\t")

Source = Annotated[Path, typer.Argument(metavar="FILE", help="CSV file in UTF-8.", exists=True, dir_okay=False)]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Decide every row and keep nothing.")]
Refused = Annotated[Path | None, typer.Option(help="Write the refused rows and why to this CSV file.")]


def import_file(
    file: Source,
    organization: OfOrganization,
    dry_run: DryRun = False,
    refused: Refused = None,
    as_json: AsJson = False,
) -> None:
    """Import measurements from a CSV file; every row is recorded, a duplicate, or refused with its reason.

    Columns: kpi,period,value,numerator,denominator,source,external_id,observed_at,
    note. Only kpi, period and a value are needed; n/a as value says that there is
    none. Importing a file again records nothing twice.

    Examples:
      $ steelyard import values.csv --organization acme --dry-run
      $ steelyard import values.csv --organization acme --refused refused.csv
    """
    checked = _checked(file)
    counted = Tally()
    with opened() as session, progress() as bar:
        actor = session.owner_of(organization)
        outcomes = (rehearse if dry_run else record)(session.app, actor, checked)
        try:
            with _reporting(refused) as report:
                for outcome in bar.track(outcomes, total=checked.rows, description=f"importing {file.name}"):
                    counted.take(outcome)
                    report(outcome)
        except FileChanged as error:
            raise unfit(str(error)) from None
        if not dry_run:
            bring_up(session.app, actor.tenant)
    _print(file, counted, dry_run, as_json)
    if counted.of["refused"]:
        raise found_wrong()


def _checked(file: Path) -> Checked:
    try:
        return check(file)
    except Invalid as error:
        raise unfit(f"{file}: {error.code}: {error.detail}") from None
    except OSError as error:
        raise unfit(f"{file}: {error.strerror}") from None


class Tally:
    """How many rows of each outcome, and the first refused ones."""

    def __init__(self) -> None:
        self.of: dict[Outcome, int] = {"recorded": 0, "duplicate": 0, "refused": 0}
        self.refused: list[RowOutcome] = []
        self.doubtful = 0
        self.first_doubt = ""

    def take(self, outcome: RowOutcome) -> None:
        self.of[outcome.outcome] += 1
        if outcome.outcome == "refused" and len(self.refused) < REFUSED_SHOWN_MAX:
            self.refused.append(outcome)
        if outcome.warnings:
            self.doubtful += 1
            self.first_doubt = self.first_doubt or f"row {outcome.number}: {outcome.warnings[0]}"


def _print(file: Path, counted: Tally, dry_run: bool, as_json: bool) -> None:
    if as_json:
        refused: Json = [_refusal(outcome) for outcome in counted.refused]
        numbers: dict[str, Json] = dict(counted.of.items())
        print_json(
            {"file": str(file), "dry_run": dry_run, **numbers, "first_refused": refused, "look_again": counted.doubtful}
        )
        return
    if counted.refused:
        rows = [tuple(str(cell) for cell in _refusal(outcome).values()) for outcome in counted.refused]
        print_table("Refused", ("Row", "Column", "Code", "Rule"), rows, frozenset({"Row"}))
    left = counted.of["refused"] - len(counted.refused)
    if left:
        say(f"and {left} more; --refused FILE writes them all")
    if counted.doubtful:
        say(f"look again at {counted.doubtful} of the rows that are no error, first {counted.first_doubt}")
    would = "would be " if dry_run else ""
    say(
        f"{file.name}: {counted.of['recorded']} {would}recorded, {counted.of['duplicate']} there already, "
        f"{counted.of['refused']} {would}refused"
    )


def _refusal(outcome: RowOutcome) -> dict[str, int | str]:
    column = (outcome.field or "").removeprefix("/")
    return {"row": outcome.number, "column": column, "code": outcome.code or "", "rule": outcome.detail or ""}


@contextmanager
def _reporting(path: Path | None) -> Iterator[Callable[[RowOutcome], None]]:
    """Write refused rows to a file as they come; without a file, nothing."""
    if path is None:
        yield lambda outcome: None
        return
    try:
        target = path.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise unfit(f"{path}: {error.strerror}") from None
    with target:
        writer = csv.writer(target)
        writer.writerow(("row", "column", "code", "rule"))

        def write(outcome: RowOutcome) -> None:
            if outcome.outcome == "refused":
                writer.writerow([_inert(str(cell)) for cell in _refusal(outcome).values()])

        yield write


def _inert(cell: str) -> str:
    """A rule quotes what was in the file: a spreadsheet must not run it."""
    return f"'{cell}" if cell.startswith(FORMULA_BEGINNINGS) else cell
