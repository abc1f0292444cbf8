"""Which periods a history covers: those asked for, else those in which the scorecard has values."""

from collections.abc import Sequence

from domain.calendar import Period, PeriodKind
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

    Raises Invalid `range-too-long`.
    """
    if first is None or last is None:
        known = [each for each in _with_values(reader, scorecard) if each.kind is kind]
        if not known:
            return [each for each in (first or last,) if each is not None]
        known.sort(key=reader.calendar.last_day)
        first, last = first or known[0], last or known[-1]
    found: list[Period] = []
    for period in reader.calendar.span(first, last):
        if len(found) == PERIODS_MAX:
            raise Invalid("range-too-long", f"a history covers at most {PERIODS_MAX} periods", "/from")
        found.append(period)
    return found


def _with_values(reader: Reader, scorecard: ScorecardId) -> frozenset[Period]:
    """The periods in which a KPI of the scorecard ever had a value, and the longer ones around them."""
    kpis = usage(reader.definitions).below.get(scorecard, NO_KPIS)
    cells = readings.periods_with_values(
        reader.connection, reader.tenant, reader.readings_generation, kpis, reader.position
    )
    return frozenset(longer for cell in cells for longer in reader.calendar.ancestors(cell))
