"""Which of several effective-dated definitions applies on a day: the same rule for all of them."""

from collections.abc import Iterable
from datetime import date
from typing import Protocol, TypeVar


class Effective(Protocol):
    """Anything that applies from a date and was put into the log at a position."""

    @property
    def effective_from(self) -> date: ...

    @property
    def position(self) -> int: ...


AnyEffective = TypeVar("AnyEffective", bound=Effective)


def in_force(known: Iterable[AnyEffective], day: date) -> AnyEffective | None:
    """The one with the latest `effective_from` not after the day, the later position between equal ones."""
    candidates = [each for each in known if each.effective_from <= day]
    return max(candidates, key=lambda each: (each.effective_from, each.position), default=None)
