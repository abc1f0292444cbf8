"""A file of measurements, 500 rows to a transaction: the rows of record_batch, with a key of file and part.

The whole file is checked before the first row is recorded, so a fault of the file leaves nothing behind. A part that
was recorded is recognised by its key, and once keys are forgotten its rows are duplicates: repeating is always safe.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

from msgspec import structs

from domain.errors import Invalid
from domain.measurement.sheet import Row, RowError, read_sheet
from services.app import App
from services.batch import BatchRow, RowRefused, RowView, batch_view, outcome_of, record_batch
from services.commands import CommandKey
from services.known import Known
from services.values_in_force import ValuesInForce
from tenants.access import Actor

ROWS_PER_PART = 500
ROWS_MAX = 1_000_000
READ_SIZE_BYTES = 65_536
REHEARSAL_SECONDS_MAX = 600.0
"""A dry run only reads and locks nothing, so it may take its time."""

ATTEMPTS_MAX = 20
"""How often a refused row can be tried again before the keys of the first attempts are forgotten, after a week."""

Outcome = Literal["recorded", "duplicate", "refused"]
SheetRow = Row | RowError


@dataclass(frozen=True, slots=True)
class Checked:
    """A file that can be imported: its hash, and how many rows it has besides empty ones."""

    path: Path
    sha256: str
    rows: int


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """What became of a row; `number` counts as a spreadsheet does. `position`: where its content stands in the log."""

    number: int
    outcome: Outcome
    position: int | None
    field: str | None
    code: str | None
    detail: str | None
    warnings: tuple[str, ...] = ()


def check(path: Path) -> Checked:
    """Read the file once from end to end. Raises Invalid for a fault of the file, OSError."""
    digest = hashlib.sha256()
    rows = sum(1 for _ in read_sheet(_chunks(path, digest.update), ROWS_MAX))
    return Checked(path, digest.hexdigest(), rows)


def record(app: App, actor: Actor, file: Checked) -> Iterator[RowOutcome]:
    """Record the rows of a checked file in parts, an outcome for each as its part is committed.

    Raises FileChanged when the file is another one since it was checked; what was recorded before stays.
    """
    for number, rows in enumerate(_parts(file)):
        yield from _record_part(app, actor, f"{file.sha256}-{number}", rows)


def _record_part(app: App, actor: Actor, name: str, rows: Sequence[SheetRow]) -> Iterator[RowOutcome]:
    """Rows that were refused earlier are tried again, for their KPI may exist by now; the others are left in peace."""
    views: dict[int, RowView] = {}
    pending = list(range(len(rows)))
    for attempt in range(ATTEMPTS_MAX):
        key = CommandKey.of(f"import-{name}-{attempt}", b"import", name.encode(), repr(pending).encode())
        answer = record_batch(app, actor, [_batch_row(rows[index]) for index in pending], key)
        answered = dict(zip(pending, batch_view(answer).rows, strict=True))
        views |= {index: _seen_again(view) if answer.replayed else view for index, view in answered.items()}
        pending = [
            index for index, view in answered.items() if view.outcome == "refused" and isinstance(rows[index], Row)
        ]
        if not answer.replayed or not pending:
            break
    return _outcomes(rows, [views[index] for index in range(len(rows))])


def _seen_again(view: RowView) -> RowView:
    """What an earlier import recorded is a duplicate in this one."""
    return structs.replace(view, outcome="duplicate") if view.outcome == "recorded" else view


def rehearse(app: App, actor: Actor, file: Checked) -> Iterator[RowOutcome]:
    """Decide every row as `record` would, on the log as it is now, in a transaction that cannot write."""
    with app.database.transaction(actor.tenant, deadline_seconds=REHEARSAL_SECONDS_MAX) as connection:
        log = app.logs.bind(connection, actor.tenant)
        known = Known(actor, log, log.head(), app.definitions, ValuesInForce(connection, actor.tenant))
        for rows in _parts(file):
            wanted = [_batch_row(row) for row in rows]
            known.values.prepare([row for row in wanted if not isinstance(row, RowRefused)])
            outcomes = [outcome_of(known, actor, index, row) for index, row in enumerate(wanted)]
            yield from _outcomes(rows, outcomes, positions=False)


class FileChanged(Exception):
    """The file is not the one that was checked."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} was changed while it was imported; import it again, nothing is recorded twice")


def _parts(file: Checked) -> Iterator[Sequence[SheetRow]]:
    rows = _rows(file)
    while part := tuple(islice(rows, ROWS_PER_PART)):
        yield part


def _rows(file: Checked) -> Iterator[SheetRow]:
    digest = hashlib.sha256()
    try:
        yield from read_sheet(_chunks(file.path, digest.update), ROWS_MAX)
    except Invalid:
        raise FileChanged(file.path) from None
    if digest.hexdigest() != file.sha256:
        raise FileChanged(file.path)


def _chunks(path: Path, hashed: Callable[[bytes], None]) -> Iterator[bytes]:
    with path.open("rb") as source:
        while chunk := source.read(READ_SIZE_BYTES):
            hashed(chunk)
            yield chunk


def _batch_row(row: SheetRow) -> BatchRow:
    return row.command if isinstance(row, Row) else RowRefused(row.code, row.detail, row.field)


def _outcomes(rows: Sequence[SheetRow], views: Sequence[RowView], *, positions: bool = True) -> Iterator[RowOutcome]:
    for row, view in zip(rows, views, strict=True):
        position = view.position if positions or view.outcome == "duplicate" else None
        warnings = tuple(warning.detail for warning in view.warnings)
        yield RowOutcome(row.number, view.outcome, position, view.field, view.code, view.detail, warnings)
