"""Balance of a design."""

from dataclasses import replace
from datetime import date
from decimal import localcontext
from fractions import Fraction

import pytest

from domain.kpi.events import Aggregation, Definition, Indicator, Kind
from domain.policy import Policy
from domain.scorecard.events import Rollup, RollupRule
from domain.scorecard.state import Card
from domain.scoring.balance import balance
from domain.scoring.bands import shown
from domain.values import KpiId
from tests.domain.scoring.balanced import LAG, LEAD, balanced, example, part, perspectives, profile
from tests.domain.scoring.build import (
    CARD,
    LEVEL,
    NA,
    D,
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
    version,
)


def test_a_kpi_that_alone_makes_the_scorecard_belongs_to_no_perspective() -> None:
    own = Rollup(RollupRule.SELF, kpi=KpiId("K"))
    card = root(node("f", placed={"A": 1}), node("c", placed={"B": 1}), placed={"K": 1}, rollup=own)
    found = balanced(card, kpis("A", "B", "K"))
    assert [(row.share, row.kpis) for row in found.perspectives] == [(D(0), 0), (D(0), 0)]
    assert found.design.undefined[:2] == ("weights", "counts")


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
