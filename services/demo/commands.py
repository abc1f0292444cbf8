"""The demonstrations as commands: what any user would send, in the order in which it happened."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from domain.calendar import Calendar, Period, PeriodKind
from domain.kpi.commands import DefineKpi, KpiCommand, SetTargets, WantedTarget
from domain.kpi.events import Aggregation, Definition, Direction, Indicator, Kind, Target
from domain.kpi.scale import Anchor, Point, Scale
from domain.measurement.commands import DeclareNotApplicable, Entry, MeasurementCommand, RecordMeasurement
from domain.scorecard.commands import (
    AddObjective,
    CreateScorecard,
    LinkObjectives,
    PlaceKpi,
    PublishVersion,
    ScorecardCommand,
    SetWeights,
    StateVision,
)
from domain.scorecard.events import ChildKind, ChildWeight, NewPerspective
from domain.values import ROOT, KpiId, NodeId, ScorecardId
from services.demo import company, hospitals
from services.demo.hospitals import Hospital

FULL = Decimal(100)
NONE = Decimal(0)

VALUE_IS_SCORE = Scale("anchors", (Anchor(Point(fixed=NONE), NONE), Anchor(Point(fixed=FULL), FULL)))
SHARE_OF_TARGET = Scale("anchors", (Anchor(Point(fixed=NONE), NONE), Anchor(Point(target=Decimal(1)), FULL)))

# The fiscal year 2021 of the US federal government: October 2020 to September 2021.
HOSPITAL_CALENDAR = Calendar(start_month=10, year_named_by="end", time_zone="America/New_York")
HOSPITAL_YEAR = Period(PeriodKind.YEAR, 2021, 1)
HOSPITAL_SCORECARD = ScorecardId("vbp")
_HOSPITAL_FIRST_DAY = HOSPITAL_CALENDAR.first_day(HOSPITAL_YEAR)
_QUARTER_OF_ALL = Decimal(25)

COMPANY_SCORECARD = ScorecardId(company.SCORECARD)
_COMPANY_FIRST_DAY = date(company.YEARS[0], 1, 1)


def year(number: int) -> Period:
    """The period of that year."""
    return Period(PeriodKind.YEAR, number, 1)


def hospital_structure() -> tuple[KpiCommand | ScorecardCommand, ...]:
    """Four domains of equal weight as perspectives, with one KPI each: the domain's score, 0 to 100."""
    return (*_hospital_kpis(), _hospital_scorecard(), *_hospital_places(), _hospital_version())


def hospital_values(hospital: Hospital) -> tuple[MeasurementCommand, ...]:
    """What the publisher states of each domain.

    "Not Available" is a statement, not a gap: a hospital with too few cases is never scored in that domain, and its
    total is final. Declared not applicable, the domain leaves weights and coverage, and the score is complete; left
    missing, it would give the same number with a coverage of 0.75 and wait for a value for ever.
    """
    pairs = zip(hospitals.DOMAINS, hospital.scores, strict=True)
    return tuple(_hospital_value(KpiId(domain), score) for domain, score in pairs)


def _hospital_value(kpi: KpiId, score: Decimal | None) -> MeasurementCommand:
    if score is None:
        return DeclareNotApplicable(kpi, HOSPITAL_YEAR, reason=hospitals.NOT_AVAILABLE, external_id=f"fy2021-{kpi}")
    return RecordMeasurement(kpi, HOSPITAL_YEAR, Entry(value=score), external_id=f"fy2021-{kpi}")


def _hospital_kpis() -> Iterator[DefineKpi]:
    for code, name in zip(hospitals.DOMAINS, hospitals.DOMAIN_NAMES, strict=True):
        definition = Definition(
            name=f"{name}: domain score",
            unit="points",
            kind=Kind.STOCK,
            direction=Direction.HIGHER,
            frequency=PeriodKind.YEAR,
            aggregation=Aggregation.LAST,
            indicator=Indicator.LAG,
        )
        yield DefineKpi(KpiId(code), definition, _HOSPITAL_FIRST_DAY, scale=VALUE_IS_SCORE)


