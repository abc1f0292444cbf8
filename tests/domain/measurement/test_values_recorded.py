"""Values: recorded once, corrected by naming what is replaced, retracted, declared not applicable."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import Calendar, Period, PeriodKind
from domain.errors import DomainError
from domain.measurement.commands import (
    CorrectMeasurement,
    DeclareNotApplicable,
    Duplicate,
    Entry,
    Form,
    KpiFacts,
    MeasurementCommand,
    MeasurementContext,
    RecordMeasurement,
    RetractMeasurement,
)
from domain.measurement.decide import decide
from domain.measurement.events import (
    NOT_APPLICABLE,
    MeasurementCorrected,
    MeasurementEvent,
    MeasurementRecorded,
    MeasurementRetracted,
    Reading,
    ValueDeclaredNotApplicable,
    ValueKnown,
)
from domain.values import MANUAL, FreeText, KpiId, Source

SALES = KpiId("sales")
MARCH = Period.parse("2026-03")
FACTS = KpiFacts(SALES, PeriodKind.MONTH, Form.NUMBER)
ERP = Source("erp")


def known(
    in_force: ValueKnown | None = None, external: ValueKnown | None = None, facts: KpiFacts | None = FACTS
) -> MeasurementContext:
    return MeasurementContext(Calendar(), facts, in_force, external)


def value(number: int | str, position: int = 7) -> ValueKnown:
    return ValueKnown(SALES, MARCH, MANUAL, Reading(Decimal(number)), position)


def record(number: int | str, **more: str) -> RecordMeasurement:
    return RecordMeasurement(SALES, MARCH, Entry(Decimal(number)), **more)  # type: ignore[arg-type]  # texts only


def correct(number: int | None, replaces: int) -> CorrectMeasurement:
    entry = Entry() if number is None else Entry(Decimal(number))
    return CorrectMeasurement(SALES, MARCH, entry, replaces, "checked")


def retract(replaces: int) -> RetractMeasurement:
    return RetractMeasurement(SALES, MARCH, replaces, "wrong")


def refusal(command: MeasurementCommand, context: MeasurementContext) -> tuple[str, str]:
    with pytest.raises(DomainError) as refused:
        decide(command, context)
    assert refused.value.detail
    return refused.value.code, refused.value.field


@dataclass(slots=True)
class Chain:
    """The value in force of one KPI, period and source, as a catalog keeps it."""

    in_force: ValueKnown | None = None
    events: list[MeasurementEvent] = field(default_factory=list)

    def do(self, command: MeasurementCommand) -> MeasurementEvent | Duplicate:
        outcome = decide(command, known(self.in_force))
        if not isinstance(outcome, Duplicate):
            self.events.append(outcome)
            self.in_force = self._after(outcome)
        return outcome

    def _after(self, event: MeasurementEvent) -> ValueKnown | None:
        match event:
            case MeasurementRetracted():
                return None
            case ValueDeclaredNotApplicable():
                return ValueKnown(SALES, MARCH, MANUAL, NOT_APPLICABLE, len(self.events))
            case MeasurementRecorded() | MeasurementCorrected():
                return ValueKnown(SALES, MARCH, MANUAL, event.reading, len(self.events))

    @property
    def shown(self) -> str:
        if self.in_force is None:
            return "missing"
        return "n/a" if self.in_force.reading.not_applicable else str(self.in_force.reading.value)


def test_the_chain_of_worked_example_7() -> None:
    chain = Chain()
    steps: list[MeasurementCommand] = [record(60), correct(50, 1), correct(55, 2), retract(3), record(55)]
    shown = []
    for command in steps:
        if command == steps[3]:
            assert refusal(correct(40, 1), known(chain.in_force)) == ("value-changed", "/replaces")
        chain.do(command)
        shown.append(chain.shown)
    assert shown == ["60", "50", "55", "missing", "55"]
    assert [type(event) for event in chain.events] == [
        MeasurementRecorded,
        MeasurementCorrected,
        MeasurementCorrected,
        MeasurementRetracted,
        MeasurementRecorded,
    ]


def test_a_value_is_recorded_in_its_plain_form_with_what_came_with_it() -> None:
    observed = datetime(2026, 4, 1, 2, tzinfo=timezone(timedelta(hours=2)))
    command = RecordMeasurement(
        SALES, MARCH, Entry(Decimal("60.00")), observed_at=observed, external_id="e-1", note=" late "
    )
    event = decide(command, known())
    assert event == MeasurementRecorded(
        SALES, MARCH, MANUAL, Reading(Decimal(60)), datetime(2026, 4, 1, tzinfo=UTC), "e-1", FreeText("late")
    )
    assert isinstance(event, MeasurementRecorded)
    assert str(event.reading.value) == "60"


def test_the_same_value_again_is_a_duplicate_and_another_one_is_refused() -> None:
    assert decide(record("60.0"), known(value(60))) == Duplicate(7)
    assert refusal(record(61), known(value(60))) == ("value-exists", "")


def test_not_applicable_is_a_value_like_any_other() -> None:
    declared = ValueKnown(SALES, MARCH, MANUAL, NOT_APPLICABLE, 4)
    declare = DeclareNotApplicable(SALES, MARCH, reason="No customers yet.")
    assert decide(declare, known()) == ValueDeclaredNotApplicable(SALES, MARCH, MANUAL, FreeText("No customers yet."))
    assert decide(declare, known(declared)) == Duplicate(4)
    assert refusal(declare, known(value(60))) == ("value-exists", "")
    assert refusal(record(60), known(declared)) == ("value-exists", "")
    with pytest.raises(DomainError, match="correct it without a value"):
        decide(declare, known(value(60)))


def test_not_applicable_replaces_and_is_replaced_by_correction() -> None:
    chain = Chain()
    for command in (record(60), correct(None, 1), correct(50, 2)):
        chain.do(command)
    assert [getattr(event, "reading", None) for event in chain.events] == [
        Reading(Decimal(60)),
        NOT_APPLICABLE,
        Reading(Decimal(50)),
    ]


def test_a_correction_names_what_it_replaces_and_why() -> None:
    assert decide(correct(50, 7), known(value(60))) == MeasurementCorrected(
        SALES, MARCH, MANUAL, Reading(Decimal(50)), 7, FreeText("checked")
    )
    assert refusal(correct(50, 6), known(value(60))) == ("value-changed", "/replaces")
    assert refusal(correct(50, 7), known()) == ("nothing-to-correct", "")
    assert refusal(replace(correct(50, 7), reason=" "), known(value(60))) == ("text-empty", "/reason")


def test_a_correction_to_the_same_value_is_a_duplicate() -> None:
    assert decide(correct(60, 7), known(value(60))) == Duplicate(7)


def test_a_retraction_names_what_it_takes_back_and_why() -> None:
    assert decide(retract(7), known(value(60))) == MeasurementRetracted(SALES, MARCH, MANUAL, 7, FreeText("wrong"))
    assert refusal(retract(6), known(value(60))) == ("value-changed", "/replaces")
    assert refusal(retract(7), known()) == ("nothing-to-correct", "")
    assert refusal(replace(retract(7), reason=""), known(value(60))) == ("text-empty", "/reason")


def test_an_unknown_kpi_is_refused_whatever_is_asked() -> None:
    for command in (record(1), correct(1, 1), retract(1), DeclareNotApplicable(SALES, MARCH)):
        assert refusal(command, known(facts=None)) == ("kpi-unknown", "/kpi")


def test_a_value_belongs_to_a_period_of_the_kpis_frequency() -> None:
    for name in ("2026-Q1", "2026", "2026-W07", "2026-03-14", "2026-H1"):
        assert refusal(replace(record(1), period=Period.parse(name)), known()) == ("period-kind", "/period")


def test_a_source_must_be_declared() -> None:
    assert refusal(replace(record(1), source=ERP), known()) == ("source-undeclared", "/source")
    two = replace(FACTS, sources=(MANUAL, ERP))
    assert decide(replace(record(1), source=ERP), known(facts=two))


def test_a_source_that_is_no_longer_declared_may_still_be_taken_back() -> None:
    old = replace(value(60), source=ERP)
    assert decide(replace(retract(7), source=ERP), known(old))


def test_after_the_last_day_of_a_kpi_nothing_is_entered_and_everything_can_be_taken_back() -> None:
    ended = replace(FACTS, retired_after=date(2026, 3, 30))
    for command in (record(1), correct(1, 7), DeclareNotApplicable(SALES, MARCH)):
        assert refusal(command, known(value(60), facts=ended)) == ("kpi-retired", "/period")
    assert decide(retract(7), known(value(60), facts=ended))
    assert decide(record(1), known(facts=replace(ended, retired_after=date(2026, 3, 31))))


def test_an_external_id_is_asked_first_and_stands_for_one_content_for_ever() -> None:
    stored = value(60, position=3)
    again = record(60, external_id="e-1")
    for in_force in (None, value(60, 3), value(50, 9)):
        assert decide(again, known(in_force, stored)) == Duplicate(3)
    for other in (
        record(61, external_id="e-1"),
        replace(again, period=Period.parse("2026-04")),
        DeclareNotApplicable(SALES, MARCH, external_id="e-1"),
        replace(correct(61, 9), external_id="e-1"),
    ):
        assert refusal(other, known(value(50, 9), stored)) == ("external-id-conflict", "/external_id")


def test_a_known_external_id_is_a_duplicate_even_after_the_end_of_the_kpi() -> None:
    ended = replace(FACTS, retired_after=date(2026, 1, 31))
    assert decide(record(60, external_id="e-1"), known(value(50), value(60, 3), ended)) == Duplicate(3)


def test_a_new_external_id_does_not_open_a_second_value() -> None:
    assert refusal(record(61, external_id="e-2"), known(value(60))) == ("value-exists", "")
    assert decide(record(60, external_id="e-2"), known(value(60))) == Duplicate(7)


@pytest.mark.parametrize(
    ("command", "code", "field"),
    [
        (record(1, external_id=""), "text-empty", "/external_id"),
        (record(1, external_id=" e"), "external-id-invalid", "/external_id"),
        (record(1, external_id="x" * 201), "text-too-long", "/external_id"),
        (record(1, external_id="a\nb"), "control-character", "/external_id"),
        (record(1, note="x" * 4001), "text-too-long", "/note"),
        (
            replace(record(1), observed_at=datetime(2026, 3, 1, tzinfo=UTC).replace(tzinfo=None)),
            "instant-invalid",
            "/observed_at",
        ),
        (replace(record(1), observed_at=datetime(1, 1, 1, tzinfo=UTC)), "instant-invalid", "/observed_at"),
        (replace(DeclareNotApplicable(SALES, MARCH), reason="\x00x"), "control-character", "/reason"),
    ],
)
def test_what_comes_with_a_value_is_checked(command: MeasurementCommand, code: str, field: str) -> None:
    assert refusal(command, known()) == (code, field)


numbers = st.integers(0, 3)
positions = st.integers(1, 4)
commands = st.one_of(
    st.builds(record, numbers),
    st.builds(correct, st.none() | numbers, positions),
    st.builds(retract, positions),
    st.just(DeclareNotApplicable(SALES, MARCH)),
)


@given(st.lists(commands, max_size=12))
def test_only_the_end_of_a_chain_is_ever_replaced_and_nothing_is_said_twice(
    series: Iterable[MeasurementCommand],
) -> None:
    chain = Chain()
    for command in series:
        before = chain.in_force
        try:
            outcome = chain.do(command)
        except DomainError:
            assert chain.in_force is before
            continue
        if isinstance(outcome, Duplicate):
            assert before is not None
            assert outcome.position == before.position
        elif isinstance(outcome, MeasurementCorrected | MeasurementRetracted):
            assert before is not None
            assert outcome.replaces == before.position
            assert getattr(outcome, "reading", None) != before.reading
        else:
            assert before is None
