"""The rules of values: recorded, corrected, retracted, not applicable.

Facts, not an aggregate: the context tells what is in force, so no stream is loaded.
"""

from datetime import UTC, datetime
from typing import assert_never

from domain.calendar import YEAR_MAX, YEAR_MIN
from domain.errors import Invalid, NotFound, Refused
from domain.measurement.commands import (
    CorrectMeasurement,
    DeclareNotApplicable,
    Duplicate,
    Entering,
    KpiFacts,
    MeasurementCommand,
    MeasurementContext,
    RecordMeasurement,
    RetractMeasurement,
)
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
from domain.measurement.reading import read
from domain.values import FreeText, free_text, name


def decide(command: MeasurementCommand, context: MeasurementContext) -> MeasurementEvent | Duplicate:
    """The event, or the position that already says the same.

    Raises NotFound `kpi-unknown`; Invalid `period-kind`, `source-undeclared` and what readings refuse; Refused
    `external-id-conflict`, `kpi-retired`, `value-exists`, `value-changed`, `nothing-to-correct`.
    """
    facts = context.kpi
    if facts is None:
        raise NotFound("kpi-unknown", f"there is no KPI {command.kpi!r}", "/kpi")
    if command.period.kind is not facts.frequency:
        detail = f"/period {command.period} is a {command.period.kind}; {facts.kpi} is measured by {facts.frequency}"
        raise Invalid("period-kind", detail, "/period")
    match command:
        case RecordMeasurement():
            return _recorded(command, facts, context)
        case CorrectMeasurement():
            return _corrected(command, facts, context)
        case DeclareNotApplicable():
            return _declared(command, facts, context)
        case RetractMeasurement():
            in_force = _replaced(command, context)
            return MeasurementRetracted(
                command.kpi, command.period, command.source, in_force.position, free_text(command.reason)
            )
        case _:
            assert_never(command)


def _recorded(
    command: RecordMeasurement, facts: KpiFacts, context: MeasurementContext
) -> MeasurementRecorded | Duplicate:
    reading = read(command.entry, facts)
    known = _already(command, reading, facts, context) or _first(reading, context)
    return known or MeasurementRecorded(
        command.kpi,
        command.period,
        command.source,
        reading,
        _instant(command.observed_at),
        _external_id(command.external_id),
        _note(command.note),
    )


def _declared(
    command: DeclareNotApplicable, facts: KpiFacts, context: MeasurementContext
) -> ValueDeclaredNotApplicable | Duplicate:
    known = _already(command, NOT_APPLICABLE, facts, context) or _first(NOT_APPLICABLE, context)
    return known or ValueDeclaredNotApplicable(
        command.kpi,
        command.period,
        command.source,
        _note(command.reason, "/reason"),
        _instant(command.observed_at),
        _external_id(command.external_id),
    )


def _corrected(
    command: CorrectMeasurement, facts: KpiFacts, context: MeasurementContext
) -> MeasurementCorrected | Duplicate:
    """An entry without any part corrects to not applicable."""
    entry = command.entry
    nothing = entry.value is None and entry.numerator is None and entry.denominator is None
    reading = NOT_APPLICABLE if nothing else read(entry, facts)
    known = _already(command, reading, facts, context)
    if known is not None:
        return known
    in_force = _replaced(command, context)
    if in_force.reading == reading:
        return Duplicate(in_force.position)
    return MeasurementCorrected(
        command.kpi,
        command.period,
        command.source,
        reading,
        in_force.position,
        free_text(command.reason),
        _instant(command.observed_at),
        _external_id(command.external_id),
        _note(command.note),
    )


def _already(command: Entering, reading: Reading, facts: KpiFacts, context: MeasurementContext) -> Duplicate | None:
    """The external id is asked first: a client that repeats itself hears so whatever has happened since."""
    stored = context.external
    if command.external_id is not None and stored is not None:
        if (stored.kpi, stored.period, stored.reading) == (command.kpi, command.period, reading):
            return Duplicate(stored.position)
        detail = f"/external_id {command.external_id[:40]!r} stands for other content, at position {stored.position}"
        raise Refused("external-id-conflict", detail, "/external_id")
    if command.source not in facts.sources:
        declared = ", ".join(facts.sources)
        raise Invalid("source-undeclared", f"/source must be one of {facts.kpi}'s sources: {declared}", "/source")
    if facts.retired_after is not None and context.calendar.last_day(command.period) > facts.retired_after:
        raise Refused("kpi-retired", f"/period ends after {facts.retired_after}, the last day of the KPI", "/period")
    return None


def _first(reading: Reading, context: MeasurementContext) -> Duplicate | None:
    """At most one value is in force for a KPI, period and source."""
    in_force = context.in_force
    if in_force is None:
        return None
    if in_force.reading == reading:
        return Duplicate(in_force.position)
    how = "correct it without a value" if reading == NOT_APPLICABLE else "correct it"
    detail = f"there is another value at position {in_force.position}; {how}, naming that position and a reason"
    raise Refused("value-exists", detail)


def _replaced(command: CorrectMeasurement | RetractMeasurement, context: MeasurementContext) -> ValueKnown:
    in_force = context.in_force
    if in_force is None:
        detail = f"{command.kpi} has no value for {command.period} from {command.source}; record one instead"
        raise Refused("nothing-to-correct", detail)
    if in_force.position != command.replaces:
        detail = f"/replaces must be {in_force.position}, the position of the value in force"
        raise Refused("value-changed", detail, "/replaces")
    return in_force


def _instant(instant: datetime | None) -> datetime | None:
    """In UTC; it is shown and decides nothing."""
    if instant is None:
        return None
    if instant.tzinfo is None or not YEAR_MIN <= instant.year <= YEAR_MAX:
        raise Invalid("instant-invalid", "/observed_at must be an instant with its offset", "/observed_at")
    return instant.astimezone(UTC)


def _external_id(external_id: str | None) -> str | None:
    """As the client wrote it, for it is looked up by exactly that."""
    if external_id is not None and name(external_id, "/external_id") != external_id:
        raise Invalid("external-id-invalid", "/external_id must not begin or end with space", "/external_id")
    return external_id


def _note(text: str | None, field: str = "/note") -> FreeText | None:
    return None if text is None else free_text(text, field)