def _hospital_scorecard() -> CreateScorecard:
    pairs = zip(hospitals.DOMAINS, hospitals.DOMAIN_NAMES, strict=True)
    perspectives = tuple(NewPerspective(NodeId(code), name, _QUARTER_OF_ALL) for code, name in pairs)
    return CreateScorecard(HOSPITAL_SCORECARD, "Value-based purchasing, fiscal year 2021", perspectives)


def _hospital_places() -> Iterator[PlaceKpi]:
    for code in hospitals.DOMAINS:
        yield PlaceKpi(HOSPITAL_SCORECARD, NodeId(code), KpiId(code))


def _hospital_version() -> PublishVersion:
    return PublishVersion(HOSPITAL_SCORECARD, _HOSPITAL_FIRST_DAY)


def company_structure() -> tuple[KpiCommand | ScorecardCommand, ...]:
    """Six KPIs with targets and a strategy map, published as version 1 before anything was measured."""
    return (
        *_company_kpis(),
        *_company_targets(),
        _company_scorecard(),
        StateVision(COMPANY_SCORECARD, company.VISION),
        *_company_objectives(),
        *_company_links(),
        *_company_places(),
        PublishVersion(COMPANY_SCORECARD, _COMPANY_FIRST_DAY),
    )


def company_values() -> tuple[RecordMeasurement, ...]:
    """Five years of values, year by year, with the typing error as it was made."""
    return tuple(
        RecordMeasurement(
            KpiId(measure.code),
            year(number),
            Entry(value=Decimal(_typed(measure.code, number, measure.values[index]))),
            external_id=f"{number}-{measure.code}",
        )
        for index, number in enumerate(company.YEARS)
        for measure in company.MEASURES
    )


def company_restatement() -> tuple[ScorecardCommand, ...]:
    """Version 2 with other weights, in force from a year whose values are known: a restatement, with its reason."""
    weights = tuple(ChildWeight(ChildKind.NODE, each.code, each.second_weight) for each in company.PERSPECTIVES)
    return (
        SetWeights(COMPANY_SCORECARD, ROOT, weights),
        PublishVersion(
            COMPANY_SCORECARD, date(company.VERSION_2_YEAR, 1, 1), restatement=True, reason=company.VERSION_2_REASON
        ),
    )


def _typed(measure: str, number: int, right: int) -> int:
    error = company.TYPING_ERROR
    return error.recorded if (measure, number) == (error.measure, error.year) else right


def _company_kpis() -> Iterator[DefineKpi]:
    for measure in company.MEASURES:
        definition = Definition(
            name=measure.name,
            unit="%",
            kind=Kind.STOCK,
            direction=Direction.HIGHER,
            frequency=PeriodKind.YEAR,
            aggregation=Aggregation.LAST,
            indicator=Indicator.LEAD if measure.leading else Indicator.LAG,
            decimals=0,
        )
        yield DefineKpi(KpiId(measure.code), definition, _COMPANY_FIRST_DAY, scale=SHARE_OF_TARGET)


def _company_targets() -> Iterator[SetTargets]:
    wanted = tuple(WantedTarget(year(number), Target(company.TARGET)) for number in company.YEARS)
    for measure in company.MEASURES:
        yield SetTargets(KpiId(measure.code), wanted)


def _company_scorecard() -> CreateScorecard:
    perspectives = tuple(
        NewPerspective(NodeId(each.code), each.name, company.FIRST_WEIGHT) for each in company.PERSPECTIVES
    )
    return CreateScorecard(COMPANY_SCORECARD, company.SCORECARD_NAME, perspectives)


def _company_objectives() -> Iterator[AddObjective]:
    for each in company.OBJECTIVES:
        yield AddObjective(COMPANY_SCORECARD, NodeId(each.code), NodeId(each.perspective), each.name)


def _company_links() -> Iterator[LinkObjectives]:
    for each in company.OBJECTIVES:
        for effect in each.drives:
            yield LinkObjectives(COMPANY_SCORECARD, NodeId(each.code), NodeId(effect))


def _company_places() -> Iterator[PlaceKpi]:
    for measure in company.MEASURES:
        yield PlaceKpi(COMPANY_SCORECARD, NodeId(measure.objective), KpiId(measure.code))
