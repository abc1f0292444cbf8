"""From what somebody entered to a reading, by the form the KPI asks for; everything else is refused by name."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import assert_never

from domain.errors import Invalid
from domain.measurement.commands import Entry, Form, KpiFacts
from domain.measurement.events import Reading
from domain.values import exact

NUMBER_LENGTH_MAX = 64

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_YES_NO: Mapping[str, Decimal] = {
    "yes": Decimal(1),
    "true": Decimal(1),
    "no": Decimal(0),
    "false": Decimal(0),
}


def number(text: str) -> Decimal | None:
    """The number written with ASCII digits and a decimal point, or None if the text is none."""
    if len(text) > NUMBER_LENGTH_MAX or not _NUMBER.fullmatch(text):
        return None
    return Decimal(text)


def read(entry: Entry, facts: KpiFacts) -> Reading:
    """The reading in plain numbers. Raises Invalid `value-missing`, `part-missing`, `part-unexpected`,
    `not-a-number`, `too-many-digits`, `out-of-range`, `denominator-negative`, `option-unknown`, `not-yes-or-no`."""
    match facts.form:
        case Form.NUMBER:
            _refuse_parts(entry, ("numerator", "denominator"), facts)
            return Reading(_number(_value(entry)))
        case Form.QUOTIENT:
            return _quotient(entry, facts)
        case Form.SURVEY:
            return _survey(entry, facts)
        case Form.WEIGHTED:
            _refuse_parts(entry, ("numerator",), facts)
            return Reading(_number(_value(entry)), denominator=_denominator(entry, "the weight"))
        case Form.OPTION:
            _refuse_parts(entry, ("numerator", "denominator"), facts)
            return Reading(_rank(_value(entry), facts))
        case Form.YES_NO:
            _refuse_parts(entry, ("numerator", "denominator"), facts)
            return Reading(_yes_no(_value(entry)))
        case _:
            assert_never(facts.form)


def _quotient(entry: Entry, facts: KpiFacts) -> Reading:
    """A denominator of 0 is recorded: its parts still count in longer periods."""
    if entry.value is not None:
        detail = f"/value: {facts.kpi} is a ratio; give /numerator and /denominator"
        raise Invalid("part-unexpected", detail, "/value")
    if entry.numerator is None:
        raise Invalid("part-missing", f"/numerator must be given: {facts.kpi} is a ratio", "/numerator")
    return Reading(None, exact(entry.numerator, "/numerator"), _denominator(entry, "the denominator"))


def _survey(entry: Entry, facts: KpiFacts) -> Reading:
    _refuse_parts(entry, ("numerator",), facts)
    value = _number(_value(entry))
    if not facts.lowest <= value <= facts.highest:
        detail = f"/value must be {facts.lowest} to {facts.highest}, the ends of the survey"
        raise Invalid("out-of-range", detail, "/value")
    respondents = _denominator(entry, "the number of respondents")
    if respondents != respondents.to_integral_value() or respondents < 1:
        detail = "/denominator must be the number of respondents, 1 or more; without any, declare it not applicable"
        raise Invalid("out-of-range", detail, "/denominator")
    return Reading(value, denominator=respondents)


def _value(entry: Entry) -> Decimal | str:
    if entry.value is None:
        raise Invalid("value-missing", "/value must be given", "/value")
    return entry.value


def _number(value: Decimal | str) -> Decimal:
    found = number(value.strip()) if isinstance(value, str) else value
    if found is None:
        raise Invalid("not-a-number", "/value must be a number, with a decimal point", "/value")
    return exact(found, "/value")


def _denominator(entry: Entry, what: str) -> Decimal:
    if entry.denominator is None:
        raise Invalid("part-missing", f"/denominator must be given: {what}", "/denominator")
    denominator = exact(entry.denominator, "/denominator")
    if denominator < 0:
        raise Invalid("denominator-negative", f"/denominator must not be negative: {what}", "/denominator")
    return denominator


def _rank(value: Decimal | str, facts: KpiFacts) -> Decimal:
    """The rank of the option of that label, or the rank itself."""
    if isinstance(value, str):
        wanted = value.strip().casefold()
        for rank, label in enumerate(facts.options, 1):
            if label.casefold() == wanted:
                return Decimal(rank)
        value = number(value.strip()) or Decimal(0)
    rank_given = exact(value, "/value")
    if rank_given != rank_given.to_integral_value() or not 1 <= rank_given <= len(facts.options):
        labels = ", ".join(facts.options)
        raise Invalid("option-unknown", f"/value must be one of {labels}, or a rank from 1", "/value")
    return rank_given


def _yes_no(value: Decimal | str) -> Decimal:
    answer = _YES_NO.get(value.strip().casefold()) if isinstance(value, str) else exact(value, "/value")
    if answer is None and isinstance(value, str):
        answer = number(value.strip())
    if answer not in (Decimal(0), Decimal(1)):
        raise Invalid("not-yes-or-no", "/value must be yes or no", "/value")
    return Decimal(1) if answer else Decimal(0)


def _refuse_parts(entry: Entry, parts: tuple[str, ...], facts: KpiFacts) -> None:
    given = {"numerator": entry.numerator, "denominator": entry.denominator}
    for part in parts:
        if given[part] is not None:
            raise Invalid("part-unexpected", f"/{part}: {facts.kpi} has no {part}; leave it out", f"/{part}")
