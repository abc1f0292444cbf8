"""What holds for every tree: the fractions of the oracle, bounds, invariances; and for every design, of balance."""

from dataclasses import replace
from decimal import Decimal, localcontext
from fractions import Fraction

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from domain.kpi.scale import Scale
from domain.policy import MissingData, Policy, ProfileShare
from domain.scorecard.events import Rollup, RollupRule
from domain.scorecard.state import Node
from domain.scoring.balance import balance
from domain.scoring.bands import band_of
from domain.scoring.scale import Aim, Judged, fill, judge
from domain.scoring.tree import NodeScore
from domain.values import ARITHMETIC, NodeId, q
from tests.domain.scoring.build import (
    CARD,
    LONG_AFTER,
    D,
    definitions,
    kpi,
    node,
    now,
    period,
    root,
    scale,
    scored,
    top,
)
from tests.domain.scoring.oracle import Oracle
from tests.domain.scoring.twigs import Twig, grown, roots, scores, weights

policies = st.sampled_from([each for each in MissingData if each is not MissingData.CARRY])
TINY = Fraction(1, 10**40)
unhurried = settings(deadline=None)


def of(tree: Twig, policy: MissingData = MissingData.PROPORTIONAL) -> NodeScore:
    of_root, of_kpis, entered = grown(tree)
    return top(definitions(of_root, of_kpis, policy), now(entered))


@settings(max_examples=400, deadline=None)
@given(roots, policies)
def test_scores_and_coverage_are_those_of_exact_fractions(tree: Twig, policy: MissingData) -> None:
    of_root, of_kpis, entered = grown(tree)
    known, of_values = definitions(of_root, of_kpis, policy), now(entered)
    result, wanted = top(known, of_values), Oracle(known, of_values, CARD, period("2026-01"), LONG_AFTER).root
    assert wanted is not None
    assert (result.raw_score is None, result.coverage is None) == (wanted.raw is None, wanted.coverage is None)
    assert (result.state.value, result.band) == (wanted.state, wanted.band)
    if wanted.coverage is not None:
        assert abs(Fraction(result.coverage or 0) - wanted.coverage) < TINY
    if wanted.raw is not None:
        assert abs(Fraction(result.raw_score or 0) - wanted.raw) < TINY


@unhurried
@given(roots, policies)
def test_scores_stay_within_0_and_100_and_coverage_within_0_and_1(tree: Twig, policy: MissingData) -> None:
    for each in of(tree, policy).nodes():
        assert each.raw_score is None or 0 <= each.raw_score <= 100
        assert each.coverage is None or 0 <= each.coverage <= 1


@unhurried
@given(roots, policies)
def test_a_score_is_shown_only_where_coverage_is_enough_and_with_the_band_of_q(tree: Twig, policy: MissingData) -> None:
    for each in of(tree, policy).nodes():
        assert each.score is None or each.score == each.raw_score
        assert (each.band is None) == (each.score is None)
        if each.score is not None:
            assert each.band == band_of(q(each.score), Policy().bands)
            assert policy is MissingData.ZERO or q(each.coverage or D(0)) >= D("0.5")


def times(tree: Twig, factor: int) -> Twig:
    return replace(tree, weight=tree.weight * factor, twigs=tuple(times(each, factor) for each in tree.twigs))


@unhurried
@given(roots, policies, st.sampled_from([2, 3, 7, 100]))
def test_weights_are_relative(tree: Twig, policy: MissingData, factor: int) -> None:
    one, other = of(tree, policy), of(times(tree, factor), policy)
    assert (one.state, one.band) == (other.state, other.band)
    assert [share and q(share) for share in (one.raw_score, one.coverage)] == [
        share and q(share) for share in (other.raw_score, other.coverage)
    ]


def mirrored(tree: Twig) -> Twig:
    return replace(tree, twigs=tuple(mirrored(each) for each in reversed(tree.twigs)))


@unhurried
@given(roots, policies, st.sampled_from([RollupRule.MEAN, RollupRule.MIN, RollupRule.MAX, RollupRule.MOST_FREQUENT]))
def test_the_order_of_children_is_irrelevant(tree: Twig, policy: MissingData, rule: RollupRule) -> None:
    seen = []
    for each in (tree, mirrored(tree)):
        of_root, of_kpis, entered = grown(each)
        result = top(definitions(_ruled(of_root, rule), of_kpis, policy), now(entered))
        seen.append((result.state, result.band, *(v and q(v) for v in (result.raw_score, result.coverage))))
    assert seen[0] == seen[1]


def _ruled(of_node: Node, rule: RollupRule) -> Node:
    return replace(of_node, rollup=Rollup(rule), nodes=tuple(_ruled(each, rule) for each in of_node.nodes))


@unhurried
@given(roots)
def test_leaf_shares_add_up_to_one_and_give_the_coverage(tree: Twig) -> None:
    result = of(tree)
    assume(result.coverage is not None)
    assert q(sum((leaf.leaf_share for leaf in result.leaves()), start=D(0))) == 1
    with localcontext(ARITHMETIC):
        covered = sum((leaf.leaf_share * (leaf.coverage or 0) for leaf in result.leaves()), start=D(0))
    assert q(covered) == q(result.coverage or D(0))


