"""What a page says in words: states, reasons, trends, freshness, periods, instants. Every state has a sentence.

Unknown words are shown as they are, never hidden: a new reason must not make a page lie.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime

from domain.calendar import Period, PeriodKind

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

STATES: Mapping[str, str] = {
    "complete": "Complete",
    "incomplete": "Incomplete",
    "insufficient": "Too few values",
    "empty": "No value",
    "not_applicable": "Not applicable",
    "error": "Cannot be scored",
}

REASONS: Mapping[str, str] = {
    "missing": "no value was recorded for this period",
    "no_target": "the scale needs a target and none is set for this period",
    "no_scale": "no scale is set, so a value has no score",
    "division_by_zero": "the denominator is zero",
    "degenerate_target": "target and baseline are equal, so the scale has no slope",
    "anchors_unordered": "with this target the points of the scale are out of order",
    "respondents": "too few people answered",
    "carried": "the last value is carried forward, which does not count as a value of this period",
    "retired": "the KPI is retired",
    "not_in_force": "the KPI was not yet defined in this period",
    "unscored": "the KPI is shown, but not scored",
    "not_applicable": "declared not applicable for this period",
    "no_longer_period": "it has no value for longer periods",
    "blank": "left blank, because something below it has no score",
    "no_version": "no version is in force in this period",
}

FLAGS: Mapping[str, str] = {
    "late": "Target was set after the period",
    "revised": "Target was revised",
    "restatement": "Restated definition",
    "as_zero": "Counted as 0",
}

TRENDS: Mapping[str, tuple[str, str]] = {
    "up": ("\N{NORTH EAST ARROW}", "better"),
    "down": ("\N{SOUTH EAST ARROW}", "worse"),
    "level": ("\N{RIGHTWARDS ARROW}", "unchanged"),
    "unknown": ("", "no comparison"),
}

FRESHNESS: Mapping[str, str] = {
    "current": "Up to date",
    "not_due": "Not due yet",
    "due": "Due",
    "overdue": "Overdue",
    "multi_overdue": "Long overdue",
    "never": "Never reported",
}

RULES: Mapping[str, str] = {
    "mean": "weighted mean of what is below",
    "min": "its lowest part decides",
    "max": "its highest part decides",
    "self": "one named KPI decides",
    "most_frequent": "weighted mean; the most frequent band decides the status",
    "all_at_least": "weighted mean; every part must reach the level for a better status",
}

MISSING_DATA: Mapping[str, str] = {
    "proportional": "the weight of what is missing goes to the rest in proportion",
    "even": "the weight of what is missing goes to the rest in equal parts",
    "zero": "what is missing scores 0",
    "blank": "a part that misses anything stays blank",
    "carry": "the last value is carried forward for a while, the rest is spread in proportion",
}

KINDS: Mapping[PeriodKind, str] = {
    PeriodKind.DAY: "Day",
    PeriodKind.WEEK: "Week",
    PeriodKind.MONTH: "Month",
    PeriodKind.QUARTER: "Quarter",
    PeriodKind.HALF: "Half",
    PeriodKind.YEAR: "Year",
}


def said(words: Mapping[str, str], word: str) -> str:
    """The phrase for a word, or the word itself made readable."""
    return words.get(word) or word.replace("_", " ").replace("-", " ")


def state_label(state: str, reason: str | None) -> str:
    """Two or three words for a chip."""
    if state == "not_applicable" and reason in ("retired", "unscored"):
        return {"retired": "Retired", "unscored": "Not scored"}[reason]
    if state == "empty" and reason == "no_target":
        return "No target"
    return said(STATES, state)


def state_sentence(state: str, reason: str | None, coverage: str | None, minimum: str, of: str = "the weight") -> str:
    """Why there is no plain score; empty for a complete one. `coverage` and `minimum` as percentages, of `of`."""
    because = f": {said(REASONS, reason)}" if reason else ""
    match state:
        case "complete":
            return ""
        case "incomplete":
            return f"Incomplete{because}." if reason else f"Incomplete: {coverage} of {of} has a value."
        case "insufficient":
            return f"Too few values: {coverage} of {of} has one, at least {minimum} is needed for a score."
        case _:
            return f"{state_label(state, None)}{because}."


def period_label(period: Period) -> str:
    """The period as people say it."""
    match period.kind:
        case PeriodKind.DAY:
            return day_label(date(period.year, period.number // 100, period.number % 100))
        case PeriodKind.WEEK:
            return f"Week {period.number}, {period.year}"
        case PeriodKind.MONTH:
            return f"{MONTHS[period.number - 1]} {period.year}"
        case PeriodKind.QUARTER:
            return f"Q{period.number} {period.year}"
        case PeriodKind.HALF:
            return f"H{period.number} {period.year}"
        case PeriodKind.YEAR:
            return str(period.year)


def days_label(first: date, last: date) -> str:
    """From one day to another."""
    return f"{day_label(first)} to {day_label(last)}"


def period_short(period: Period) -> str:
    """The period where there is little room, below a chart."""
    match period.kind:
        case PeriodKind.DAY:
            return f"{period.number % 100} {MONTHS[period.number // 100 - 1][:3]}"
        case PeriodKind.WEEK:
            return f"W{period.number}"
        case PeriodKind.MONTH:
            return f"{MONTHS[period.number - 1][:3]} {period.year % 100:02}"
        case PeriodKind.QUARTER:
            return f"Q{period.number} {period.year % 100:02}"
        case PeriodKind.HALF:
            return f"H{period.number} {period.year % 100:02}"
        case PeriodKind.YEAR:
            return str(period.year)


def day_label(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def instant_label(instant: datetime) -> str:
    """To the minute, in UTC."""
    utc = instant.astimezone(UTC)
    return f"{day_label(utc.date())}, {utc:%H:%M} UTC"
