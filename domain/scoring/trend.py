"""Whether a score rose since the previous comparable period, and whether the two were made alike (H3.14)."""

from decimal import Decimal
from typing import Literal

from domain.scoring.tree import KpiScore, ScoreTree
from domain.values import q

Trend = Literal["up", "down", "level", "unknown"]


def trend(now: Decimal | None, before: Decimal | None) -> Trend:
    """The sign of the change of the raw score, which is right for KPIs that want a range too."""
    if now is None or before is None:
        return "unknown"
    difference = q(now).compare(q(before))
    return "level" if not difference else "up" if difference > 0 else "down"


def kpi_differences(now: KpiScore, before: KpiScore) -> tuple[str, ...]:
    """What other than the value differs between two periods of a KPI: `definition`, `scale`, `target`."""
    same = (
        ("definition", now.trace.definition_position == before.trace.definition_position),
        ("scale", now.trace.scale_position == before.trace.scale_position),
        ("target", _aim(now) == _aim(before)),
    )
    return tuple(name for name, is_same in same if not is_same)


def tree_differences(now: ScoreTree, before: ScoreTree) -> tuple[str, ...]:
    """What other than values and targets differs between two periods of a scorecard: `version`, `policy`."""
    same = (
        ("version", now.version_position == before.version_position),
        ("policy", (now.policy_position, now.missing_data) == (before.policy_position, before.missing_data)),
    )
    return tuple(name for name, is_same in same if not is_same)


def _aim(score: KpiScore) -> tuple[Decimal | None, ...]:
    return score.target, score.baseline, score.stretch
