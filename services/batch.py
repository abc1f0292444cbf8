"""Many measurements in one transaction: an outcome for every row, valid rows recorded, or with `atomic` all or none."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from msgspec import Struct, json

from domain.errors import DomainError
from domain.measurement.commands import MeasurementCommand
from infra.eventstore.log import Head, Recorded
from services import routes
from services.bundle import App
from services.commands import Answer, CommandKey, Forbidden, WarningView, warnings_of
from services.known import Known
from services.transaction import Decided, Work, transact
from tenants.access import Actor

ROWS_MAX = 5_000


@dataclass(frozen=True, slots=True)
class RowRefused:
    """A row that is no command: refused before anything is looked at. `field` is a JSON pointer within the row."""

    code: str
    detail: str
    field: str = ""


BatchRow = MeasurementCommand | RowRefused


class RowView(Struct, frozen=True, omit_defaults=True):
    """What became of one row, 0 for the first. `position` is where its content stands in the log."""

    row: int
    outcome: Literal["recorded", "duplicate", "refused"]
    position: int | None
    code: str | None
    field: str | None
    detail: str | None
    warnings: list[WarningView] = []


class BatchView(Struct, frozen=True):
    """What became of the rows, in order, and how many of each."""

    position: int
    recorded: int
    duplicates: int
    refused: int
    rows: list[RowView]


class BatchRefused(Exception):
    """With `atomic`, a row was refused, so nothing was recorded."""

    def __init__(self, rows: Sequence[RowView]) -> None:
        super().__init__(len(rows))
        self.rows = tuple(rows)


class TooManyRows(ValueError):
    """More rows than one transaction may hold."""


def record_batch(app: App, actor: Actor, rows: Sequence[BatchRow], key: CommandKey, *, atomic: bool = False) -> Answer:
    """Record what can be recorded of up to 5,000 rows; the answer's body is a BatchView.

    Raises BatchRefused (with `atomic`), KeyReused, KeyInProgress, CatalogBehind, Unavailable.
    """
    if len(rows) > ROWS_MAX:
        raise TooManyRows(f"at most {ROWS_MAX} rows at once")
    meeting = [row for row in rows if not isinstance(row, RowRefused)]
    return transact(app, actor, key, _recording(actor, rows, atomic), meeting=meeting)


def _recording(actor: Actor, rows: Sequence[BatchRow], atomic: bool) -> Work:
    def work(known: Known) -> Decided:
        outcomes = [outcome_of(known, actor, index, row) for index, row in enumerate(rows)]
        refused = [outcome for outcome in outcomes if outcome.outcome == "refused"]
        if atomic and refused:
            raise BatchRefused(refused)
        return Decided(tuple(known.events), lambda recorded, head: _answer(outcomes, recorded, head))

    return work


def outcome_of(known: Known, actor: Actor, index: int, row: BatchRow) -> RowView:
    """Decide one row on what the earlier ones left; never raises for what is wrong with the row."""
    if isinstance(row, RowRefused):
        return RowView(index, "refused", None, row.code, row.field, row.detail)
    position, remarked = known.next_position, len(known.remarks)
    try:
        routes.check_permission(actor, row)
        duplicate = routes.decide(known, row)
    except Forbidden as error:
        detail = f"the key lacks the permission {error.required.value} for this KPI"
        return RowView(index, "refused", None, "insufficient-role", "/kpi", detail)
    except DomainError as error:
        return RowView(index, "refused", None, error.code, error.field, error.detail)
    if duplicate is not None:
        return RowView(index, "duplicate", duplicate, None, None, None)
    return RowView(index, "recorded", position, None, None, None, warnings_of(known.remarks[remarked:]))


def _answer(outcomes: list[RowView], recorded: tuple[Recorded, ...], head: Head) -> tuple[bytes, int]:
    def count(wanted: str) -> int:
        return sum(outcome.outcome == wanted for outcome in outcomes)

    position = recorded[-1].position if recorded else head.position
    view = BatchView(position, count("recorded"), count("duplicate"), count("refused"), outcomes)
    return json.encode(view), position


def batch_view(answer: Answer) -> BatchView:
    """The answer of record_batch() as a value."""
    return json.decode(answer.body, type=BatchView)
