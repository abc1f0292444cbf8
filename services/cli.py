"""The program `steelyard`: what can be asked from a terminal; each kind of command has its room in command_line/.

`python -m services` is the same program.
"""

from importlib.metadata import version
from typing import Annotated

import typer

from services.command_line import audit, backups, demos, health, imports, keys, organizations, processes, reading
from services.command_line.output import say
from services.command_line.statuses import ending

HELP = """
Balanced scorecards for many organizations, event-sourced and verifiable.

[bold]A first look[/bold]
  steelyard run                              everything, on this machine
  steelyard scores --organization company    a scorecard and its years

[bold]Your own[/bold]
  steelyard organization create acme --name "Acme Ltd"
  steelyard import values.csv --organization acme --dry-run

Typed beside a running service, a command uses that service's servers;
alone, it starts and stops them itself. With --json a command prints one
line of JSON for scripts. Exit status: 0 done, 1 found something wrong,
2 wrong arguments or settings, 3 refused by the rules, 4 a server is away.
"""

SERVICE, CASES, DATA, ACCESS = "Service", "Examples", "Scorecards and values", "Organizations and keys"


def main() -> None:
    """The console script."""
    command = typer.main.get_command(program())
    ending(lambda: command(prog_name="steelyard"))


def program() -> typer.Typer:
    """All commands."""
    cli = typer.Typer(
        name="steelyard",
        help=HELP,
        no_args_is_help=True,
        rich_markup_mode="rich",
        add_completion=False,
        callback=_any_command,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for command, panel in (
        (processes.run, SERVICE),
        (processes.serve, SERVICE),
        (processes.worker, SERVICE),
        (processes.migrate, SERVICE),
        (backups.backup, SERVICE),
        (backups.restore, SERVICE),
        (processes.open_page, SERVICE),
        (health.doctor, SERVICE),
        (imports.import_file, DATA),
        (reading.scores, DATA),
        (reading.balance, DATA),
        (audit.log, DATA),
        (audit.verify, DATA),
    ):
        cli.command(name=NAMES.get(command.__name__, command.__name__), rich_help_panel=panel)(command)
    cli.add_typer(demos.commands(), rich_help_panel=CASES)
    cli.add_typer(organizations.commands(), rich_help_panel=ACCESS)
    cli.add_typer(keys.commands(), rich_help_panel=ACCESS)
    return cli


def _print_version(wanted: bool) -> None:
    if wanted:
        say(f"steelyard {version('steelyard')}")
        raise typer.Exit


def _any_command(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Before any command."""


NAMES = {"open_page": "open", "import_file": "import"}
"""Commands whose name is a word of Python."""
