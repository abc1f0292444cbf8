"""KPIs as the API shows them: every definition, scale and target with the position that set it."""

from msgspec import Struct

from domain.kpi.events import Definition
from domain.kpi.scale import Point
from domain.kpi.state import DefinitionKnown, Kpi, ScaleKnown, TargetKnown
from services.api.texts import day_text, number_text, optional_day, optional_number


class OptionView(Struct, frozen=True):
    """One option of an ordinal KPI; its rank follows from the order."""

    label: str
    score: str


class DefinitionView(Struct, frozen=True):
    """A definition, from when it applies and the position that set it."""

    effective_from: str
    position: int
    restatement: bool
    name: str
    unit: str
    kind: str
    direction: str
    frequency: str
    aggregation: str
    indicator: str | None
    scored: bool
    sources: list[str]
    across_sources: str | None
    ratio_per: str
    survey_low: str
    survey_high: str
    respondents_min: int
    options: list[OptionView]
    prorate: str
    grace_days: int | None
    decimals: int


class PointView(Struct, frozen=True):
    """A value on the KPI's axis: fixed + target * T + baseline * B + stretch * S."""

    fixed: str
    target: str
    baseline: str
    stretch: str


class ScaleAnchorView(Struct, frozen=True):
    """At value `x` the score is `score`."""

    x: PointView
    score: str


class ScaleView(Struct, frozen=True):
    """A scale as anchors, from when it applies and the position that set it; `preset` is what made it, or anchors."""

    effective_from: str
    position: int
    restatement: bool
    preset: str
    interpolation: str
    equal_anchors: str
    anchors: list[ScaleAnchorView]


class MilestoneView(Struct, frozen=True):
    """From that period on, the step target of a longer period is `value`."""

    period: str
    value: str


class PeriodTargetView(Struct, frozen=True):
    """The target of a period; `late` flags one set or revised after the period's end."""

    period: str
    target: str
    baseline: str | None
    stretch: str | None
    milestones: list[MilestoneView]
    position: int
    late: bool
    revised: bool


class KpiLineView(Struct, frozen=True):
    """A KPI in a list, by its latest definition."""

    kpi: str
    name: str
    unit: str
    frequency: str
    direction: str
    owner: str | None
    retired_after: str | None


class KpisView(Struct, frozen=True):
    """All KPIs in order of code."""

    kpis: list[KpiLineView]
    position: int


class KpiDetailView(Struct, frozen=True):
    """A KPI: definitions and scales in order of position, targets in order of period."""

    kpi: str
    owner: str | None
    description: str | None
    retired_after: str | None
    definitions: list[DefinitionView]
    scales: list[ScaleView]
    targets: list[PeriodTargetView]
    position: int


def kpi_line(kpi: Kpi) -> KpiLineView:
    """The KPI in a list."""
    latest = kpi.definitions[-1].definition
    return KpiLineView(
        kpi=kpi.id,
        name=latest.name,
        unit=latest.unit,
        frequency=latest.frequency.value,
        direction=latest.direction.value,
        owner=kpi.owner,
        retired_after=optional_day(kpi.retired_after),
    )


def kpi_detail(kpi: Kpi, position: int) -> KpiDetailView:
    """The whole KPI as of a position."""
    return KpiDetailView(
        kpi=kpi.id,
        owner=kpi.owner,
        description=kpi.description,
        retired_after=optional_day(kpi.retired_after),
        definitions=[_definition(known, known.definition) for known in kpi.definitions],
        scales=[_scale(known) for known in kpi.scales],
        targets=[_target(known) for known in kpi.targets],
        position=position,
    )


def _definition(known: DefinitionKnown, definition: Definition) -> DefinitionView:
    return DefinitionView(
        effective_from=day_text(known.effective_from),
        position=known.position,
        restatement=known.restatement,
        name=definition.name,
        unit=definition.unit,
        kind=definition.kind.value,
        direction=definition.direction.value,
        frequency=definition.frequency.value,
        aggregation=definition.aggregation.value,
        indicator=None if definition.indicator is None else definition.indicator.value,
        scored=definition.scored,
        sources=list(definition.sources),
        across_sources=None if definition.across_sources is None else definition.across_sources.value,
        ratio_per=number_text(definition.ratio_per),
        survey_low=number_text(definition.survey_low),
        survey_high=number_text(definition.survey_high),
        respondents_min=definition.respondents_min,
        options=[OptionView(option.label, number_text(option.score)) for option in definition.options],
        prorate=definition.prorate.value,
        grace_days=definition.grace_days,
        decimals=definition.decimals,
    )


def _scale(known: ScaleKnown) -> ScaleView:
    scale = known.scale
    return ScaleView(
        effective_from=day_text(known.effective_from),
        position=known.position,
        restatement=known.restatement,
        preset=scale.preset,
        interpolation=scale.interpolation.value,
        equal_anchors=scale.equal_anchors.value,
        anchors=[ScaleAnchorView(_point(anchor.x), number_text(anchor.score)) for anchor in scale.anchors],
    )


def _point(point: Point) -> PointView:
    return PointView(
        number_text(point.fixed), number_text(point.target), number_text(point.baseline), number_text(point.stretch)
    )


def _target(known: TargetKnown) -> PeriodTargetView:
    target = known.target
    return PeriodTargetView(
        period=known.period.text,
        target=number_text(target.target),
        baseline=optional_number(target.baseline),
        stretch=optional_number(target.stretch),
        milestones=[MilestoneView(each.period.text, number_text(each.value)) for each in target.milestones],
        position=known.position,
        late=known.late,
        revised=known.revised,
    )
