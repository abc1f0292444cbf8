"""The whole page of a scorecard, and of an organization, from what was read."""

from domain.calendar import Period
from services.web import words
from services.web.addresses import organization_href, scorecard_href
from services.web.balances import balance
from services.web.charts import spark
from services.web.model import Choice, Footer, Header, OrganizationPage, ScorecardEntry, ScorecardPage, Trend
from services.web.numbers import number, percent
from services.web.present import NO_TREND, Surroundings, limits, score_cell, sections, trend
from services.web.seen import EntrySeen, OrganizationSeen, ScorecardSeen, VersionSeen
from services.web.series import cell, history, points

IN_FORCE, DRAFT = "in_force", "draft"
NOWHERE = Choice("", None)


def scorecard_page(seen: ScorecardSeen) -> ScorecardPage:
    """Everything the page of a scorecard shows."""
    root = seen.tree.root
    histories = {kpi: points(reached, seen.bands, seen.tree.period) for kpi, reached in seen.histories.items()}
    around = Surroundings(seen.place.code, seen.bands, histories, seen.freshness, seen.cards)
    return ScorecardPage(
        header=_header(seen),
        score=None if root is None else score_cell(root.result, seen.tree, seen.bands),
        trend=_trend(seen),
        rule="" if root is None or root.rule == "mean" else words.said(words.RULES, root.rule),
        limits="" if root is None else limits(root),
        errors="" if root is None or not root.errors else _errors(root.errors),
        sections=sections(seen.tree, around),
        balance=balance(seen.balances, seen.tree.period),
        history=history(seen),
        stale=_stale(seen.stale_share),
        footer=_footer(seen),
    )


def organization_page(seen: OrganizationSeen) -> OrganizationPage:
    """The list of scorecards, each with its latest score."""
    return OrganizationPage(
        name=seen.place.name,
        code=seen.place.code,
        href=organization_href(seen.place.code),
        scorecards=tuple(_entry(seen.place.code, entry) for entry in seen.entries),
        position=number(str(seen.position)),
        evaluated_at=words.instant_label(seen.evaluated_at),
    )


def _trend(seen: ScorecardSeen) -> Trend:
    """The total of the asked period against the one before it; later periods may be known too."""
    until = [reached for reached in seen.totals if not _later(reached.period, seen.periods.asked)]
    return trend(points(until, seen.bands)) if until and until[-1].period == seen.periods.asked else NO_TREND


def _later(one: Period, other: Period) -> bool:
    return (one.year, one.number) > (other.year, other.number)


def _header(seen: ScorecardSeen) -> Header:
    periods, version = seen.periods, _version(seen)
    return Header(
        organization=seen.place.name,
        organization_href=organization_href(seen.place.code),
        code=seen.code,
        name=seen.name,
        vision=seen.vision,
        period=words.period_label(periods.asked),
        period_id=periods.asked.text,
        days="" if seen.days is None else words.days_label(*seen.days),
        partial=seen.tree.partial,
        previous=_step(seen, periods.previous),
        following=_step(seen, periods.following),
        kinds=tuple(
            Choice(words.KINDS[kind], _href(seen, period), kind is periods.asked.kind, words.period_label(period))
            for kind, period in periods.kinds
        ),
        version=_version_label(seen),
        version_since="" if version is None else words.day_label(version.effective_from),
        restatement=version is not None and version.restatement,
        versions=_versions(seen),
    )


def _version(seen: ScorecardSeen) -> VersionSeen | None:
    return next((version for version in seen.versions if version.number == seen.tree.version), None)


def _version_label(seen: ScorecardSeen) -> str:
    if seen.choice == DRAFT:
        return "Draft, not published"
    return "No version" if seen.tree.version is None else f"Version {seen.tree.version}"


def _versions(seen: ScorecardSeen) -> tuple[Choice, ...]:
    """In force first, then each version by number: the same values under another structure."""
    if len(seen.versions) < 2:
        return ()
    period = seen.tree.period
    chosen = [(IN_FORCE, "In force", "The version in force for the period")]
    chosen += [
        (str(version.number), f"v{version.number}", f"In force from {words.day_label(version.effective_from)}")
        for version in seen.versions
    ]
    return tuple(
        Choice(label, scorecard_href(seen.place.code, seen.code, period, choice), choice == seen.choice, hint)
        for choice, label, hint in chosen
    )


def _step(seen: ScorecardSeen, period: Period | None) -> Choice:
    return NOWHERE if period is None else Choice(words.period_label(period), _href(seen, period))


def _href(seen: ScorecardSeen, period: Period) -> str:
    return scorecard_href(seen.place.code, seen.code, period.text, seen.choice)


def _errors(count: int) -> str:
    return "One KPI cannot be scored." if count == 1 else f"{count} KPIs cannot be scored."


def _stale(share: str | None) -> str:
    return f"{percent(share)} of the weight is overdue." if share is not None and float(share) > 0 else ""


def _footer(seen: ScorecardSeen) -> Footer:
    tree = seen.tree
    return Footer(
        position=number(str(seen.position)),
        evaluated_at=words.instant_label(seen.evaluated_at),
        changed_at=f"#{number(str(tree.changed_at))}",
        rules=(
            f"Missing values: {words.said(words.MISSING_DATA, tree.missing_data)}. "
            f"A score needs at least {percent(tree.minimum_coverage)} of its weight.",
        ),
    )


def _entry(organization: str, entry: EntrySeen) -> ScorecardEntry:
    latest = entry.totals[-1] if entry.totals else None
    return ScorecardEntry(
        code=entry.code,
        name=entry.name,
        vision=entry.vision,
        href=scorecard_href(organization, entry.code),
        period="" if latest is None else words.period_label(latest.period),
        score=None if latest is None else cell(latest, entry.bands),
        spark=spark(points(entry.totals, entry.bands), f"Scores of {entry.name}"),
        archived=entry.archived,
    )
