"""A KPI of a tree in JSON, as views.KpiView.

Values and anchors stand in the traces of several periods: each is written once.
"""

from functools import lru_cache

import msgspec
from msgspec import Raw, Struct

from domain.measurement.events import ValueKnown
from domain.policy import Band
from domain.scoring.bands import shown
from domain.scoring.scale import Filled
from domain.scoring.tree import KpiScore, KpiTrace
from projections.periods import name_of
from projections.score_view import number, optional_number, result_view, target_view, value_view
from projections.views import AnchorView, KpiFacts, TargetView

SCALES_CACHED_MAX = 4_096

Written = dict[int, Raw]
"""Values of one organization that are written already, by their position in its log."""

_encoder = msgspec.json.Encoder()


class UnopenedTrace(Struct, frozen=True):
    """A TraceView whose values and anchors are written already."""

    definition_position: int
    scale_position: int | None
    values: list[Raw]
    targets: list[TargetView]
    anchors: Raw


class UnopenedKpi(KpiFacts, frozen=True, tag_field="type", tag="kpi"):
    """A KpiView with such a trace."""

    trace: UnopenedTrace


NO_ANCHORS = Raw(b"[]")


def kpi_json(kpi: KpiScore, bands: tuple[Band, ...], written: Written) -> bytes:
    """A KPI at one of its placements; its values are among the written ones afterwards."""
    raw, value, target = kpi.raw_score, kpi.value, kpi.target
    result = result_view(kpi, bands)
    view = UnopenedKpi(
        kpi=kpi.kpi,
        name=kpi.name,
        unit=kpi.unit,
        direction=kpi.direction,
        indicator=kpi.indicator,
        weight=number(kpi.weight),
        applied_share=optional_number(kpi.applied_share),
        leaf_share=number(kpi.leaf_share),
        result=result,
        period=name_of(kpi.period),
        value=optional_number(value),
        value_shown=None if value is None else shown(value, kpi.decimals),
        target=optional_number(target),
        target_shown=None if target is None else shown(target, kpi.decimals),
        baseline=optional_number(kpi.baseline),
        stretch=optional_number(kpi.stretch),
        achievement=result.raw_score if kpi.achievement is raw else optional_number(kpi.achievement),
        counted=kpi.counted,
        expected=kpi.expected,
        carried=kpi.carried,
        flags=list(kpi.flags),
        trace=_trace(kpi.trace, written),
    )
    return _encoder.encode(view)


def _trace(trace: KpiTrace, written: Written) -> UnopenedTrace:
    filled = None if trace.value is None else trace.mark.filled
    return UnopenedTrace(
        trace.definition_position,
        trace.scale_position,
        [written.get(used.position) or _value(used, written) for used in trace.values],
        [target_view(used) for used in trace.targets],
        NO_ANCHORS if filled is None else _anchors(filled),
    )


def _value(used: ValueKnown, written: Written) -> Raw:
    made = written[used.position] = Raw(_encoder.encode(value_view(used)))
    return made


@lru_cache(maxsize=SCALES_CACHED_MAX)
def _anchors(filled: Filled) -> Raw:
    return Raw(_encoder.encode([AnchorView(x=number(each.x), score=number(each.score)) for each in filled.anchors]))
