"""What an explanation says in words: plain sentences with the positions of the events they rest on."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from domain.kpi.events import Definition
from domain.measurement.events import Reading, ValueKnown
from domain.policy import Band
from domain.scorecard.events import RollupRule
from domain.scoring.bands import shown
from domain.scoring.spoken import words_for, words_of
from domain.scoring.targets import UsedTarget
from domain.scoring.tree import KpiScore, NodeScore, ScoreTree, State
from domain.values import ARITHMETIC, plain

SCORE_DECIMALS = 2
SHARE_DECIMALS = 2

_RULES = {
    RollupRule.MEAN: "weighted mean of its children",
    RollupRule.MIN: "its worst child",
    RollupRule.MAX: "its best child",
    RollupRule.SELF: "its own KPI alone",
    RollupRule.MOST_FREQUENT: "weighted mean of its children; band: the most frequent one",
    RollupRule.ALL_AT_LEAST: "weighted mean of its children; band: capped unless all reach the level",
}


class Line(NamedTuple):
    """A sentence, how deep it stands below the subject, and the events it rests on (0: built in)."""

    depth: int
    text: str
    positions: tuple[int, ...] = ()


def score_text(value: Decimal | None, bands: Sequence[Band]) -> str:
    """A score as people read it."""
    return "no score" if value is None else shown(value, SCORE_DECIMALS, bands)


def percent(share: Decimal) -> str:
    """A share of 0..1 in percent."""
    return f"{shown(ARITHMETIC.multiply(share, Decimal(100)), SHARE_DECIMALS)} %"


def outcome(score: NodeScore | KpiScore, bands: Sequence[Band]) -> str:
    """Score, band, state and coverage in one sentence."""
    parts = [score_text(score.score, bands)]
    if score.band is not None:
        parts.append(score.band)
    parts.append(str(score.state).replace("_", " ") + (f" ({score.reason})" if score.reason else ""))
    if score.state is State.INSUFFICIENT:
        parts.append(f"without the minimum it would be {score_text(score.raw_score, bands)}")
    if score.coverage is not None:
        parts.append(f"coverage {percent(score.coverage)}")
    return f"{score.name}: {', '.join(parts)}"


def card_sentences(tree: ScoreTree) -> Iterator[Line]:
    """Version, policy and minimum coverage of the whole answer."""
    under = "the draft" if tree.version is None else f"version {tree.version}"
    positions = () if tree.version_position is None else (tree.version_position,)
    yield Line(1, f"{tree.period} under {under}{_at(tree.version_position)}", positions)
    rule = f"missing data: {tree.missing_data}; minimum coverage: {percent(tree.minimum_coverage)}"
    yield Line(1, f"{rule}; policy{_at(tree.policy_position)}", (tree.policy_position,))


def rule_sentences(node: NodeScore, depth: int) -> Iterator[Line]:
    """How the children make the node, and what capped its band."""
    yield Line(depth, f"rule: {_RULES[node.rollup.rule]}")
    if node.band is not None and node.band != node.band_of_score:
        yield Line(depth, f"its score alone would be {node.band_of_score}")
    for cap in node.limited_by:
        yield Line(depth, f"limited: {cap}")
    if node.errors:
        yield Line(depth, f"KPIs in error: {node.errors}")


def kpi_sentences(kpi: KpiScore, depth: int, definition: Definition | None = None) -> Iterator[Line]:
    """Value, target and scale of a KPI, then what they are made of; `definition` has the words for its values."""
    trace, words = kpi.trace, words_for(kpi, definition)
    yield Line(depth, f"defined{_at(trace.definition_position)}", (trace.definition_position,))
    if kpi.value is not None:
        yield Line(depth, f"value {_quantity(kpi, kpi.value, words)}{_aim(kpi, words)} in {kpi.period}{_periods(kpi)}")
    anchors = trace.anchors
    if anchors:
        points = ", ".join(f"{_exact(anchor.x)} gives {_exact(anchor.score)}" for anchor in anchors)
        of_scale = () if trace.scale_position is None else (trace.scale_position,)
        yield Line(depth, f"scale: {points}{_at(trace.scale_position)}", of_scale)
    if kpi.achievement is not None and kpi.achievement != kpi.raw_score:
        counted = score_text(kpi.raw_score, ())
        yield Line(depth, f"beyond the scale: {shown(kpi.achievement, SCORE_DECIMALS)}, counted as {counted}")
    of_one = words_of(definition)
    yield from (_value(value, depth + 1, of_one) for value in trace.values)
    yield from (_target(target, depth + 1) for target in trace.targets)
    if kpi.flags:
        yield Line(depth, f"flags: {', '.join(kpi.flags)}")


def _value(value: ValueKnown, depth: int, words: Mapping[Decimal, str]) -> Line:
    return Line(
        depth,
        f"{value.period} {value.source}: {_reading(value.reading, words)}{_at(value.position)}",
        (value.position,),
    )


def _target(target: UsedTarget, depth: int) -> Line:
    parts = [f"target of {target.period}: {_exact(target.target)}"]
    if target.baseline is not None:
        parts.append(f"baseline {_exact(target.baseline)}")
    if target.stretch is not None:
        parts.append(f"stretch {_exact(target.stretch)}")
    remarks = [remark for remark, holds in (("late", target.late), ("revised", target.revised)) if holds]
    return Line(depth, f"{', '.join(parts + remarks)}{_at(target.position)}", (target.position,))


def _reading(reading: Reading, words: Mapping[Decimal, str]) -> str:
    if reading.not_applicable:
        return "not applicable"
    if reading.value is None:
        return f"{_exact(reading.numerator)} of {_exact(reading.denominator)}"
    weight = "" if reading.denominator is None else f" (weight {_exact(reading.denominator)})"
    return f"{words.get(reading.value) or _exact(reading.value)}{weight}"


def _periods(kpi: KpiScore) -> str:
    if kpi.carried:
        return ", carried from an earlier period"
    return f", {kpi.counted} of {kpi.expected} collection periods" if kpi.expected > 1 else ""


def _quantity(kpi: KpiScore, value: Decimal, words: Mapping[Decimal, str]) -> str:
    """A word needs no unit."""
    return words.get(value) or f"{shown(value, kpi.decimals)} {kpi.unit}".strip()


def _aim(kpi: KpiScore, words: Mapping[Decimal, str]) -> str:
    return "" if kpi.target is None else f" against a target of {_quantity(kpi, kpi.target, words)}"


def _exact(value: Decimal | None) -> str:
    return "none" if value is None else f"{plain(value):f}"


def _at(position: int | None) -> str:
    """Where it stands in the log."""
    if position is None:
        return ""
    return f" (event {position})" if position else " (built in)"
