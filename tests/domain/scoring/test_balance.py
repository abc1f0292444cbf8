"""Balance of design, measurement and outcome (scoring.md 2.2, hard-cases.md H6, Clarifications 13 and 14)."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import localcontext
from fractions import Fraction

import pytest

from domain.kpi.events import Aggregation, Definition, Indicator, Kind
from domain.kpi.state import Kpi
from domain.policy import MissingData, Policy, ProfileShare
from domain.scorecard.state import Card, Node
from domain.scoring.balance import Balance, Index, balance
from domain.scoring.balance_change import design_change
from domain.scoring.bands import shown
from domain.values import ARITHMETIC, NodeId
from tests.domain.scoring.build import (
    CARD,
    LEVEL,
    NA,
    D,
    Entered,
    Number,
    definitions,
    exactly,
    kpi,
    kpis,
    links,
    node,
    now,
    objective,
    root,
    scorecard,
    scored,
    values,
    version,
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
    """The example of scoring.md: weights 40/20/25/15, counts 6/4/4/2, lead 0.35, nine of ten objectives linked."""
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


def test_the_example_of_a_design_is_80_50() -> None:
    card, all_kpis = example()
    found = balanced(card, all_kpis)
    assert [part(found.design, name) for name in ("weights", "counts", "leading", "causes")] == [
        Fraction(4, 5),
        Fraction(5, 6),
        Fraction(7, 10),
        Fraction(9, 10),
    ]
    assert found.design.value is not None
    assert shown(found.design.value, 2) == "80.50"
    assert found.evenness is not None
    assert shown(found.evenness, 4) == "0.9519"


@pytest.mark.parametrize(
    ("weights", "wanted", "nearness"),
    [
        ((25, 25, 25, 25), None, "1"),
        ((70, 10, 10, 10), None, "0.4"),
        ((20, 20, 40, 20), None, "0.8"),
        ((20, 20, 40, 20), (20, 20, 40, 20), "1"),
        ((1, 1, 2, 1), (20, 20, 40, 20), "1"),
    ],
)
def test_anchors_of_nearness(weights: tuple[int, ...], wanted: tuple[int, ...] | None, nearness: str) -> None:
    found = balanced(*perspectives(*weights), policy=profile(*wanted) if wanted else Policy())
    assert part(found.design, "weights") == Fraction(nearness)


def test_all_weight_in_the_least_expected_perspective_is_zero() -> None:
    of_root, of_kpis = perspectives(100, 0, 0, 0)
    assert part(balanced(of_root, of_kpis).design, "weights") == 0
    assert part(balanced(of_root, of_kpis, policy=profile(10, 30, 30, 30)).design, "weights") == 0


def test_evenness_of_70_10_10_10() -> None:
    evenness = balanced(*perspectives(70, 10, 10, 10)).evenness
    assert evenness is not None
    assert shown(evenness, 3) == "0.678"
    assert balanced(*perspectives(25, 25, 25, 25)).evenness == 1
    assert balanced(*perspectives(25)).evenness == 1


def test_a_perspective_without_kpis_has_no_share() -> None:
    of_root, of_kpis = perspectives(25, 25, 25, 25)
    found = balanced(of_root, of_kpis[:3])
    assert [exactly(row.share) for row in found.perspectives] == [Fraction(1, 3)] * 3 + [0]
    assert part(found.design, "weights") == Fraction(2, 3)
    assert [(w.code, w.subject) for w in found.warnings if w.subject == "P3"] == [
        ("perspective-without-kpis", "P3"),
        ("vanished-branch", "P3"),
    ]


def test_a_kpi_counts_towards_a_quarter_with_all_its_places() -> None:
    spread = {f"K{index}": 1 for index in range(3)}
    of_root = root(node("P", 1, {"twice": 1, **spread}), node("Q", 1, {"twice": "0.3", "rest": "0.3", "other": "0.4"}))
    found = codes(balanced(of_root, kpis("twice", "rest", "other", *spread)))
    shares = {subject for code, subject in found if code == "kpi-share-above-quarter"}
    assert shares == {"twice"}


@pytest.mark.parametrize(
    ("wanted", "nearness"), [("0.5", Fraction(1)), ("0.2", Fraction(5, 8)), ("0.8", Fraction(5, 8))]
)
def test_leading_is_measured_against_the_wanted_share(wanted: str, nearness: Fraction) -> None:
    assert part(balanced(*perspectives(1, 1), policy=Policy(lead_share=D(wanted))).design, "leading") == nearness


def test_what_has_no_longer_period_is_not_in_the_design_of_one() -> None:
    of_root, of_kpis = perspectives(1, 1)
    known = definitions(of_root, (of_kpis[0], kpi("K1", replace(LEAD, aggregation=Aggregation.NONE))))
    by_period = {text: balance(known, scored(known, {}, text)).perspectives[1].share for text in ("2026-01", "2026-Q1")}
    assert by_period == {"2026-01": D("0.5"), "2026-Q1": D(0)}


def test_a_change_of_the_design_is_divided_over_its_parts() -> None:
    card, all_kpis = example()
    shifted = Card(
        replace(card.root, nodes=tuple(replace(n, weight=D(25)) for n in card.root.nodes)), links=card.links[:-2]
    )
    before, after = balanced(card, all_kpis).design, balanced(shifted, all_kpis).design
    change = design_change(before, after)
    assert change is not None
    points = {part.name: part.value or D(0) for part in change}
    with localcontext(ARITHMETIC):
        total = (after.value or D(0)) - (before.value or D(0))
        assert abs(sum(points.values(), start=D(0)) - total) < D("1e-40")
        back = design_change(after, before)
        assert back is not None
        assert all(
            abs((one.value or D(0)) + (other.value or D(0))) < D("1e-40")
            for one, other in zip(change, back, strict=True)
        )
    assert points["weights"] > 0
    assert points["counts"] == 0
    assert points["causes"] < 0
    assert design_change(before, Index(None, before.parts, ())) is None


def test_measurement_is_coverage_times_nearness_of_what_was_counted() -> None:
    """25 x 4 of which two report: 16.7."""
    found = balanced(*perspectives(25, 25, 25, 25), {"K0": 50, "K1": 50})
    assert [part(found.measurement, name) for name in ("coverage", "weights")] == [Fraction(1, 2), Fraction(1, 3)]
    assert found.measurement.value is not None
    assert shown(found.measurement.value, 1) == "16.7"


def test_nothing_counted_is_a_measurement_of_zero() -> None:
    found = balanced(*perspectives(25, 25))
    assert (found.measurement.value, found.measurement.state) == (D(0), "complete")
    assert (balanced(*perspectives(25)).measurement.value) is None


def test_what_is_not_applicable_is_not_missed_by_the_measurement() -> None:
    found = balanced(*perspectives(1, 1, 2), {"K0": 50, "K1": 50, "K2": NA}, profile(1, 1, 2))
    assert [part(found.measurement, name) for name in ("coverage", "weights")] == [1, Fraction(1, 3)]


def test_carried_values_do_not_count_for_the_measurement() -> None:
    of_root, of_kpis = perspectives(1, 1)
    known = definitions(of_root, of_kpis, MissingData.CARRY)
    tree = scored(known, values({"K0": {"2026-02": 50}, "K1": {"2026-01": 50}}), "2026-02")
    assert part(balance(known, tree).measurement, "coverage") == Fraction(1, 2)


def test_outcome_is_100_less_the_spread_and_names_the_weakest() -> None:
    """2016 of the demo company: 72.5, Financial."""
    of_root, of_kpis = perspectives(1, 1, 1, 1)
    found = balanced(of_root, of_kpis, {"K0": "58.5", "K1": 70, "K2": 75, "K3": 86})
    assert (found.outcome.value, found.outcome.weakest, found.outcome.scored) == (D("72.5"), "P0", 4)
    assert (found.outcome.lowest, found.outcome.highest) == (D("58.5"), D(86))


def test_of_equally_weak_perspectives_the_first_is_named() -> None:
    assert balanced(*perspectives(1, 1, 1), {"K0": 70, "K1": 50, "K2": "50.0"}).outcome.weakest == "P1"


def test_outcome_leaves_out_insufficient_and_weightless_perspectives() -> None:
    of_root = root(node("P", 1, {"A": 1, "B": 1, "C": 1}), node("Q", 1, {"D": 1}), node("R", 0, {"E": 1}))
    found = balanced(of_root, kpis(*"ABCDE"), {"A": 10, "D": 50, "E": 90})
    assert (found.outcome.value, found.outcome.scored, found.outcome.undefined) == (None, 1, ("perspectives",))


@pytest.mark.parametrize(
    ("first", "second", "undefined"),
    [(LEAD, LAG, ("causes",)), (LEVEL, LAG, ("leading", "causes")), (LEVEL, LEVEL, ("leading", "causes"))],
)
def test_an_index_with_an_undefined_part_is_null_and_names_it(
    first: Definition, second: Definition, undefined: tuple[str, ...]
) -> None:
    of_root, _ = perspectives(1, 1)
    found = balanced(of_root, (kpi("K0", first), kpi("K1", second)))
    assert (found.design.value, found.design.undefined, found.design.state) == (None, undefined, "incomplete")
    assert part(found.design, "weights") == 1


def test_a_card_of_one_perspective_has_no_nearness() -> None:
    found = balanced(root(node("P", nodes=(objective("O", 1, {"A": 1}),))), (kpi("A", LEAD),))
    assert found.design.undefined == ("weights", "counts")
    assert part(found.design, "causes") == 1


def test_a_card_without_weighted_scored_kpis_has_no_index_at_all() -> None:
    of_root, _ = perspectives(1, 1)
    unscored = replace(LEAD, scored=False)
    found = balanced(of_root, (kpi("K0", unscored), kpi("K1", unscored)), {"K0": 5, "K1": 5})
    assert (found.design.value, found.measurement.value, found.outcome.value, found.evenness) == (None,) * 4


def test_before_the_first_version_everything_is_undefined() -> None:
    known = definitions(scorecard(version(1, root(), date(2026, 5, 1))), ())
    found = balance(known, scored(known, {}))
    assert (found.design.value, found.measurement.value, found.outcome.value, found.warnings) == (None, None, None, ())


def causal(*pairs: tuple[str, str], low: dict[str, Number] | None = None) -> Fraction | None:
    card = Card(
        root(
            node("top", nodes=(objective("T1", 1, {"A": 1}), objective("T2", 1, {"B": 1}))),
            node("low", nodes=(objective("L1", 1, low or {"C": 1}), objective("L2", 1, {"D": 1}))),
        ),
        links=links(*pairs),
    )
    return part(balanced(card, kpis(*"ABCD", definition=LEAD)).design, "causes")


def test_causes_need_a_link_upwards_except_in_the_top_perspective() -> None:
    assert causal() == Fraction(2, 4)
    assert causal(("L1", "T1")) == Fraction(3, 4)
    assert causal(("L1", "T1"), ("L2", "T1")) == 1
    assert causal(("L1", "L2"), ("T1", "L1")) == Fraction(2, 4)


def test_any_placed_kpi_satisfies_causes_and_a_child_scorecard_alone_does_not() -> None:
    assert causal(("L1", "T1"), ("L2", "T1"), low={"C": 0}) == 1
    child = scorecard(root(placed={"B": 1}), code="child")
    parent = scorecard(root(node("P", nodes=(objective("O", 1, {"A": 1}), objective("N", 1, cards={"child": 1})))))
    known = definitions((parent, child), kpis("A", "B"))
    assert part(balance(known, scored(known, {})).design, "causes") == Fraction(1, 2)


def test_kpis_of_child_scorecards_count_below_the_perspective_that_holds_the_child() -> None:
    child = scorecard(root(placed={"B": 1, "C": 1}), code="child")
    parent = scorecard(root(node("P", 1, {"A": 1}), node("Q", 1, cards={"child": 1})))
    known = definitions((parent, child), kpis("A", "B", "C"))
    found = balance(known, scored(known, now({"A": 1, "B": 1})))
    assert [row.kpis for row in found.perspectives] == [1, 2]
    assert [row.share for row in found.perspectives] == [D("0.5"), D("0.5")]
    assert [row.counted_share for row in found.perspectives] == [D("0.5"), D("0.25")]


def test_a_kpi_twice_in_a_perspective_counts_once_there() -> None:
    of_root = root(
        node("P", nodes=(objective("O1", 1, {"A": 1}), objective("O2", 1, {"A": 1}))), node("Q", 1, {"A": 1})
    )
    assert [row.kpis for row in balanced(of_root, kpis("A")).perspectives] == [1, 1]


def codes(found: Balance) -> set[tuple[str, str]]:
    return {(warning.code, warning.subject) for warning in found.warnings}


def test_warnings_of_shares() -> None:
    found = codes(balanced(*perspectives(60, 20, 20)))
    assert {("perspective-share-above-half", "P0"), ("kpi-share-above-quarter", "K0")} <= found
    assert ("kpi-share-above-quarter", "K1") not in found
    assert ("perspective-share-above-half", "P0") not in codes(balanced(*perspectives(50, 50)))
    assert ("kpi-share-above-quarter", "K0") not in codes(balanced(*perspectives(25, 25, 25, 25)))


def test_warnings_of_objectives() -> None:
    card = Card(
        root(
            node("P", nodes=(objective("many", 1, {"A": 1, "B": 1, "C": 1}), objective("none"))),
            node("Q", nodes=(objective("linked", 1, {"D": 1}),)),
        ),
        links=links(("linked", "none")),
    )
    found = codes(balanced(card, kpis(*"ABCD", definition=LAG)))
    assert {
        ("objective-with-many-kpis", "many"),
        ("objective-without-kpi", "none"),
        ("vanished-branch", "none"),
        ("orphan-objective", "many"),
        ("no-leading-kpi", ""),
    } <= found
    assert not {each for each in found if each[1] == "linked"}


def test_warnings_of_size() -> None:
    many = {f"K{index}": 1 for index in range(26)}
    of_root = root(node("P", 1, dict(many)), node("Q", nodes=[objective(f"O{index}") for index in range(21)]))
    assert {("too-many-kpis", ""), ("too-many-objectives", "")} <= codes(balanced(of_root, kpis(*many)))
    fewer = {f"K{index}": 1 for index in range(25)}
    of_root = root(node("P", 1, dict(fewer)), node("Q", nodes=[objective(f"O{index}") for index in range(20)]))
    assert not {("too-many-kpis", ""), ("too-many-objectives", "")} & codes(balanced(of_root, kpis(*fewer)))


def test_a_profile_of_other_perspectives_is_not_applied_and_said_so() -> None:
    found = balanced(*perspectives(25, 25, 25, 25), policy=profile(70, 20, 10))
    assert ("profile-not-applicable", "") in codes(found)
    assert part(found.design, "weights") == 1


def test_design_does_not_depend_on_what_was_measured() -> None:
    of_root, of_kpis = perspectives(40, 30, 30)
    ratio = replace(LEVEL, kind=Kind.RATIO, indicator=Indicator.LEAD)
    of_kpis = (*of_kpis[:2], kpi("K2", ratio))
    designs = [
        balanced(of_root, of_kpis, entered).design
        for entered in ({}, {"K0": 0, "K1": 100}, {"K0": NA, "K1": NA}, {"K2": (1, 0)})
    ]
    assert all(design == designs[0] for design in designs)


def test_the_threads_own_context_does_not_matter() -> None:
    card, all_kpis = example()
    usual = balanced(card, all_kpis, {"Fk0": 50, "Ck1": 60})
    with localcontext() as narrow:
        narrow.prec = 5
        assert balanced(card, all_kpis, {"Fk0": 50, "Ck1": 60}) == usual


def test_the_draft_has_a_balance_of_its_own() -> None:
    even, _ = perspectives(1, 1)
    uneven, of_kpis = perspectives(3, 1)
    known = definitions(scorecard(even, draft=uneven), of_kpis)
    assert part(balance(known, scored(known, {}, version="draft", card=CARD)).design, "weights") == Fraction(1, 2)