@unhurried
@given(roots, policies)
def test_applied_shares_add_up_to_one_and_give_the_score(tree: Twig, policy: MissingData) -> None:
    for each in of(tree, policy).nodes():
        if each.raw_score is None:
            continue
        with localcontext(ARITHMETIC):
            shares = [(child.applied_share, _raw(child)) for child in each.children if child.applied_share is not None]
            assert q(sum((share for share, _ in shares), start=D(0))) == 1
            assert q(sum((share * raw for share, raw in shares), start=D(0))) == q(each.raw_score)


def _raw(child: object) -> Decimal:
    raw = getattr(child, "raw_score", None)
    assert isinstance(raw, Decimal)
    return raw


@unhurried
@given(roots, policies)
def test_the_threads_own_context_does_not_matter(tree: Twig, policy: MissingData) -> None:
    usual = of(tree, policy)
    with localcontext() as narrow:
        narrow.prec = 5
        assert of(tree, policy) == usual


def on(of_scale: Scale, value: Decimal) -> Judged:
    filled = fill(of_scale, Aim(), 1)
    assert filled is not None
    return judge(filled, value)


anchors = st.lists(st.tuples(st.integers(-1000, 1000), scores), min_size=2, max_size=6, unique_by=lambda each: each[0])


@unhurried
@given(anchors, st.decimals(-2000, 2000, places=3), st.booleans(), st.booleans())
def test_a_score_lies_between_the_scores_of_its_anchors(
    points: list[tuple[int, Decimal]], value: Decimal, falling: bool, step: bool
) -> None:
    ordered = sorted(points, reverse=falling)
    with localcontext(ARITHMETIC):
        judged = on(scale(*ordered, step=step), value)
        mirrored_scale = on(scale(*reversed(ordered), step=step), value)
    assert judged.score is not None
    rising = sorted(points)
    near = [s for x, s in rising if x <= value][-1:] + [s for x, s in rising if x >= value][:1]
    assert min(near) <= judged.score <= max(near)
    assert judged.score == mirrored_scale.score


@unhurried
@given(anchors, st.lists(st.decimals(-2000, 2000, places=3), min_size=2, max_size=2), st.booleans())
def test_more_is_never_worse_on_rising_anchors(
    points: list[tuple[int, Decimal]], values: list[Decimal], step: bool
) -> None:
    xs, ys = sorted(x for x, _ in points), sorted(s for _, s in points)
    rising = scale(*zip(xs, ys, strict=True), step=step)
    with localcontext(ARITHMETIC):
        low, high = (on(rising, value).score for value in sorted(values))
    assert low is not None
    assert high is not None
    assert low <= high


# Balance -------------------------------------------------------------------------------------------------------

several = st.lists(weights.filter(bool), min_size=2, max_size=6)


def nearness(perspectives: list[Decimal], wanted: list[Decimal] | None = None, entered: int = 0) -> Decimal:
    """E of a card with one KPI per perspective, of which the first `entered` have a value."""
    codes = [f"K{index}" for index in range(len(perspectives))]
    of_root = root(
        *(node(f"P{i}", weight, {code: 1}) for i, (code, weight) in enumerate(zip(codes, perspectives, strict=True)))
    )
    profile = tuple(ProfileShare(NodeId(f"P{i}"), share) for i, share in enumerate(wanted or []))
    known = definitions(of_root, [kpi(code) for code in codes], Policy(balance_profile=profile))
    found = balance(known, scored(known, now(dict.fromkeys(codes[:entered], 50))))
    value = found.design.parts[0].value
    assert value is not None
    assert found.measurement.value is None or 0 <= found.measurement.value <= 100
    return q(value)


@unhurried
@given(several)
def test_nearness_is_within_0_and_1_scale_invariant_and_indifferent_to_order(perspectives: list[Decimal]) -> None:
    found = nearness(perspectives)
    assert 0 <= found <= 1
    assert nearness([weight * 3 for weight in perspectives]) == found
    assert nearness(perspectives[::-1]) == found
    assert nearness(perspectives, entered=1) == found


@unhurried
@given(several)
def test_a_design_that_is_its_own_profile_is_as_near_as_can_be(perspectives: list[Decimal]) -> None:
    assert nearness(perspectives, perspectives) == 1


@unhurried
@given(several, st.data())
def test_moving_weight_towards_the_profile_never_lowers_nearness(
    perspectives: list[Decimal], data: st.DataObject
) -> None:
    wanted = data.draw(
        st.lists(st.integers(1, 50).map(Decimal), min_size=len(perspectives), max_size=len(perspectives))
    )
    part = data.draw(st.integers(1, 9))
    total, of_wanted = sum(perspectives, start=D(0)), sum(wanted, start=D(0))
    with localcontext(ARITHMETIC):
        moved = [
            (10 - part) * weight / total + part * share / of_wanted
            for weight, share in zip(perspectives, wanted, strict=True)
        ]
    assert nearness(moved, wanted) >= nearness(perspectives, wanted) - D("1e-19")


@unhurried
@given(st.integers(2, 6), st.integers(0, 5))
def test_all_weight_in_the_least_expected_perspective_is_zero(number: int, index: int) -> None:
    at = index % number
    wanted = [D(1) if i == at else D(2) for i in range(number)]
    assert nearness([D(1) if i == at else D(0) for i in range(number)], wanted) == 0
