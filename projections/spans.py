"""Which periods a history covers: those asked for, else those in which the scorecard has values, up to the present."""

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import islice

from domain.calendar import Calendar, Period, PeriodKind
from domain.errors import Invalid
from domain.values import ScorecardId
from projections import readings
from projections.reader import Reader
from projections.usage import NO_KPIS, usage

PERIODS_MAX = 400


def span(
    reader: Reader, scorecard: ScorecardId, kind: PeriodKind, first: Period | None, last: Period | None
) -> Sequence[Period]:
    """The periods from `first` to `last`, all of one kind; an open end is the first or last period with values.

    An open end lies in the future only if all values do. Without `first` there are at most the last PERIODS_MAX; with
    it, more of them raise Invalid `range-too-long`.
    """
    if first is not None and last is not None:
        return _forwards(reader.calendar, first, last)
    known = [each for each in _with_values(reader, scorecard) if each.kind is kind]
    known = sorted(begun(reader.calendar, known, reader.as_of), key=reader.calendar.last_day)
    if not known:
        return [each for each in (first or last,) if each is not None]
    if first is not None:
        return _forwards(reader.calendar, first, known[-1])
    return _backwards(reader.calendar, known[0], last or known[-1])


def begun(calendar: Calendar, periods: Collection[Period], as_of: datetime) -> Collection[Period]:
    """Those that have begun, or all where none has: one value for 2099 is no reason to show nothing of today."""
    today = calendar.day_of(as_of)
    return [period for period in periods if calendar.first_day(period) <= today] or periods


def _forwards(calendar: Calendar, first: Period, last: Period) -> Sequence[Period]:
    found = list(islice(calendar.span(first, last), PERIODS_MAX + 1))
    if len(found) > PERIODS_MAX:
        raise Invalid("range-too-long", f"a history covers at most {PERIODS_MAX} periods", "/from")
    return found


def _backwards(calendar: Calendar, first: Period, last: Period) -> Sequence[Period]:
    found: list[Period] = []
    while len(found) < PERIODS_MAX and calendar.last_day(first) <= calendar.last_day(last):
        found.append(last)
        last = calendar.previous(last)
    return found[::-1]


def _with_values(reader: Reader, scorecard: ScorecardId) -> frozenset[Period]:
    """The periods in which a KPI of the scorecard ever had a value, and the longer ones around them."""
    kpis = usage(reader.definitions).below.get(scorecard, NO_KPIS)
    cells = readings.periods_with_values(
        reader.connection, reader.tenant, reader.readings_generation, kpis, reader.position
    )
    return frozenset(longer for cell in cells for longer in reader.calendar.ancestors(cell))
