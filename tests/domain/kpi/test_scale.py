"""Anchors in order, and presets compiled to the anchors their docstrings promise."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import DomainError
from domain.kpi.commands import SetScale
from domain.kpi.events import Aggregation, Definition, Direction, Kind, Option
from domain.kpi.presets import BASELINE, PRESETS, STRETCH, TARGET, compiled, fixed
from domain.kpi.scale import Anchor, EqualAnchors, Interpolation, Point, Scale
from domain.kpi.scale_rules import checked_scale
from tests.domain.kpi.given import DEFINED, DEFINITION, SALES, START, kind, refusal, scale

HIGHER = DEFINITION
LOWER = replace(DEFINITION, direction=Direction.LOWER)
SURVEY = kind(Kind.SURVEY, Aggregation.MEAN)
BINARY = kind(Kind.BINARY, Aggregation.LAST)
OPTIONS = (Option("poor", Decimal(0)), Option("fair", Decimal(40)), Option("good", Decimal(100)))
ORDINAL = replace(kind(Kind.ORDINAL, Aggregation.LAST), options=OPTIONS)


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        (scale((0, 0)), "anchors-invalid", "/anchors"),
        (scale(*[(x, 0) for x in range(51)]), "anchors-invalid", "/anchors"),
        (scale((0, 0), (0, 100)), "equal-anchors", "/anchors"),
        (scale((0, 0), (10, 50), (0, 100)), "equal-anchors", "/anchors"),
        (scale((0, 0), (10, 50), (5, 100)), "anchors-not-monotone", "/anchors"),
        (scale((0, 0), (10, 101)), "out-of-range", "/anchors/1/score"),
        (scale((0, -1), (10, 100)), "out-of-range", "/anchors/0/score"),
        (
            Scale("anchors", (Anchor(TARGET, Decimal(0)), Anchor(Point(target=Decimal("NaN")), Decimal(1)))),
            "not-a-number",
            "/anchors/1/x/target",
        ),
        (Scale("", scale((0, 0), (1, 1)).anchors), "code-invalid", "/preset"),
    ],
)
def test_anchors_out_of_order_are_refused_by_name(wrong: Scale, code: str, field: str) -> None:
    assert refusal([DEFINED], SetScale(SALES, wrong, START)) == (code, field)


def test_anchors_may_fall_and_scores_may_go_up_and_down() -> None:
    falling = scale((10, 0), (5, 100), (0, 20))
    assert checked_scale(falling) == falling


def test_points_that_depend_on_different_things_are_left_to_the_evaluation() -> None:
    mixed = Scale("anchors", (Anchor(fixed(500), Decimal(0)), Anchor(TARGET, Decimal(100))))
    assert checked_scale(mixed) == mixed


def test_points_that_differ_in_their_fixed_part_only_are_compared_whatever_the_target() -> None:
    below = Point(fixed=Decimal(-1), target=Decimal(1))
    with pytest.raises(DomainError, match="equal-anchors"):
        checked_scale(Scale("anchors", (Anchor(below, Decimal(0)), Anchor(below, Decimal(100)))))
    with pytest.raises(DomainError, match="anchors-not-monotone"):
        checked_scale(Scale("anchors", (*_anchors((below, 0), (TARGET, 100)), *_anchors((fixed(1), 0), (fixed(0), 1)))))


def test_a_scale_with_twenty_eight_digits_of_difference_is_not_equal() -> None:
    tiny = Decimal("0.00000000000000000001")
    near = Scale("anchors", (*_anchors((Point(fixed=Decimal(0)), 0)), Anchor(Point(fixed=tiny), Decimal(100))))
    assert checked_scale(near) == near


@pytest.mark.parametrize(
    ("preset", "arguments", "definition", "anchors"),
    [
        ("maximise", {}, HIGHER, [(BASELINE, 0), (TARGET, 100)]),
        ("maximise", {"baseline": fixed(0)}, HIGHER, [(fixed(0), 0), (TARGET, 100)]),
        ("maximise", {"stretch": STRETCH}, HIGHER, [(BASELINE, 0), (TARGET, 70), (STRETCH, 100)]),
        (
            "maximise",
            {"stretch": STRETCH, "target_score": fixed(80)},
            HIGHER,
            [(BASELINE, 0), (TARGET, 80), (STRETCH, 100)],
        ),
        ("minimise", {"baseline": fixed(20), "target": fixed(5)}, LOWER, [(fixed(20), 0), (fixed(5), 100)]),
        ("progress", {}, LOWER, [(BASELINE, 0), (TARGET, 100)]),
        ("goal_red", {"red": fixed(500), "goal": fixed(700)}, HIGHER, [(fixed(300), 0), (fixed(900), 100)]),
        ("goal_red", {"red": fixed(700), "goal": fixed(500)}, LOWER, [(fixed(900), 0), (fixed(300), 100)]),
        (
            "goal_red",
            {"red": fixed(500)},
            HIGHER,
            [(Point(Decimal(1000), Decimal(-1)), 0), (Point(Decimal(-500), Decimal(2)), 100)],
        ),
        (
            "range",
            {"low_red": fixed(1), "low": fixed(2), "high": fixed(3), "high_red": fixed(4)},
            HIGHER,
            [(fixed(1), 0), (fixed(2), 100), (fixed(3), 100), (fixed(4), 0)],
        ),
        (
            "range",
            {"low_red": fixed(1), "low": TARGET, "high": TARGET, "high_red": fixed(4)},
            HIGHER,
            [(fixed(1), 0), (TARGET, 100), (fixed(4), 0)],
        ),
        ("binary", {}, BINARY, [(fixed(0), 0), (fixed(1), 100)]),
        ("binary", {}, replace(BINARY, direction=Direction.LOWER), [(fixed(0), 100), (fixed(1), 0)]),
        ("binary", {"at_most": fixed(10)}, LOWER, [(fixed(10), 100), (fixed(11), 0)]),
        ("binary", {"at_least": fixed(10)}, HIGHER, [(fixed(9), 0), (fixed(10), 100)]),
        ("ordinal", {}, ORDINAL, [(fixed(1), 0), (fixed(2), 40), (fixed(3), 100)]),
        ("survey", {}, SURVEY, [(fixed(1), 0), (fixed(5), 100)]),
        ("direct", {}, HIGHER, [(fixed(0), 0), (fixed(100), 100)]),
        ("percent", {}, LOWER, [(fixed(0), 100), (fixed(100), 0)]),
    ],
)
def test_a_preset_is_its_anchors(
    preset: str, arguments: dict[str, Point], definition: Definition, anchors: list[tuple[Point, int]]
) -> None:
    made = compiled(preset, arguments, definition)
    assert (made.preset, made.anchors) == (preset, _anchors(*anchors))


def test_yes_or_no_and_options_are_stepped_everything_else_is_linear() -> None:
    stepped = {name for name, preset in PRESETS.items() if preset.interpolation is Interpolation.STEP}
    assert stepped == {"binary", "ordinal"}


def test_a_preset_keeps_what_a_target_on_the_baseline_shall_mean() -> None:
    assert compiled("maximise", {}, HIGHER, EqualAnchors.MET).equal_anchors is EqualAnchors.MET


@pytest.mark.parametrize(
    ("preset", "arguments", "definition", "code", "field"),
    [
        ("sigmoid", {}, HIGHER, "preset-unknown", "/preset"),
        ("direct", {"target": TARGET}, HIGHER, "argument-unknown", "/arguments/target"),
        ("goal_red", {}, HIGHER, "argument-missing", "/arguments/red"),
        ("goal_red", {"red": TARGET}, HIGHER, "equal-anchors", "/arguments/red"),
        ("maximise", {"target_score": fixed(70)}, HIGHER, "argument-missing", "/arguments/stretch"),
        (
            "maximise",
            {"stretch": STRETCH, "target_score": TARGET},
            HIGHER,
            "argument-invalid",
            "/arguments/target_score",
        ),
        ("maximise", {}, LOWER, "preset-unfit", "/preset"),
        ("minimise", {}, HIGHER, "preset-unfit", "/preset"),
        ("maximise", {"baseline": fixed(9), "target": fixed(5)}, HIGHER, "preset-unfit", "/arguments/target"),
        ("maximise", {"baseline": fixed(5), "target": fixed(5)}, HIGHER, "equal-anchors", "/anchors"),
        ("maximise", {"target": fixed(10**25)}, HIGHER, "too-many-digits", "/arguments/target/fixed"),
        ("binary", {}, HIGHER, "argument-missing", "/arguments"),
        ("binary", {"at_least": fixed(1), "at_most": fixed(2)}, HIGHER, "argument-missing", "/arguments"),
        ("ordinal", {}, HIGHER, "preset-unfit", "/preset"),
        ("survey", {}, HIGHER, "preset-unfit", "/preset"),
        (
            "range",
            {"low_red": fixed(3), "low": fixed(2), "high": fixed(4), "high_red": fixed(5)},
            HIGHER,
            "preset-unfit",
            "/arguments/low",
        ),
    ],
)
def test_a_preset_that_does_not_fit_is_refused_by_name(
    preset: str, arguments: dict[str, Point], definition: Definition, code: str, field: str
) -> None:
    with pytest.raises(DomainError) as refused:
        compiled(preset, arguments, definition)
    assert (refused.value.code, refused.value.field) == (code, field)


numbers = st.decimals(-(10**9), 10**9, places=6)


@given(numbers, numbers)
def test_goal_and_red_lie_at_a_third_and_two_thirds_of_the_way(red: Decimal, goal: Decimal) -> None:
    if red == goal:
        return
    low, high = compiled("goal_red", {"red": fixed(red), "goal": fixed(goal)}, HIGHER).anchors
    assert (high.x.fixed - low.x.fixed) == 3 * (goal - red)
    assert low.x.fixed + (goal - red) == red


@given(
    st.lists(st.tuples(numbers, st.decimals(0, 100, places=6)), min_size=2, max_size=50, unique_by=lambda each: each[0])
)
def test_any_strictly_rising_or_falling_anchors_are_a_scale(pairs: list[tuple[Decimal, Decimal]]) -> None:
    for falling in (False, True):
        ordered = sorted(pairs, reverse=falling)
        made = checked_scale(Scale("anchors", tuple(Anchor(fixed(x), score) for x, score in ordered)))
        assert [anchor.x.fixed for anchor in made.anchors] == [x for x, _ in ordered]


def _anchors(*pairs: tuple[Point, int]) -> tuple[Anchor, ...]:
    return tuple(Anchor(x, Decimal(score)) for x, score in pairs)
