"""Whether a score rose since the previous comparable period."""

from decimal import Decimal
from typing import Literal

from domain.values import q

Trend = Literal["up", "down", "level", "unknown"]


def trend(now: Decimal | None, before: Decimal | None) -> Trend:
    """The sign of the change of the raw score, which is right for KPIs that want a range too."""
    if now is None or before is None:
        return "unknown"
    difference = q(now).compare(q(before))
    return "level" if not difference else "up" if difference > 0 else "down"
