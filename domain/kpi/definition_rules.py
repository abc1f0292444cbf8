"""What a KPI definition must fulfil by itself: kind, aggregation, sources, options and survey fit together."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from domain.errors import Invalid
from domain.kpi.events import AcrossSources, Aggregation, Definition, Kind, Option, Prorate
from domain.policy import FULL_SCORE, GRACE_DAYS_MAX
from domain.values import Source, code, exact, name

UNIT_LENGTH_MAX = 40
SOURCES_MAX = 20
OPTIONS_MIN = 2
OPTIONS_MAX = 50
DECIMALS_MAX = 10
RESPONDENTS_MAX = 1_000_000_000

_ENDS = frozenset({Aggregation.LAST, Aggregation.FIRST, Aggregation.MIN, Aggregation.MAX, Aggregation.NONE})
_MIDDLE = frozenset({Aggregation.MEAN, Aggregation.WEIGHTED_MEAN, Aggregation.MEDIAN})
_COUNTS = frozenset({Aggregation.COUNT, Aggregation.DISTINCT_COUNT})

AGGREGATIONS: Mapping[Kind, frozenset[Aggregation]] = {
    Kind.FLOW: _ENDS | _MIDDLE | _COUNTS | {Aggregation.SUM},
    Kind.STOCK: _ENDS | _MIDDLE | _COUNTS,
    Kind.RATIO: _ENDS | {Aggregation.RATIO},
    Kind.SURVEY: _ENDS | _MIDDLE,
    Kind.ORDINAL: _ENDS | {Aggregation.MEDIAN},
    Kind.BINARY: _ENDS | {Aggregation.MEAN, Aggregation.SUM},
}
"""Levels do not add up, quotients are not averaged, and ranks have no distances."""

ACROSS_SOURCES: Mapping[Kind, frozenset[AcrossSources]] = {
    Kind.FLOW: frozenset(AcrossSources),
    Kind.STOCK: frozenset(AcrossSources),
    Kind.RATIO: frozenset({AcrossSources.SUM, AcrossSources.PRIORITY}),
    Kind.SURVEY: frozenset({AcrossSources.MEAN, AcrossSources.PRIORITY}),
    Kind.ORDINAL: frozenset({AcrossSources.PRIORITY}),
    Kind.BINARY: frozenset({AcrossSources.PRIORITY}),
}


def checked_definition(definition: Definition) -> Definition:
    """The definition in its plain form; raises Invalid naming field and rule."""
    _check_aggregation(definition)
    _check_whole_numbers(definition)
    return replace(
        definition,
        name=name(definition.name),
        unit=_checked_unit(definition.unit),
        sources=_checked_sources(definition),
        ratio_per=_checked_ratio_per(definition),
        survey_low=exact(definition.survey_low, "/survey_low"),
        survey_high=_checked_survey_high(definition),
        options=_checked_options(definition),
    )


def _check_aggregation(definition: Definition) -> None:
    allowed = AGGREGATIONS[definition.kind]
    if definition.aggregation not in allowed:
        listed = ", ".join(each for each in Aggregation if each in allowed)
        raise Invalid(
            "aggregation-unfit", f"/aggregation of a {definition.kind} KPI must be one of {listed}", "/aggregation"
        )
    if definition.prorate is Prorate.LINEAR and definition.kind in (Kind.ORDINAL, Kind.BINARY):
        raise Invalid("prorate-unfit", f"/prorate of a {definition.kind} KPI cannot be linear", "/prorate")


def _check_whole_numbers(definition: Definition) -> None:
    limits = (
        ("/decimals", definition.decimals, DECIMALS_MAX),
        ("/grace_days", definition.grace_days or 0, GRACE_DAYS_MAX),
        ("/respondents_min", definition.respondents_min, RESPONDENTS_MAX),
    )
    for field, value, maximum in limits:
        if not 0 <= value <= maximum:
            raise Invalid("out-of-range", f"{field} must be a whole number from 0 to {maximum}", field)


def _checked_unit(unit: str) -> str:
    if len(unit.strip()) > UNIT_LENGTH_MAX:
        raise Invalid("text-too-long", f"/unit may have at most {UNIT_LENGTH_MAX} characters", "/unit")
    return name(unit, "/unit")


def _checked_sources(definition: Definition) -> tuple[Source, ...]:
    sources = tuple(Source(code(each, f"/sources/{index}")) for index, each in enumerate(definition.sources))
    if not 1 <= len(sources) <= SOURCES_MAX or len(set(sources)) != len(sources):
        raise Invalid("sources-invalid", f"/sources must hold 1 to {SOURCES_MAX} different sources", "/sources")
    across = definition.across_sources
    if len(sources) > 1 and across is None:
        raise Invalid(
            "across-sources-missing", "/across_sources must say how several sources become one value", "/across_sources"
        )
    if across is not None and across not in ACROSS_SOURCES[definition.kind]:
        listed = ", ".join(each for each in AcrossSources if each in ACROSS_SOURCES[definition.kind])
        raise Invalid(
            "across-sources-unfit",
            f"/across_sources of a {definition.kind} KPI must be one of {listed}",
            "/across_sources",
        )
    return sources


def _checked_ratio_per(definition: Definition) -> Decimal:
    number = exact(definition.ratio_per, "/ratio_per")
    if number <= 0 or (number != 1 and definition.kind is not Kind.RATIO):
        raise Invalid("ratio-per-invalid", "/ratio_per must be above 0, and is for ratios only", "/ratio_per")
    return number


def _checked_survey_high(definition: Definition) -> Decimal:
    high = exact(definition.survey_high, "/survey_high")
    if high <= definition.survey_low:
        raise Invalid("survey-ends-invalid", "/survey_high must be above /survey_low", "/survey_high")
    return high


def _checked_options(definition: Definition) -> tuple[Option, ...]:
    if definition.kind is not Kind.ORDINAL:
        if definition.options:
            raise Invalid("options-unfit", f"/options are for ordinal KPIs, not for a {definition.kind}", "/options")
        return ()
    if not OPTIONS_MIN <= len(definition.options) <= OPTIONS_MAX:
        raise Invalid(
            "options-invalid", f"/options of an ordinal KPI must hold {OPTIONS_MIN} to {OPTIONS_MAX}", "/options"
        )
    options = tuple(_checked_option(each, f"/options/{index}") for index, each in enumerate(definition.options))
    if len({option.label.casefold() for option in options}) != len(options):
        raise Invalid("options-invalid", "/options must have different labels", "/options")
    return options


def _checked_option(option: Option, field: str) -> Option:
    label = name(option.label, f"{field}/label")
    if label.isdecimal():
        raise Invalid("options-invalid", f"{field}/label must not be a number: numbers are ranks", f"{field}/label")
    score = exact(option.score, f"{field}/score")
    if not 0 <= score <= FULL_SCORE:
        raise Invalid("out-of-range", f"{field}/score must be 0 to 100", f"{field}/score")
    return Option(label, score)
