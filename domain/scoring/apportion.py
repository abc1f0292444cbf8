"""Rounding the parts of a sum so that what is shown adds up to the total that is shown."""

from collections.abc import Sequence
from decimal import ROUND_FLOOR, Decimal, localcontext

from domain.values import ARITHMETIC


def apportioned(parts: Sequence[Decimal], total: Decimal, decimals: int) -> tuple[Decimal, ...]:
    """The parts at that many decimals, adding up to `total` (a multiple of the last decimal): by largest remainder.

    Between equal remainders the earlier part gets the unit. The total may be off the exact sum by some units, as a
    shown score is that had to stay in its band.
    """
    if not parts:
        return ()
    with localcontext(ARITHMETIC):
        unit = Decimal((0, (1,), -decimals))
        floors = [part.quantize(unit, rounding=ROUND_FLOOR) for part in parts]
        units = int((total - sum(floors, start=Decimal(0))) / unit)
        each, extra = divmod(units, len(parts))
        by_remainder = sorted(range(len(parts)), key=lambda index: (floors[index] - parts[index], index))
        for rank, index in enumerate(by_remainder):
            floors[index] += unit * (each + (1 if rank < extra else 0))
        return tuple(floors)
