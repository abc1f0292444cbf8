"""Rules of what is measured where: KPIs placed under nodes, the weights of siblings, and how they roll up."""

from collections.abc import Sequence
from typing import assert_never

from domain.errors import Invalid, NotFound, Refused
from domain.scorecard import lookup, rollup, tree
from domain.scorecard.commands import PlaceKpi, ScorecardContext, SetMissingData, SetRollup, SetWeights, UnplaceKpi
from domain.scorecard.events import (
    ChildWeight,
    KpiPlaced,
    KpiUnplaced,
    MissingDataSet,
    RollupSet,
    ScorecardEvent,
    WeightsSet,
)
from domain.scorecard.limits import PLACEMENTS_MAX, refuse_beyond
from domain.scorecard.state import Card, Node
from domain.values import weight

PlacementCommand = PlaceKpi | UnplaceKpi | SetWeights | SetRollup | SetMissingData


def decide(command: PlacementCommand, card: Card, context: ScorecardContext) -> Sequence[ScorecardEvent]:
    """What the command makes happen to the draft; nothing when the draft is so already."""
    match command:
        case PlaceKpi():
            return [_placed(command, card, context)]
        case UnplaceKpi():
            return [_unplaced(command, card)]
        case SetWeights():
            return _weights_set(command, lookup.node(card, command.node))
        case SetRollup():
            node = lookup.node(card, command.node)
            rollup.check(command.rollup, node, context.bands)
            return [RollupSet(command.scorecard, node.id, command.rollup)] if command.rollup != node.rollup else []
        case SetMissingData():
            same = command.missing_data == card.missing_data
            return [] if same else [MissingDataSet(command.scorecard, command.missing_data)]
        case _:
            assert_never(command)


def refuse_crowded(card: Card) -> None:
    """Raises Refused `too-many-placements` when one more KPI or child scorecard has no room."""
    placements = sum(len(node.placements) + len(node.scorecards) for node in tree.walk(card.root))
    refuse_beyond(placements + 1, PLACEMENTS_MAX, "too-many-placements")


def _placed(command: PlaceKpi, card: Card, context: ScorecardContext) -> KpiPlaced:
    node = lookup.node(card, command.node)
    if command.kpi not in context.known_kpis:
        raise NotFound("kpi-unknown", f"/kpi: there is no KPI {command.kpi!r}", "/kpi")
    if any(placement.kpi == command.kpi for placement in node.placements):
        detail = f"/kpi: {command.kpi!r} is already placed under {lookup.shown(node.id)}"
        raise Refused("kpi-already-placed", detail, "/kpi")
    refuse_crowded(card)
    return KpiPlaced(command.scorecard, node.id, command.kpi, weight(command.weight))


def _unplaced(command: UnplaceKpi, card: Card) -> KpiUnplaced:
    node = lookup.node(card, command.node)
    if all(placement.kpi != command.kpi for placement in node.placements):
        detail = f"/kpi: {command.kpi!r} is not placed under {lookup.shown(node.id)}"
        raise NotFound("kpi-not-placed", detail, "/kpi")
    if node.rollup.kpi == command.kpi:
        detail = f"/kpi: the roll-up of {lookup.shown(node.id)} names {command.kpi!r}; set another roll-up first"
        raise Refused("kpi-named-by-rollup", detail, "/kpi")
    return KpiUnplaced(command.scorecard, node.id, command.kpi)


def _weights_set(command: SetWeights, node: Node) -> Sequence[ScorecardEvent]:
    if not command.weights:
        raise Invalid("weights-empty", "/weights must name at least one child", "/weights")
    known = {(child.kind, child.child): child.weight for child in tree.weights_of(node)}
    seen: set[tuple[str, str]] = set()
    checked = []
    for index, wanted in enumerate(command.weights):
        field = f"/weights/{index}"
        key = (wanted.kind, wanted.child)
        if key not in known:
            detail = f"{field}: {lookup.shown(node.id)} has no {wanted.kind} {wanted.child!r} as a child"
            raise NotFound("child-unknown", detail, field)
        if key in seen:
            raise Invalid("child-repeated", f"{field}: {wanted.kind} {wanted.child!r} is named twice", field)
        seen.add(key)
        checked.append(ChildWeight(wanted.kind, wanted.child, weight(wanted.weight, f"{field}/weight")))
    if all(known[wanted.kind, wanted.child] == wanted.weight for wanted in checked):
        return []
    return [WeightsSet(command.scorecard, node.id, tuple(checked))]
