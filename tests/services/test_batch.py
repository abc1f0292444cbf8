"""record_batch(): an outcome for every row, valid rows recorded in one transaction, or with `atomic` all or none."""

from uuid import UUID

import pytest

from services.app import App, execute
from services.batch import ROWS_MAX, BatchRefused, BatchRow, RowRefused, TooManyRows, batch_view, record_batch
from services.commands import CommandKey
from tenants.access import Actor, Role
from tests.support.app import found, owner
from tests.support.commands import define, record


@pytest.fixture
def organization(app: App) -> UUID:
    founded = found(app).organization
    execute(app, owner(founded), [define(), record(60)], CommandKey.made())
    return founded


def test_every_row_has_its_outcome_and_valid_rows_are_recorded(app: App, organization: UUID) -> None:
    rows: list[BatchRow] = [
        record(60),
        record(61),
        record(70, month=2),
        record(70, month=2),
        record(80, month=3, code="other"),
        RowRefused("wrong-type", "/value: no number", "/value"),
        record(90, month=4),
    ]
    view = batch_view(record_batch(app, owner(organization), rows, CommandKey.made()))
    assert [(row.row, row.outcome, row.position, row.code) for row in view.rows] == [
        (0, "duplicate", 4, None),
        (1, "refused", None, "value-exists"),
        (2, "recorded", 5, None),
        (3, "duplicate", 5, None),
        (4, "refused", None, "kpi-unknown"),
        (5, "refused", None, "wrong-type"),
        (6, "recorded", 6, None),
    ]
    assert (view.recorded, view.duplicates, view.refused, view.position) == (2, 2, 3, 6)


def test_a_repeated_batch_gets_the_first_answer_byte_for_byte(app: App, organization: UUID) -> None:
    key = CommandKey.of("batch", b"rows")
    rows = [record(70, month=2), record(61)]
    first, second = (record_batch(app, owner(organization), rows, key) for _ in range(2))
    assert first.body == second.body
    assert (first.replayed, second.replayed) == (False, True)


def test_an_atomic_batch_with_a_refused_row_records_nothing(app: App, organization: UUID) -> None:
    rows = [record(70, month=2), record(61)]
    with pytest.raises(BatchRefused) as refusal:
        record_batch(app, owner(organization), rows, CommandKey.made(), atomic=True)
    assert [(row.row, row.code) for row in refusal.value.rows] == [(1, "value-exists")]
    with app.database.transaction(organization) as connection:
        assert app.logs.bind(connection, organization).head().position == 4


def test_rows_of_kpis_that_are_not_the_contributors_are_refused_alone(app: App, organization: UUID) -> None:
    view = batch_view(
        record_batch(app, Actor(organization, "x", Role.CONTRIBUTOR), [record(70, month=2)], CommandKey.made())
    )
    assert [(row.outcome, row.code) for row in view.rows] == [("refused", "insufficient-role")]


def test_more_rows_than_one_transaction_may_hold_are_refused(app: App, organization: UUID) -> None:
    with pytest.raises(TooManyRows):
        record_batch(app, owner(organization), [record(1)] * (ROWS_MAX + 1), CommandKey.made())


def test_five_thousand_rows_are_one_transaction(app: App, organization: UUID) -> None:
    codes = [f"kpi-{number}" for number in range(417)]
    execute(app, owner(organization), [define(code) for code in codes], CommandKey.made())
    rows = [record(7, month, code) for code in codes for month in range(1, 13)][:ROWS_MAX]
    view = batch_view(record_batch(app, owner(organization), rows, CommandKey.made()))
    assert (view.recorded, view.refused) == (ROWS_MAX, 0)
    with app.database.transaction(organization) as connection:
        recorded = app.logs.bind(connection, organization).read(view.position - ROWS_MAX, ROWS_MAX)
    assert len({each.recorded_at for each in recorded}) == 1
