"""What commands print: tables for people, plain text where output is piped, JSON for scripts.

Results go to stdout, progress and remarks to stderr, so that a pipe carries results only.
"""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import IO, Annotated

import typer
from rich import box
from rich.console import Console, JustifyMethod
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

PIPED_WIDTH = 200
NONE: frozenset[str] = frozenset()
CUT_WIDTH_MIN = 8
COLUMN_GAP = 2
TABLE_EDGES = 1

Json = None | bool | int | str | Sequence["Json"] | Mapping[str, "Json"]

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a script instead of text for a person.")]


def console(file: IO[str] | None = None) -> Console:
    """Text for people; a pipe gets the same without colours, and lines that are not cut."""
    target = file or sys.stdout
    return Console(file=target, width=None if target.isatty() else PIPED_WIDTH, highlight=False)


def say(text: str) -> None:
    """A line of text as it is: square brackets are no markup."""
    console().print(escape(text), soft_wrap=True)


def remark(text: str) -> None:
    """A line beside the result, on stderr."""
    console(sys.stderr).print(escape(text), soft_wrap=True, style="dim")


def print_json(value: Json) -> None:
    """One JSON document on one line."""
    print(json.dumps(value, ensure_ascii=False))


def print_table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    right: frozenset[str] = NONE,
    cut: str | None = None,
) -> None:
    """A table; columns in `right` hold numbers and align to the right.

    With `cut` no cell is broken: where room lacks, those of that column are shortened.
    """
    target = console()
    cells = [columns, *rows]
    shown = cells if cut is None else _cut(cells, columns.index(cut), target.width)
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for column in columns:
        justify: JustifyMethod = "right" if column in right else "left"
        table.add_column(column, justify=justify, overflow="fold", no_wrap=cut is not None)
    for row in shown[1:]:
        table.add_row(*(escape(cell) for cell in row))
    target.print(table)


def _cut(cells: Sequence[Sequence[str]], index: int, width: int) -> list[Sequence[str]]:
    """The cells with those of one column short enough for all others."""
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    room = max(CUT_WIDTH_MIN, width - sum(widths) + widths[index] - COLUMN_GAP * len(widths) - TABLE_EDGES)
    return [[_shortened(cell, room) if at == index else cell for at, cell in enumerate(row)] for row in cells]


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def print_fields(title: str, fields: Mapping[str, str]) -> None:
    """Names and values, one pair a line."""
    table = Table(title=title, title_justify="left", title_style="bold", box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    for name, value in fields.items():
        table.add_row(name, escape(value))
    console().print(table)


@contextmanager
def progress() -> Iterator[Progress]:
    """A progress bar on stderr, where stderr is a terminal; nothing elsewhere."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    err = console(sys.stderr)
    with Progress(*columns, TimeRemainingColumn(), console=err, disable=not err.is_terminal, transient=True) as bar:
        yield bar


def telling(bar: Progress) -> Callable[[str, int, int], None]:
    """A function that is told what is being done, how far it is, and of how many: a line of the bar for each."""
    tasks: dict[str, TaskID] = {}

    def tell(what: str, done: int, size: int) -> None:
        if what not in tasks:
            tasks[what] = bar.add_task(what)
        bar.update(tasks[what], completed=done, total=size)

    return tell


def number(value: Decimal | str | None) -> str:
    """An exact decimal without trailing zeros; a dash where there is none."""
    if value is None:
        return "-"
    text = f"{Decimal(value):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
