"""A file of measurements: checked whole before anything is kept, rehearsed without writing, recorded once in parts."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from domain.calendar import PeriodKind
from domain.errors import Invalid
from domain.kpi.commands import DefineKpi
from domain.kpi.events import Aggregation, Definition, Direction, Kind
from domain.values import KpiId
from services.app import App, execute
from services.commands import CommandKey
from services.importing import ROWS_PER_PART, FileChanged, RowOutcome, check, record, rehearse
from tenants.access import Actor
from tests.support.app import found, owner

HEADER = "kpi,period,value\n"


def define(app: App, actor: Actor, code: str) -> None:
    definition = Definition(
        name=code,
        unit="pieces",
        kind=Kind.FLOW,
        direction=Direction.HIGHER,
        frequency=PeriodKind.MONTH,
        aggregation=Aggregation.SUM,
    )
    execute(app, actor, [DefineKpi(KpiId(code), definition, date(1950, 1, 1))], CommandKey.made())


@pytest.fixture
def actor(app: App) -> Actor:
    """The owner of a new organization with the KPI `sales`."""
    made = owner(found(app).organization)
    define(app, made, "sales")
    return made


def months(count: int) -> str:
    return "".join(f"sales,{1950 + n // 12}-{n % 12 + 1:02},{n}\n" for n in range(count))


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "values.csv"
    file.write_text(text)
    return file


def counted(outcomes: list[RowOutcome]) -> dict[str, int]:
    return dict(Counter(outcome.outcome for outcome in outcomes))


def head(app: App, actor: Actor) -> int:
    with app.database.transaction(actor.tenant) as connection:
        return app.logs.bind(connection, actor.tenant).head().position


def test_every_row_has_an_outcome_and_good_rows_are_recorded(app: App, actor: Actor, tmp_path: Path) -> None:
    rows = ["sales,2026-01,10", "profit,2026-01,1", 'sales,2026-02,"1,5"', "sales,2026-13,1", "sales,2026-03,=1+1"]
    text = HEADER + "\n".join([*rows, "sales,2026-04"])
    outcomes = list(record(app, actor, check(written(tmp_path, text))))
    assert [(each.number, each.outcome, each.field, each.code) for each in outcomes] == [
        (2, "recorded", None, None),
        (3, "refused", "/kpi", "kpi-unknown"),
        (4, "refused", "/value", "decimal-comma"),
        (5, "refused", "/period", "period-invalid"),
        (6, "refused", "/value", "formula"),
        (7, "refused", "", "cells-mismatch"),
    ]
    assert outcomes[0].position == head(app, actor)


def test_a_second_import_changes_nothing_and_says_so(app: App, actor: Actor, tmp_path: Path) -> None:
    file = check(written(tmp_path, HEADER + months(ROWS_PER_PART + 7)))
    assert counted(list(record(app, actor, file))) == {"recorded": ROWS_PER_PART + 7}
    before = head(app, actor)
    assert counted(list(record(app, actor, file))) == {"duplicate": ROWS_PER_PART + 7}
    assert head(app, actor) == before


def test_an_import_that_was_cut_off_goes_on_where_it_was(app: App, actor: Actor, tmp_path: Path) -> None:
    file = check(written(tmp_path, HEADER + months(2 * ROWS_PER_PART)))
    outcomes = record(app, actor, file)
    next(outcomes)
    del outcomes  # as a killed process would leave it
    assert counted(list(record(app, actor, file))) == {"duplicate": ROWS_PER_PART, "recorded": ROWS_PER_PART}


def test_rows_refused_for_a_missing_kpi_are_recorded_once_it_exists(app: App, actor: Actor, tmp_path: Path) -> None:
    file = check(written(tmp_path, f"{HEADER}sales,2026-01,1\nprofit,2026-01,2\n"))
    assert counted(list(record(app, actor, file))) == {"recorded": 1, "refused": 1}
    define(app, actor, "profit")
    assert counted(list(record(app, actor, file))) == {"duplicate": 1, "recorded": 1}
    assert counted(list(record(app, actor, file))) == {"duplicate": 2}


def test_a_dry_run_says_what_an_import_would_do_and_keeps_nothing(app: App, actor: Actor, tmp_path: Path) -> None:
    text = f"{HEADER}{months(ROWS_PER_PART)}profit,2026-01,1\nsales,1950-01,5\nsales,1950-01,0\n"
    file = check(written(tmp_path, text))
    before = head(app, actor)
    rehearsed = [(each.number, each.outcome, each.code) for each in rehearse(app, actor, file)]
    assert head(app, actor) == before
    assert rehearsed == [(each.number, each.outcome, each.code) for each in record(app, actor, file)]
    assert rehearsed[-2:] == [(ROWS_PER_PART + 3, "refused", "value-exists"), (ROWS_PER_PART + 4, "duplicate", None)]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (HEADER.encode() + b"sales,2026-01,1\n" * 700 + b"sales,2026-01,\xff\n", "encoding"),
        (b"kpi,value\nsales,1\n", "column-missing"),
        (b"kpi,period,amount\nsales,2026-01,1\n", "column-unknown"),
        (HEADER.encode() + b"sales," + b"x" * 200_000, "line-too-long"),
        (HEADER.encode() + b'sales,2026-01,"1\n', "csv-broken"),
        (b"", "header-missing"),
    ],
)
def test_a_fault_of_the_file_is_found_before_anything_is_recorded(content: bytes, code: str, tmp_path: Path) -> None:
    file = tmp_path / "values.csv"
    file.write_bytes(content)
    with pytest.raises(Invalid) as fault:
        check(file)
    assert fault.value.code == code


def test_a_file_without_line_ends_is_refused_after_one_line(tmp_path: Path) -> None:
    file = tmp_path / "endless.csv"
    with file.open("wb") as sparse:
        sparse.truncate(1_000_000_000)
    with pytest.raises(Invalid, match="line 1"):
        check(file)


def test_a_file_that_changes_meanwhile_is_noticed(app: App, actor: Actor, tmp_path: Path) -> None:
    file = check(written(tmp_path, f"{HEADER}sales,2026-01,1\n"))
    written(tmp_path, f"{HEADER}sales,2026-01,2\n")
    with pytest.raises(FileChanged):
        list(record(app, actor, file))
