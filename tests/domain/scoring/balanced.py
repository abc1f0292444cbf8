"""Cards whose balance is known, for the tests of balance."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction

from domain.kpi.events import Indicator
from domain.kpi.state import Kpi
from domain.policy import MissingData, Policy, ProfileShare
from domain.scorecard.state import Card, Node
from domain.scoring.balance import Balance, Index, balance
from domain.values import NodeId
from tests.domain.scoring.build import (
    LEVEL,
    D,
    Entered,
    Number,
    definitions,
    exactly,
    kpi,
    links,
    node,
    now,
    objective,
    root,
    scored,
)

LEAD = replace(LEVEL, indicator=Indicator.LEAD)
LAG = replace(LEVEL, indicator=Indicator.LAG)


def balanced(
    of_root: Node | Card,
    of_kpis: Iterable[Kpi],
    entered: Mapping[str, Entered] | None = None,
    policy: Policy | MissingData = Policy(),  # noqa: B008 - a frozen value
) -> Balance:
    known = definitions(of_root, of_kpis, policy)
    return balance(known, scored(known, now(entered or {})))


def part(index: Index, name: str) -> Fraction | None:
    value = next(part.value for part in index.parts if part.name == name)
    return None if value is None else exactly(value)


def perspectives(*weights: Number) -> tuple[Node, tuple[Kpi, ...]]:
    """One KPI each, alternately leading and lagging."""
    nodes = [node(f"P{index}", weight, {f"K{index}": 1}) for index, weight in enumerate(weights)]
    return root(*nodes), tuple(kpi(f"K{index}", LEAD if index % 2 else LAG) for index in range(len(weights)))


def profile(*shares: Number) -> Policy:
    return Policy(balance_profile=tuple(ProfileShare(NodeId(f"P{i}"), D(share)) for i, share in enumerate(shares)))


def example() -> tuple[Card, tuple[Kpi, ...]]:
    """Weights 40/20/25/15, counts 6/4/4/2, lead 0.35, nine of ten objectives linked."""
    shape = {"F": (40, 6, 3), "C": (20, 4, 3), "I": (25, 4, 2), "L": (15, 2, 2)}
    leading_weight = {"F": 5, "C": 5, "I": 20, "L": 5}
    nodes, all_kpis, pairs = [], [], []
    for name, (weight, count, objectives) in shape.items():
        parts = []
        for index in range(count):
            share = leading_weight[name] if index == 0 else D(weight - leading_weight[name]) / (count - 1)
            parts.append((f"{name}k{index}", share))
            all_kpis.append(kpi(f"{name}k{index}", LEAD if index == 0 else LAG))
        groups: list[dict[str, Number]] = [{} for _ in range(objectives)]
        for index, (code, share) in enumerate(parts):
            groups[index % objectives][code] = share
        below = [objective(f"{name}{i}", sum(D(v) for v in group.values()), group) for i, group in enumerate(groups)]
        nodes.append(node(name, weight, nodes=below))
        pairs += [(f"{name}{index}", "F0") for index in range(objectives) if name != "F"]
    return Card(root(*nodes), links=links(*pairs[:-1])), tuple(all_kpis)
