"""Bodies that define KPIs, their scales and targets, and the commands they ask for."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field, model_validator

from domain.calendar import PeriodKind
from domain.errors import Invalid
from domain.kpi import presets
from domain.kpi.commands import DefineKpi, RedefineKpi, SetScale, SetTargets, WantedTarget
from domain.kpi.definition_rules import OPTIONS_MAX, SOURCES_MAX
from domain.kpi.events import (
    AcrossSources,
    Aggregation,
    Definition,
    Direction,
    Indicator,
    Kind,
    Milestone,
    Option,
    Prorate,
    Target,
)
from domain.kpi.scale import Anchor, EqualAnchors, Interpolation, Point, Scale
from domain.kpi.scale_rules import ANCHORS_MAX
from domain.kpi.target_rules import MILESTONES_MAX
from domain.kpi.targets import TARGETS_PER_COMMAND_MAX
from domain.values import MANUAL, KpiId, Source
from services.api.values import Code, Day, Name, Number, PeriodName, Strict, Text
from services.pointers import below

ARGUMENTS_MAX = 10
ZERO = Decimal(0)


class PointBody(Strict):
    """A value on the KPI's axis: fixed + target * T + baseline * B + stretch * S."""

    fixed: Number = ZERO
    target: Number = ZERO
    baseline: Number = ZERO
    stretch: Number = ZERO


AnyPoint = Annotated[PointBody | Number, Field(description="a number, or a sum of multiples of the period's target")]


def _point(point: PointBody | Decimal) -> Point:
    if isinstance(point, PointBody):
        return Point(point.fixed, point.target, point.baseline, point.stretch)
    return Point(fixed=point)


class AnchorBody(Strict):
    """At value `x` the score is `score`."""

    x: AnyPoint
    score: Number


def _arguments(preset: presets.Preset) -> str:
    return ", ".join(sorted(preset.arguments)) or "none"


class ScaleBody(Strict):
    """Either the name of a preset with its arguments, or anchors."""

    preset: str | None = Field(default=None, max_length=64, description=f"one of {', '.join(presets.PRESETS)}")
    arguments: dict[str, AnyPoint] = Field(
        default={},
        max_length=ARGUMENTS_MAX,
        description="; ".join(f"{name}: {_arguments(preset)}" for name, preset in presets.PRESETS.items()),
    )
    anchors: list[AnchorBody] = Field(default=[], max_length=ANCHORS_MAX)
    interpolation: Interpolation = Interpolation.LINEAR
    equal_anchors: EqualAnchors = EqualAnchors.ERROR

    @model_validator(mode="after")
    def _one_of_both(self) -> "ScaleBody":
        if (self.preset is None) == (not self.anchors) or (self.anchors and self.arguments):
            raise ValueError("give either preset with arguments, or anchors")
        if self.preset is not None and "interpolation" in self.model_fields_set:
            raise ValueError("interpolation goes with anchors: a preset has its own")
        return self

    def scale(self, definition: Definition, at: str = "") -> Scale:
        """The scale for a KPI of that definition; `at` is where this body stands. Raises Invalid."""
        if self.preset is None:
            anchors = tuple(Anchor(_point(anchor.x), anchor.score) for anchor in self.anchors)
            return Scale("anchors", anchors, self.interpolation, self.equal_anchors)
        arguments = {name: _point(point) for name, point in self.arguments.items()}
        try:
            return presets.compiled(self.preset, arguments, definition, self.equal_anchors)
        except Invalid as error:
            raise below(at, error) from None


class OptionBody(Strict):
    """One option of an ordinal KPI; its rank follows from the order."""

    label: Name
    score: Number


class DefinitionBody(Strict):
    """What a KPI measures."""

    name: Name
    unit: str = Field(min_length=1, max_length=40, examples=["EUR"])
    kind: Kind
    direction: Direction
    frequency: PeriodKind
    aggregation: Aggregation
    indicator: Indicator | None = None
    scored: bool = True
    sources: list[Code] = Field(default=[str(MANUAL)], min_length=1, max_length=SOURCES_MAX)
    across_sources: AcrossSources | None = None
    ratio_per: Number = Decimal(1)
    survey_low: Number = Decimal(1)
    survey_high: Number = Decimal(5)
    respondents_min: int = Field(default=0, ge=0)
    options: list[OptionBody] = Field(default=[], max_length=OPTIONS_MAX)
    prorate: Prorate = Prorate.NONE
    grace_days: int | None = Field(default=None, ge=0, le=366)
    decimals: int = Field(default=2, ge=0, le=10)
    effective_from: Day
    description: Text | None = None

    def definition(self) -> Definition:
        return Definition(
            name=self.name,
            unit=self.unit,
            kind=self.kind,
            direction=self.direction,
            frequency=self.frequency,
            aggregation=self.aggregation,
            indicator=self.indicator,
            scored=self.scored,
            sources=tuple(Source(source) for source in self.sources),
            across_sources=self.across_sources,
            ratio_per=self.ratio_per,
            survey_low=self.survey_low,
            survey_high=self.survey_high,
            respondents_min=self.respondents_min,
            options=tuple(Option(option.label, option.score) for option in self.options),
            prorate=self.prorate,
            grace_days=self.grace_days,
            decimals=self.decimals,
        )


class NewKpiBody(DefinitionBody):
    """A new KPI; with a scale, the scale applies from the same date."""

    kpi: Code
    scale: ScaleBody | None = None

    def command(self) -> DefineKpi:
        definition = self.definition()
        scale = None if self.scale is None else self.scale.scale(definition, "/scale")
        return DefineKpi(KpiId(self.kpi), definition, self.effective_from, self.description, scale)


class RedefinitionBody(DefinitionBody):
    """The whole definition anew from a date; a restatement says so and gives a reason."""

    restatement: bool = False
    reason: Text | None = None

    def command(self, kpi: KpiId) -> RedefineKpi:
        return RedefineKpi(kpi, self.definition(), self.effective_from, self.restatement, self.reason, self.description)


class ScaleSettingBody(ScaleBody):
    """The scale anew from a date; a restatement says so and gives a reason."""

    effective_from: Day
    restatement: bool = False
    reason: Text | None = None

    def command(self, kpi: KpiId, definition: Definition) -> SetScale:
        return SetScale(kpi, self.scale(definition), self.effective_from, self.restatement, self.reason)


class MilestoneBody(Strict):
    """From that period on, the step target of a longer period is `value`."""

    period: PeriodName
    value: Number


class TargetBody(Strict):
    """The target of one period."""

    period: PeriodName
    target: Number
    baseline: Number | None = None
    stretch: Number | None = None
    milestones: list[MilestoneBody] = Field(default=[], max_length=MILESTONES_MAX)

    def value(self) -> WantedTarget:
        milestones = tuple(Milestone(each.period, each.value) for each in self.milestones)
        return WantedTarget(self.period, Target(self.target, self.baseline, self.stretch, milestones))


class TargetsBody(Strict):
    """A series of targets; to revise one that is set needs a reason."""

    targets: list[TargetBody] = Field(min_length=1, max_length=TARGETS_PER_COMMAND_MAX)
    reason: Text | None = None

    def command(self, kpi: KpiId) -> SetTargets:
        return SetTargets(kpi, tuple(target.value() for target in self.targets), self.reason)


class OwnerBody(Strict):
    """`owner` is the id of a principal, as a key shows it."""

    owner: Code


class RetirementBody(Strict):
    """The last day on which the KPI counts."""

    last_day: Day
    reason: Text | None = None
