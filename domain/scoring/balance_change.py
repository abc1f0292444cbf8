"""How a change of the design index divides over its four parts (hard-cases.md H6.6): the mean of two paths."""

from collections.abc import Sequence
from decimal import Decimal, localcontext

from domain.scoring.balance import DESIGN_PARTS, Index, Part, design_value
from domain.values import ARITHMETIC


def design_change(before: Index, after: Index) -> tuple[Part, ...] | None:
    """The points each part moved the index by; they add up to its change. None if either end is undefined.

    One path switches the parts from before to after in order, the other in reverse; a part's share is the mean of its
    two steps.
    """
    old = [part.value for part in before.parts if part.value is not None]
    new = [part.value for part in after.parts if part.value is not None]
    if before.value is None or after.value is None or len(old) != len(new):
        return None
    with localcontext(ARITHMETIC):
        forward = _steps(old, new, range(len(old)))
        backward = _steps(old, new, range(len(old) - 1, -1, -1))
        changes = [(one + other) / 2 for one, other in zip(forward, backward, strict=True)]
    return tuple(Part(name, change) for name, change in zip(DESIGN_PARTS, changes, strict=True))


def _steps(old: Sequence[Decimal], new: Sequence[Decimal], order: Sequence[int]) -> list[Decimal]:
    """What switching each part in that order adds to the index, by place of the part."""
    parts, found = list(old), [Decimal(0)] * len(old)
    value = design_value(parts)
    for place in order:
        parts[place] = new[place]
        found[place] = design_value(parts) - value
        value += found[place]
    return found
