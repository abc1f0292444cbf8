"""How large a scorecard may grow; every limit has a name and a refusal of its own."""

from domain.errors import Refused

PERSPECTIVES_MAX = 20
OBJECTIVES_MAX = 200
"""Of one scorecard."""
PLACEMENTS_MAX = 1_000
"""KPIs and child scorecards placed in one scorecard, together."""
LINKS_MAX = 1_000
LIMITERS_MAX = 20
"""Of one node."""
LIMITER_CHILDREN_MAX = 1_000
VERSIONS_MAX = 500
CASCADE_DEPTH_MAX = 10
"""Scorecards above one another, by placement or as parents."""


def refuse_beyond(count: int, maximum: int, code: str, field: str = "") -> None:
    """Raises Refused with the code, `too-many-<things>`, when the count of them would pass the maximum."""
    if count > maximum:
        raise Refused(code, f"a scorecard may have at most {maximum} {code.removeprefix('too-many-')}", field)
