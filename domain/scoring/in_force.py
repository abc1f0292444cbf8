"""What applies on the last day of the asked period; the rule itself is shared with the deciders."""

from collections.abc import Sequence
from datetime import date

from domain import in_force as shared
from domain.in_force import AnyEffective


def in_force(known: Sequence[AnyEffective], day: date) -> AnyEffective | None:
    """The one with the latest `effective_from` not after the day; first the usual case: defined once."""
    if len(known) == 1:
        return known[0] if known[0].effective_from <= day else None
    return shared.in_force(known, day)
