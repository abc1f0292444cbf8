"""How each KPI is collected on a day, as far as its freshness depends on it; worked out once a day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from domain.calendar import Period
from domain.kpi.events import Definition
from domain.kpi.state import Kpi, definition_for
from domain.scoring.freshness import first_period
from domain.scoring.inputs import Definitions
from domain.values import KpiId

KEPT_MAX = 256
_kept: "dict[int, tuple[Definitions, date, Mapping[KpiId, Collection]]]" = {}
"""By identity, for definitions are too large to compare; each holds its own definitions, so that no id comes twice."""


@dataclass(frozen=True, slots=True, eq=False)
class Collection:
    """One stands for all KPIs that are collected alike: of the definition only the grace days count."""

    definition: Definition
    first_period: Period
    retired_after: date | None


def collection(definitions: Definitions, today: date) -> Mapping[KpiId, Collection]:
    """Of every KPI that is defined on the day; kept for the definitions asked about last."""
    kept = _kept.get(id(definitions))
    if kept is not None and kept[0] is definitions and kept[1] == today:
        return kept[2]
    found = _collection(definitions, today)
    if len(_kept) >= KEPT_MAX:
        _kept.clear()
    _kept[id(definitions)] = definitions, today, found
    return found


def _collection(definitions: Definitions, today: date) -> Mapping[KpiId, Collection]:
    alike: dict[tuple[int | None, Period, date | None], Collection] = {}
    found = {}
    for code, kpi in definitions.kpis.items():
        made = _collected(definitions, kpi, today)
        if made is not None:
            found[code] = alike.setdefault((made.definition.grace_days, made.first_period, made.retired_after), made)
    return found


def _collected(definitions: Definitions, kpi: Kpi, today: date) -> Collection | None:
    known, first = definition_for(kpi, today), first_period(kpi, definitions.calendar)
    return None if known is None or first is None else Collection(known.definition, first, kpi.retired_after)
