"""Views made by hand: a company in 2016, and a card in which every state occurs."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import msgspec

from domain.calendar import Period, PeriodKind
from domain.policy import DEFAULT_BANDS
from projections.views import (
    AnchorView,
    CardView,
    KpiView,
    NodeView,
    ScoreView,
    TargetView,
    TraceView,
    TreeView,
    ValueView,
)
from services.web.seen import BalanceSeen, PartSeen, Periods, Place, Reached, ScorecardSeen, ShareSeen, VersionSeen

PLACE = Place("company", "bambooBSC demo company")
EVALUATED_AT = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
YEARS = ("2014", "2015", "2016", "2017", "2018")
ACTUALS = {
    "K1": (64, 55, 57, 61, 70),
    "K2": (75, 63, 65, 67, 69),
    "K3": (71, 48, 55, 60, 65),
    "K4": (81, 66, 70, 74, 78),
    "K5": (90, 70, 75, 79, 84),
    "K6": (97, 81, 86, 90, 89),
}
TOTALS = ("84.125", "68.0625", "72.375", "73.5", "77.6")
OUTCOMES = ("71.5", "74.25", "72.5", "72.75", "79.5")
LONG_NAME = "Share of invoices that were paid within the agreed term of payment, all regions and currencies together"


def band_of(score: str | None) -> str | None:
    """The band of a score in the default bands."""
    if score is None:
        return None
    return [band.name for band in DEFAULT_BANDS if band.lower <= Decimal(score)][-1]


def result(
    score: str | None, coverage: str | None = "1", state: str = "complete", reason: str | None = None
) -> ScoreView:
    counts = state in ("complete", "incomplete")
    shown = None if score is None else f"{Decimal(score):.1f}"
    return ScoreView(
        state, reason, score if counts else None, score, shown, band_of(score) if counts else None, coverage
    )


def trace(period: str, value: str | None, target: str | None = "100", position: int = 40) -> TraceView:
    return TraceView(
        definition_position=9,
        scale_position=10,
        values=[] if value is None else [ValueView(period, "manual", value, None, None, position)],
        targets=[] if target is None else [TargetView(period, target, "0", None, 31, False, False)],
        anchors=[AnchorView("0", "0"), AnchorView("100", "100")],
    )


def kpi(code: str, name: str, score: ScoreView, **others: object) -> KpiView:
    """A yearly KPI of 2016 whose value is its score, of the target 100."""
    made = KpiView(
        kpi=code,
        name=name,
        unit="%",
        direction="higher",
        indicator="lag",
        weight="50",
        applied_share="0.5",
        leaf_share="0.125",
        result=score,
        period="2016",
        value=score.raw_score,
        value_shown=score.shown,
        target="100",
        target_shown="100.0",
        baseline="0",
        stretch=None,
        achievement=score.raw_score,
        counted=1,
        expected=1,
        carried=False,
        flags=[],
        trace=trace("2016", score.raw_score),
    )
    return msgspec.structs.replace(made, **others)


def node(
    code: str,
    kind: str,
    name: str,
    score: ScoreView,
    children: Sequence[NodeView | KpiView | CardView],
    **others: object,
) -> NodeView:
    made = NodeView(
        id=code,
        kind="objective",
        name=name,
        weight="25",
        applied_share="0.25",
        leaf_share="0.25",
        rule="mean",
        result=score,
        band_of_score=score.band,
        limited_by=[],
        errors=0,
        children=list(children),
    )
    return msgspec.structs.replace(made, kind=kind, **others)


def tree(root: NodeView | None, period: str = "2016", version: int | None = 1) -> TreeView:
    return TreeView(
        scorecard="strategy",
        period=period,
        version=version,
        version_position=None if version is None else 30,
        policy_position=0,
        missing_data="proportional",
        minimum_coverage="0.5",
        partial=False,
        day_dependent=False,
        method=1,
        changed_at=52,
        root=root,
    )


def company_root() -> NodeView:
    """In 2016 58.5, 70, 75 and 86 make 72.375."""
    k1 = kpi("K1", "Turnover growth", result("57"), applied_share="1", leaf_share="0.125", indicator="lag")
    k2 = kpi("K2", "Return on investment", result("65"), leaf_share="0.0625")
    corrected = trace("2016", "55", position=52)
    k3 = kpi("K3", "Investment ratio", result("55"), leaf_share="0.0625", flags=["restatement"], trace=corrected)
    turnover = node("turnover", "objective", "Enhance turnover", result("57"), [k1], applied_share="0.5")
    investment = node("investment", "objective", "Investment", result("60"), [k2, k3], applied_share="0.5")
    financial = node("financial", "perspective", "Financial", result("58.5"), [turnover, investment])
    others = [
        ("customer", "Customer", "Satisfied customers", "K4", "Customer satisfaction", "70"),
        ("internal", "Internal processes", "Deliver on time", "K5", "On-time delivery", "75"),
        ("learning", "Learning & growth", "Skilled people", "K6", "Training completed", "86"),
    ]
    perspectives = [financial]
    for code, name, objective, kpi_code, kpi_name, score in others:
        one = kpi(kpi_code, kpi_name, result(score), applied_share="1", leaf_share="0.25", indicator="lead")
        below = node(f"{code}-1", "objective", objective, result(score), [one], applied_share="1")
        perspectives.append(node(code, "perspective", name, result(score), [below]))
    return node("", "scorecard", "Strategy 2014 to 2018", result("72.375"), perspectives, applied_share=None)


def reached(period: str, score: str | None, version: int | None = 1, **others: str | None) -> Reached:
    shown = None if score is None else f"{Decimal(score):.1f}"
    state = "complete" if score is not None else "empty"
    made = Reached(
        Period.parse(period), state, score, shown, band_of(score), "1" if score is not None else "0", version
    )
    return replace(made, **others)  # type: ignore[arg-type]  # names of fields, checked by dataclasses


def company() -> ScorecardSeen:
    totals = [reached(year, total, 1 if year < "2017" else 2) for year, total in zip(YEARS, TOTALS, strict=True)]
    histories = {
        code: [reached(year, str(value)) for year, value in zip(YEARS, values, strict=True)][:3]
        for code, values in ACTUALS.items()
    }
    year = Period.parse("2016")
    return ScorecardSeen(
        place=PLACE,
        code="strategy",
        name="Strategy 2014 to 2018",
        vision="To be the company our customers recommend, and to grow on our own earnings.",
        tree=tree(company_root()),
        choice="in_force",
        periods=Periods(year, Period.parse("2015"), Period.parse("2017"), ((PeriodKind.YEAR, year),)),
        bands=DEFAULT_BANDS,
        versions=(VersionSeen(1, date(2014, 1, 1), False), VersionSeen(2, date(2017, 1, 1), True)),
        position=61,
        evaluated_at=EVALUATED_AT,
        totals=totals,
        histories=histories,
        freshness=dict.fromkeys(ACTUALS, "current"),
        stale_share="0",
        balances=balances(),
    )


def balances() -> list[BalanceSeen]:
    names = ("weights", "counts", "leading", "causes")
    parts = tuple(PartSeen(*part) for part in zip(names, ("1", "0.833333", "0.7", "0.8"), strict=True))
    perspectives = ("Financial", "Customer", "Internal processes", "Learning & growth")
    warned = (("orphan-objective", "Skilled people"), ("perspective-share-above-half", "Financial"))
    return [
        BalanceSeen(
            Period.parse(year),
            "82.6",
            "100.0",
            outcome,
            "Financial",
            parts,
            lowest="58.5",
            highest="86.0",
            shares=tuple(ShareSeen(name, "0.25", "0.25", "0.25", 1) for name in perspectives),
            warnings=warned,
        )
        for year, outcome in zip(YEARS[:3], OUTCOMES, strict=False)
    ]


def every_state() -> ScorecardSeen:
    """Each state, each reason, long names, big numbers, a child scorecard, a KPI without an objective."""
    rows = [
        kpi("a.complete", LONG_NAME, result("94.25"), value_shown="1284500.75", target_shown="1500000.00", unit="EUR"),
        kpi("b.negative", "Operating margin", result("12.5"), value_shown="-12.4", target_shown="-2.0", unit="pp"),
        kpi("c.incomplete", "Complaints answered", result("66", "0.666667", "incomplete"), counted=2, expected=3),
        kpi("d.insufficient", "Energy used", result("80", "0.25", "insufficient"), counted=1, expected=4),
        kpi("e.missing", "Staff turnover", result(None, "0", "empty", "missing"), trace=trace("2016", None)),
        kpi("f.target", "Patents", result(None, "0", "empty", "no_target"), target=None, target_shown=None),
        kpi("g.zero", "Meals per flight", result(None, "0", "error", "division_by_zero"), indicator=None),
        kpi("h.retired", "Fax messages", result(None, None, "not_applicable", "retired"), applied_share=None),
        kpi("i.unscored", "Headcount", result(None, None, "not_applicable", "unscored"), applied_share=None),
        kpi(
            "j.carried", "Brand awareness", result("51", "0", "incomplete", "carried"), carried=True, flags=["revised"]
        ),
        kpi("k.quarterly", "Safety incidents", result("71"), period="2016-Q4", achievement="133.3", direction="lower"),
    ]
    blank = kpi("z.blank", "Awards", result(None, "0", "empty", "respondents"), trace=trace("2016", None))
    crowded = node("crowded", "objective", "Everything at once", result("60", "0.6", "incomplete"), rows)
    unmeasured = node("none", "objective", "Not measured", result(None, None, "not_applicable"), [])
    first = node("one", "perspective", "Everything", result("60", "0.6", "incomplete"), [crowded, unmeasured])
    limited = node(
        "two",
        "perspective",
        "Limited",
        msgspec.structs.replace(result("72"), band="amber"),
        [
            CardView("branch", 3, "1", "0.5", "0.1", node("", "scorecard", "Branch office", result("72"), [])),
            CardView("closed", None, "1", None, "0", None),
        ],
        limited_by=["2 or more red: at most amber"],
        band_of_score="green",
        rule="min",
    )
    few = node("three", "perspective", "Too few values", result("90", "0.3", "insufficient"), [blank], rule="max")
    gone = node("four", "perspective", "Nothing here", result(None, None, "not_applicable"), [], applied_share=None)
    own = kpi("own", "Measured on the card itself", result("33.3"))
    root = node(
        "",
        "scorecard",
        "Every state",
        result("61.2", "0.55", "incomplete"),
        [first, limited, few, gone, own],
        errors=2,
        applied_share=None,
    )
    base = company()
    freshness = dict(
        zip([row.kpi for row in rows], ("current", "not_due", "due", "overdue", "multi_overdue", "never"), strict=False)
    )
    months = [f"2015-{month:02}" for month in range(1, 13)]
    scores = ["40", "42", None, "55", "61", "58", None, "71", "73", "69.95", "66", "61.2"]
    totals = [reached(month, score) for month, score in zip(months, scores, strict=True)]
    totals[9] = replace(totals[9], state="insufficient", band=None, coverage="0.4")
    december = Period.parse("2015-12")
    kinds = (
        (PeriodKind.MONTH, december),
        (PeriodKind.QUARTER, Period.parse("2015-Q4")),
        (PeriodKind.YEAR, Period.parse("2015")),
    )
    undefined = BalanceSeen(
        december,
        None,
        "0",
        None,
        None,
        (PartSeen("weights", None), PartSeen("leading", None)),
        shares=(ShareSeen("Everything", "1", "1", None, 11),),
        warnings=(("no-leading-kpi", ""), ("unheard-of", "Somewhere")),
    )
    seen = tree(root, "2015-12")
    return replace(
        base,
        name="Every state",
        code="every",
        tree=msgspec.structs.replace(seen, partial=True),
        periods=Periods(december, Period.parse("2015-11"), None, kinds),
        totals=totals,
        freshness=freshness,
        stale_share="0.32",
        balances=[undefined],
    )
