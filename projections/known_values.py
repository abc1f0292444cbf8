"""The values of the cells that somebody asked for, as of a position: brought forward by events, not read again."""

from collections.abc import Callable, Collection, Iterable

from domain.measurement.events import NOT_APPLICABLE, MeasurementEvent, MeasurementRetracted, Reading, ValueKnown
from domain.measurement.events import ValueDeclaredNotApplicable as DeclaredNotApplicable
from domain.scoring.inputs import Cell, Values
from projections.kpi_json import Written

Read = Callable[[Collection[Cell]], Values]


class KnownValues:
    """`cells` has an empty entry for one that was read and has no value; what is absent was never read.

    `written` has some of the values as they stand in trees.
    """

    def __init__(self) -> None:
        self.cells: dict[Cell, tuple[ValueKnown, ...]] = {}
        self.written: Written = {}

    def take(self, event: MeasurementEvent, position: int) -> None:
        """The next measurement of the log."""
        cell = (event.kpi, event.period)
        known = self.cells.get(cell)
        if known is None:
            return
        reading = _reading(event)
        for each in known:
            self.written.pop(each.position, None)
        found = [each for each in known if each.source != event.source]
        if reading is not None:
            found.append(ValueKnown(event.kpi, event.period, event.source, reading, position))
            found.sort(key=lambda each: each.source)
        self.cells[cell] = tuple(found)

    def clear(self) -> None:
        """Begin anew."""
        self.cells.clear()
        self.written.clear()

    def ask(self, wanted: Iterable[Cell], read: Read) -> None:
        """Have these cells; those that are missing are read as of the same position."""
        missing = [cell for cell in wanted if cell not in self.cells]
        if missing:
            found = read(missing)
            self.cells.update((cell, found.get(cell, ())) for cell in missing)


def _reading(event: MeasurementEvent) -> Reading | None:
    if isinstance(event, MeasurementRetracted):
        return None
    return NOT_APPLICABLE if isinstance(event, DeclaredNotApplicable) else event.reading
