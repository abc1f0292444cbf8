"""What of a KPI never changes: a different unit, kind or frequency is a different KPI."""

from datetime import date

from domain.errors import Refused
from domain.kpi.events import Aggregation, Definition, Kind
from domain.kpi.state import DefinitionKnown

ADVICE = "define another KPI instead"


def refuse_change_of_fixed(
    known: tuple[DefinitionKnown, ...], new: Definition, effective_from: date, measured: bool
) -> None:
    """Raises Refused when the new definition is another measure than those it will stand beside.

    `fixed-once-measured` once the KPI has a value. Before, `definition-mixed` if an old definition with another unit,
    kind or frequency would stay in force on some day: to replace it, the new one must apply from the same day.
    """
    for day, old in sorted(_in_force_on_some_day(known).items(), key=lambda item: item[0]):
        field = _changed(old, new)
        if field and measured:
            raise Refused("fixed-once-measured", f"/{field} is fixed, for the KPI has values; {ADVICE}", f"/{field}")
        if field and day != effective_from:
            detail = f"/{field} must be the same at all times: replace the definition from {day}, or {ADVICE}"
            raise Refused("definition-mixed", detail, f"/{field}")
        if measured:
            _refuse_reinterpretation(old, new)


def _in_force_on_some_day(known: tuple[DefinitionKnown, ...]) -> dict[date, Definition]:
    """By effective date: of several from one day the last in order of position is the only one in force."""
    return {each.effective_from: each.definition for each in known}


def _changed(old: Definition, new: Definition) -> str | None:
    for field, before, after in (
        ("unit", old.unit, new.unit),
        ("kind", old.kind, new.kind),
        ("frequency", old.frequency, new.frequency),
    ):
        if before != after:
            return field
    return None


def _refuse_reinterpretation(old: Definition, new: Definition) -> None:
    """Values once recorded keep their meaning: a factor, the ends of a survey, the ranks of options, weights."""
    labels = tuple(option.label for option in old.options)
    for field, broken in (
        ("ratio_per", old.ratio_per != new.ratio_per),
        ("survey_low", new.kind is Kind.SURVEY and old.survey_low != new.survey_low),
        ("survey_high", new.kind is Kind.SURVEY and old.survey_high != new.survey_high),
        ("options", tuple(option.label for option in new.options[: len(labels)]) != labels),
        ("aggregation", _weighted(new) and not _weighted(old)),
    ):
        if broken:
            raise Refused(
                "fixed-once-measured",
                f"/{field} would give the recorded values another meaning; {ADVICE}",
                f"/{field}",
            )


def _weighted(definition: Definition) -> bool:
    return definition.aggregation is Aggregation.WEIGHTED_MEAN and definition.kind is not Kind.SURVEY
