"""How collection periods become a longer period: the same function over the same periods for actual and target.

Called inside ARITHMETIC (domain.values).
"""

from collections.abc import Sequence
from decimal import Decimal

from domain.kpi.events import Aggregation, Definition
from domain.scoring.collected import DIVISION_BY_ZERO, Collected, by_weight

NOTHING = Decimal(0)


def has_longer_period(definition: Definition) -> bool:
    """Whether the KPI has a value in periods longer than a collection period."""
    return definition.aggregation not in (Aggregation.NONE, Aggregation.DISTINCT_COUNT)


def adds_up(definition: Definition) -> bool:
    """Whether a longer period is worth more for being longer, so that what is fixed counts once per period."""
    return definition.aggregation in (Aggregation.SUM, Aggregation.COUNT)


def enters(definition: Definition, cell: Collected) -> bool:
    """Whether a counted collection period has what is aggregated: the parts of a ratio that adds them, else a value.

    A ratio over 0 that is not added up (`last`, `min`, ...) has neither value nor target there: like for like.
    """
    return cell.value is not None or definition.aggregation is Aggregation.RATIO


def actual(definition: Definition, counted: Sequence[Collected]) -> Decimal | str:
    """The value of the longer period from the collection periods that enter, or the reason why they have none."""
    if definition.aggregation is Aggregation.RATIO:
        numerator = sum((each.numerator or NOTHING for each in counted), start=NOTHING)
        denominator = _denominators(counted)
        return numerator * definition.ratio_per / denominator if denominator else DIVISION_BY_ZERO
    values = [each.value for each in counted if each.value is not None]
    if not values:
        return DIVISION_BY_ZERO
    if definition.aggregation is Aggregation.COUNT:
        return Decimal(len(values))
    if by_weight(definition):
        return _weighted(values, counted)
    return _plain(definition.aggregation, values)


def aimed(definition: Definition, targets: Sequence[Decimal], counted: Sequence[Collected]) -> Decimal:
    """One target (baseline, stretch) for the longer period from those of the collection periods that enter, in order.

    Targets of `count` add up: a count of targets would always be met.
    """
    if definition.aggregation is Aggregation.RATIO or by_weight(definition):
        joined = _weighted(targets, counted)
        return joined if isinstance(joined, Decimal) else _plain(Aggregation.MEAN, targets)
    if definition.aggregation is Aggregation.COUNT:
        return _plain(Aggregation.SUM, targets)
    return _plain(definition.aggregation, targets)


def _weighted(values: Sequence[Decimal], weights: Sequence[Collected]) -> Decimal | str:
    total = _denominators(weights)
    if not total:
        return DIVISION_BY_ZERO
    products = (v * (each.denominator or NOTHING) for v, each in zip(values, weights, strict=True))
    return sum(products, start=NOTHING) / total


def _denominators(counted: Sequence[Collected]) -> Decimal:
    return sum((each.denominator or NOTHING for each in counted), start=NOTHING)


def _plain(aggregation: Aggregation, values: Sequence[Decimal]) -> Decimal:
    """`values` in order of their periods, at least one."""
    match aggregation:
        case Aggregation.SUM:
            return sum(values, start=NOTHING)
        case Aggregation.LAST:
            return values[-1]
        case Aggregation.FIRST:
            return values[0]
        case Aggregation.MIN:
            return min(values)
        case Aggregation.MAX:
            return max(values)
        case Aggregation.MEDIAN:
            return _median(sorted(values))
        case _:
            return sum(values, start=NOTHING) / len(values)


def _median(ordered: Sequence[Decimal]) -> Decimal:
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) / 2
