"""The unfolded explanation of one KPI: sentences first, then the numbers and the positions they came from."""

from domain.calendar import Period
from projections.views import AnchorView, KpiView, TargetView, ValueView
from services.web import words
from services.web.model import AnchorRow, Explanation, UsedTargetRow, UsedValueRow
from services.web.numbers import NOTHING, exact, number, percent, quantity

DIRECTIONS = {"higher": "Higher is better", "lower": "Lower is better", "in_range": "Best within its range"}
INDICATORS = {"lead": "Leading: it drives results", "lag": "Lagging: it confirms results"}
BUILT_IN = "built in"


def explanation(kpi: KpiView) -> Explanation:
    """How the score came about."""
    return Explanation(
        sentences=tuple(_sentences(kpi)),
        values=tuple(_value(value) for value in kpi.trace.values),
        targets=tuple(_target(target) for target in kpi.trace.targets),
        anchors=tuple(_anchor(anchor) for anchor in kpi.trace.anchors),
        facts=tuple(_facts(kpi)),
    )


def _sentences(kpi: KpiView) -> list[str]:
    said = []
    if kpi.value_shown is not None and kpi.result.shown is not None:
        against = f" against a target of {quantity(kpi.target_shown, kpi.unit)}" if kpi.target_shown else ""
        scores = "scores" if kpi.result.score is not None else "alone would score"
        said.append(f"{quantity(kpi.value_shown, kpi.unit)}{against} {scores} {number(kpi.result.shown)} of 100.")
    if kpi.expected > 1:
        said.append(f"{kpi.counted} of {kpi.expected} collection periods have a value that counts.")
    if kpi.carried:
        said.append("The last value is carried forward: it enters the score, not the coverage.")
    if kpi.achievement is not None and _beyond(kpi):
        said.append(f"Beyond the scale it would be {exact(kpi.achievement)}; only 0 to 100 is counted.")
    return said


def _beyond(kpi: KpiView) -> bool:
    return kpi.achievement is not None and not 0 <= float(kpi.achievement) <= 100


def _value(value: ValueView) -> UsedValueRow:
    parts = ""
    if value.numerator is not None and value.denominator is not None:
        parts = f"{exact(value.numerator)} of {exact(value.denominator)}"
    return UsedValueRow(
        period=words.period_label(Period.parse(value.period)),
        source=value.source,
        value=NOTHING if value.value is None else exact(value.value),
        parts=parts,
        position=position(value.position),
    )


def _target(target: TargetView) -> UsedTargetRow:
    remarks = (("revised", target.revised), ("set after the period", target.late))
    return UsedTargetRow(
        period=words.period_label(Period.parse(target.period)),
        target=exact(target.target),
        baseline="" if target.baseline is None else exact(target.baseline),
        stretch="" if target.stretch is None else exact(target.stretch),
        remark=", ".join(remark for remark, holds in remarks if holds),
        position=position(target.position),
    )


def _anchor(anchor: AnchorView) -> AnchorRow:
    return AnchorRow(exact(anchor.x), exact(anchor.score))


def _facts(kpi: KpiView) -> list[tuple[str, str]]:
    facts = [("Code", kpi.kpi), ("Direction", words.said(DIRECTIONS, kpi.direction))]
    if kpi.indicator:
        facts.append(("Kind", words.said(INDICATORS, kpi.indicator)))
    facts.append(("Weight as entered", exact(kpi.weight)))
    if kpi.applied_share is not None:
        facts.append(("Share of the score above", percent(kpi.applied_share, 1)))
    facts.append(("Share of the whole scorecard", percent(kpi.leaf_share, 1)))
    if kpi.result.coverage is not None:
        facts.append(("Coverage", percent(kpi.result.coverage)))
    if kpi.result.raw_score is not None:
        facts.append(("Exact score", exact(kpi.result.raw_score)))
    facts.append(("Definition", position(kpi.trace.definition_position)))
    if kpi.trace.scale_position is not None:
        facts.append(("Scale", position(kpi.trace.scale_position)))
    return facts


def position(value: int) -> str:
    """Where in the log; what is built in stands in none."""
    return f"#{number(str(value))}" if value else BUILT_IN
