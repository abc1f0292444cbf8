"""Restatements: a definition that changes what is in force for an ended, measured period must say so.

KPI definitions, scales, policies and scorecard versions all ask the same questions here.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from domain.calendar import Calendar, Period
from domain.errors import Invalid, Refused
from domain.in_force import Effective
from domain.values import FreeText, free_text


def restated(
    known: Sequence[Effective], effective_from: date, calendar: Calendar, measured: Iterable[Period], as_of: datetime
) -> Period | None:
    """The first and shortest period that a new definition from that date would rewrite; None: no restatement.

    `known` are the definitions of the same thing before it, `measured` the collection periods with a value; a longer
    period that holds one of them counts as measured too. A new definition governs from its date up to the next known
    later one. The first of all never restates. The caller has made sure that the new definition differs from the one
    in force on its date.
    """
    if not known:
        return None
    until = min((each.effective_from for each in known if each.effective_from > effective_from), default=date.max)
    rewritten = [
        period for period in _ended(calendar, measured, as_of) if effective_from <= calendar.last_day(period) < until
    ]
    return min(rewritten, key=lambda each: (calendar.last_day(each), _length(calendar, each)), default=None)


def last_ended(calendar: Calendar, measured: Iterable[Period], as_of: datetime) -> date:
    """The last day of the latest ended period, of any length, that holds a value; date.min without one."""
    return max((calendar.last_day(period) for period in _ended(calendar, measured, as_of)), default=date.min)


def _ended(calendar: Calendar, measured: Iterable[Period], as_of: datetime) -> set[Period]:
    periods = {ancestor for each in measured for ancestor in calendar.ancestors(each)}
    return {period for period in periods if calendar.ended(period, as_of)}


def _length(calendar: Calendar, period: Period) -> timedelta:
    return calendar.last_day(period) - calendar.first_day(period)


def checked_mark(period: Period | None, marked: bool, reason: str | None) -> tuple[bool, FreeText | None]:
    """Whether the definition is a restatement, and its reason; `period` is the answer of `restated`.

    Raises Refused `restatement-unmarked` if it is one and does not say so, Invalid `reason-missing` if it does without
    a reason. Saying so where nothing is rewritten is harmless: the log keeps what is true.
    """
    wording = free_text(reason) if reason is not None else None
    if period is None:
        return False, wording
    if not marked:
        raise Refused(
            "restatement-unmarked",
            f"/restatement must be true: this changes what was in force for {period.text}, which has ended and has "
            "values; say so and give a reason, or choose a later /effective_from",
            "/restatement",
        )
    if wording is None:
        raise Invalid("reason-missing", "/reason must be given for a restatement", "/reason")
    return True, wording
