"""Which scorecards a KPI can reach: by placement in any published version, and upwards through cascades."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from domain.scorecard import tree
from domain.scorecard.state import Scorecard
from domain.scoring.inputs import Definitions
from domain.values import KpiId, ScorecardId

NO_SCORECARDS: frozenset[ScorecardId] = frozenset()
NO_KPIS: frozenset[KpiId] = frozenset()

KEPT_MAX = 64
_kept: "dict[int, tuple[Definitions, Usage]]" = {}
"""By identity, for definitions are too large to compare; each holds its own definitions, so that no id comes twice."""


@dataclass(frozen=True, slots=True)
class Usage:
    """`of_kpi`: the scorecards a KPI's value can change. `above`: a scorecard and all that contain it, however deep.

    `below`: the KPIs that can change a scorecard. Drafts do not count, for nothing is stored of them.
    """

    of_kpi: Mapping[KpiId, frozenset[ScorecardId]]
    above: Mapping[ScorecardId, frozenset[ScorecardId]]
    below: Mapping[ScorecardId, frozenset[KpiId]]


def usage(definitions: Definitions) -> Usage:
    """The usage by all versions published so far; kept for the definitions asked about last."""
    kept = _kept.get(id(definitions))
    if kept is not None and kept[0] is definitions:
        return kept[1]
    found = _usage(definitions)
    if len(_kept) >= KEPT_MAX:
        _kept.clear()
    _kept[id(definitions)] = (definitions, found)
    return found


def _usage(definitions: Definitions) -> Usage:
    placed = {card.id: _placed_kpis(card) for card in definitions.scorecards.values() if card.versions}
    containers = _containers(definitions.scorecards.values())
    above = {card: _reachable(card, containers) for card in definitions.scorecards}
    below: dict[ScorecardId, set[KpiId]] = {}
    of_kpi: dict[KpiId, set[ScorecardId]] = {}
    for card, kpis in placed.items():
        for higher in above[card]:
            below.setdefault(higher, set()).update(kpis)
        for kpi in kpis:
            of_kpi.setdefault(kpi, set()).update(above[card])
    return Usage(
        {kpi: frozenset(cards) for kpi, cards in of_kpi.items()},
        above,
        {card: frozenset(kpis) for card, kpis in below.items()},
    )


def _placed_kpis(card: Scorecard) -> frozenset[KpiId]:
    return NO_KPIS.union(*(tree.placed_kpis(version.card.root) for version in card.versions))


def _containers(cards: Iterable[Scorecard]) -> Mapping[ScorecardId, set[ScorecardId]]:
    found: dict[ScorecardId, set[ScorecardId]] = {}
    for card in cards:
        for version in card.versions:
            for child in tree.placed_scorecards(version.card.root):
                found.setdefault(child, set()).add(card.id)
    return found


def _reachable(card: ScorecardId, containers: Mapping[ScorecardId, set[ScorecardId]]) -> frozenset[ScorecardId]:
    found, waiting = {card}, [card]
    while waiting:
        for higher in containers.get(waiting.pop(), ()):
            if higher not in found:
                found.add(higher)
                waiting.append(higher)
    return frozenset(found)
