"""One KPI at several places, child scorecards, versions."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from domain.errors import NotFound
from domain.kpi.state import Kpi, ScaleKnown
from domain.policy import MissingData, Policy
from domain.scorecard.state import Card, Node, Scorecard, Version
from domain.scoring.inputs import Definitions
from domain.scoring.score import needed
from domain.scoring.tree import CardScore, NodeScore, State
from domain.values import KpiId, ScorecardId
from tests.domain.scoring.build import (
    CARD,
    FLOW,
    LEVEL,
    D,
    definitions,
    find,
    kpi,
    kpis,
    node,
    now,
    objective,
    period,
    root,
    scale,
    scorecard,
    scored,
    top,
    values,
    version,
)


def test_a_kpi_at_two_places_has_one_value_and_a_weight_per_place() -> None:
    known = definitions(root(node("P", 1, {"A": 1, "B": 3}), node("Q", 1, {"A": 1})), kpis("A", "B"))
    result = top(known, now({"A": 80}))
    places = [leaf for leaf in result.kpis() if leaf.kpi == "A"]
    assert [place.leaf_share for place in places] == [D("0.125"), D("0.5")]
    assert [place.score for place in places] == [D(80), D(80)]
    assert result.coverage == D("0.625")


def card_of(result: NodeScore) -> CardScore:
    return next(child for node in result.nodes() for child in node.children if isinstance(child, CardScore))


def with_child(*of_child: Node | Card | Version, archived_after: date | None = None) -> Definitions:
    child = scorecard(*of_child, code="child", archived_after=archived_after)
    parent = scorecard(root(node("P", 1, {"A": 1}), node("Q", 1, nodes=(objective("O", 1, cards={"child": 1}),))))
    return definitions((parent, child), kpis("A", "B", "C"))


def test_a_child_scorecard_gives_the_raw_score_and_coverage_of_its_root() -> None:
    known = with_child(root(placed={"B": 1, "C": 3}))
    result = top(known, now({"A": 80, "B": 40}))
    child = card_of(result)
    assert child.root is not None
    assert (child.root.raw_score, child.root.coverage, child.root.state) == (D(40), D("0.25"), State.INSUFFICIENT)
    assert (result.score, result.coverage) == (D(60), D("0.625"))
    alone = scored(known, now({"A": 80, "B": 40}), card="child").root
    assert alone is not None
    assert (alone.raw_score, alone.coverage) == (child.root.raw_score, child.root.coverage)


def test_leaf_weights_multiply_through_child_scorecards() -> None:
    result = top(with_child(root(placed={"B": 1, "C": 3})), now({"A": 1, "B": 1, "C": 1}))
    assert [(leaf.kpi, leaf.leaf_share) for leaf in result.leaves()] == [
        ("A", D("0.5")),
        ("B", D("0.125")),
        ("C", D("0.375")),
    ]
    assert [leaf.kpi for leaf in result.kpis()] == ["A"]


def test_an_archived_child_is_not_applicable_after_its_last_day() -> None:
    known = with_child(root(placed={"B": 1}), archived_after=date(2026, 1, 31))
    entered = values({"A": {"2026-01": 80, "2026-02": 80}, "B": {"2026-01": 20, "2026-02": 20}})
    assert top(known, entered, "2026-01").score == 50
    after = top(known, entered, "2026-02")
    assert (after.score, after.coverage, after.state) == (D(80), D(1), State.COMPLETE)
    assert card_of(after).root is None
    assert scored(known, entered, "2026-02", card="child").root is None


def test_a_child_without_a_version_in_force_is_not_applicable() -> None:
    known = with_child(version(1, root(placed={"B": 1}), date(2026, 2, 1)))
    assert top(known, now({"A": 80, "B": 20})).score == 80


def test_a_child_stays_under_its_own_version_in_force_where_the_parent_is_restated() -> None:
    child = scorecard(
        version(1, root(placed={"B": 1})), version(2, root(placed={"C": 1}), date(2026, 2, 1)), code="child"
    )
    parent = scorecard(
        version(1, root(cards={"child": 1})), version(2, root(placed={"A": 1}, cards={"child": 1}), date(2026, 3, 1))
    )
    known = definitions((parent, child), kpis("A", "B", "C"))
    tree = scored(known, now({"A": 10, "B": 50, "C": 90}), version=2)
    assert tree.root is not None
    assert (tree.root.score, card_of(tree.root).version) == (D(30), 1)


def test_a_parent_set_alone_changes_no_score() -> None:
    below = Scorecard(ScorecardId("below"), True, Card(), (version(1, root(placed={"B": 1})),), parent=CARD)
    known = definitions((scorecard(root(placed={"A": 1})), below), kpis("A", "B"))
    assert top(known, now({"A": 80, "B": 0})).score == 80


def test_all_nodes_of_an_answer_have_the_policy_of_the_asked_scorecard() -> None:
    zero = Card(root(placed={"B": 1, "C": 1}), missing_data=MissingData.ZERO)
    known = with_child(zero)
    as_child = card_of(top(known, now({"A": 80, "B": 60}))).root
    alone = scored(known, now({"A": 80, "B": 60}), card="child").root
    assert as_child is not None
    assert alone is not None
    assert (as_child.raw_score, alone.raw_score) == (D(60), D(30))


# Versions ------------------------------------------------------------------------------------------------------


V1 = version(1, root(placed={"A": 1}), date(2026, 1, 1), 30)
V2 = version(2, root(placed={"B": 1}), date(2026, 3, 1), 31)
V3_EARLIER = version(3, root(placed={"C": 1}), date(2026, 2, 1), 32)
ALL = {code: {f"2026-0{month}": 10 * index for month in range(1, 5)} for index, code in enumerate("ABC", start=1)}


@pytest.mark.parametrize(("month", "number"), [("2026-01", 1), ("2026-02", 3), ("2026-03", 2), ("2026-04", 2)])
def test_a_version_published_later_with_an_earlier_date_governs_up_to_the_next_one(month: str, number: int) -> None:
    known = definitions(scorecard(V1, V2, V3_EARLIER), kpis("A", "B", "C"))
    assert scored(known, values(ALL), month).version == number


def test_of_two_versions_from_one_day_the_later_position_is_in_force() -> None:
    again = version(2, root(placed={"B": 1}), date(2026, 1, 1), 31)
    assert scored(definitions(scorecard(V1, again), kpis("A", "B")), values(ALL)).version == 2


def test_before_the_first_version_there_is_no_tree() -> None:
    tree = scored(definitions(scorecard(V1), kpis("A")), values(ALL), "2025-12")
    assert (tree.root, tree.version, tree.version_position) == (None, None, None)


@pytest.mark.parametrize("number", [0, -1, 3])
def test_a_version_that_was_never_published_is_not_found(number: int) -> None:
    known = definitions(scorecard(V1, V2), kpis("A", "B"))
    with pytest.raises(NotFound, match="version-unknown"):
        scored(known, values(ALL), version=number)


def test_an_unknown_scorecard_is_not_found() -> None:
    with pytest.raises(NotFound, match="scorecard-unknown"):
        scored(definitions(root(), ()), {}, card="other")


def test_the_draft_is_scored_on_the_real_data() -> None:
    known = definitions(scorecard(V1, draft=root(placed={"A": 1, "B": 1})), kpis("A", "B"))
    tree = scored(known, values(ALL), version="draft")
    assert tree.root is not None
    assert (tree.version, tree.version_position, tree.root.score) == (None, None, D(15))


def test_another_version_restates_the_structure_only() -> None:
    """KPI definitions, scales and targets stay those in force for the period."""
    a = kpi("A")
    steeper = Kpi(a.id, a.definitions, (*a.scales, ScaleKnown(scale((0, 0), (50, 100)), date(2026, 3, 1), 60)))
    known = definitions(scorecard(V1, version(2, root(placed={"A": 1, "B": 0}), date(2026, 3, 1))), [steeper, kpi("B")])
    tree = scored(known, values(ALL), "2026-01", version=2)
    assert tree.root is not None
    assert tree.root.score == 10


def test_a_restatement_is_flagged() -> None:
    tree = scored(definitions(scorecard(replace(V1, restatement=True)), kpis("A")), values(ALL))
    assert tree.restatement
    a = kpi("A")
    restated = replace(a, definitions=(replace(a.definitions[0], restatement=True),))
    result = top(definitions(root(placed={"A": 1}), [restated]), values(ALL))
    assert next(result.kpis()).flags == ("restatement",)


def test_late_and_revised_targets_are_flagged_and_change_no_score() -> None:
    a = kpi("A", targets={"2026-01": 50})
    flagged = replace(a, targets=(replace(a.targets[0], late=True, revised=True),))
    plain, shown = (next(top(definitions(root(placed={"A": 1}), [each]), values(ALL)).kpis()) for each in (a, flagged))
    assert (plain.flags, shown.flags) == ((), ("late", "revised"))
    assert plain.score == shown.score


# What has to be read -------------------------------------------------------------------------------------------


def cells(known: Definitions, text: str) -> set[tuple[str, str]]:
    return {(kpi_id, each.text) for kpi_id, each in needed(known, CARD, period(text))}


def test_needed_names_the_months_of_a_quarter_and_those_of_child_scorecards() -> None:
    known = with_child(root(placed={"B": 1}))
    months = ("2026-01", "2026-02", "2026-03")
    assert cells(known, "2026-Q1") == {(code, month) for code in ("A", "B") for month in months}


def test_needed_looks_back_as_far_as_values_may_be_carried() -> None:
    known = definitions(root(placed={"A": 1}), kpis("A"), MissingData.CARRY)
    assert cells(known, "2026-02") == {("A", "2026-02"), ("A", "2026-01"), ("A", "2025-12")}
    assert cells(known, "2026-Q1") == {("A", "2026-01"), ("A", "2026-02"), ("A", "2026-03")}
    assert cells(definitions(root(placed={"A": 1}), kpis("A")), "2026-02") == {("A", "2026-02")}


def test_needed_follows_the_rule_of_the_card_itself() -> None:
    card = Card(root(placed={"A": 1}), missing_data=MissingData.CARRY)
    known = definitions(card, kpis("A"), Policy(carry_forward_max_periods=1))
    assert cells(known, "2026-02") == {("A", "2026-02"), ("A", "2026-01")}


def test_needed_names_the_latest_collection_period_of_a_shorter_one() -> None:
    assert cells(definitions(root(placed={"A": 1}), kpis("A", definition=LEVEL)), "2026-W06") == {("A", "2026-01")}


def test_needed_names_nothing_of_what_is_not_in_force() -> None:
    late = kpi("A", FLOW, effective_from=date(2026, 2, 1))
    assert cells(definitions(root(placed={"A": 1, "unknown": 1}), [late]), "2026-01") == set()
    assert needed(definitions(scorecard(V2), kpis("B")), CARD, period("2026-01")) == frozenset()


def test_nodes_carry_names_weights_and_shares() -> None:
    result = top(
        definitions(root(node("P", 3, {"A": 1}), node("Q", 1, {"B": 1})), kpis("A", "B")), now({"A": 1, "B": 2})
    )
    p = find(result, "P")
    assert (p.name, p.weight, p.applied_share, p.leaf_share) == ("P", D(3), D("0.75"), D("0.75"))
    assert (result.applied_share, result.leaf_share) == (None, Decimal(1))
    assert next(p.kpis()).kpi == KpiId("A")
