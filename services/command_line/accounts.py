"""What the demonstrations print: ours beside what was published or computed by hand, and why where they differ."""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal

from services.command_line.output import Json, number, print_table, say
from services.demo import company, hospitals
from services.demo.account import CompanyScored, CompanyYear, HospitalScored

HOSPITAL_COLUMNS = ("CCN", "Hospital", "Clin", "Eng", "Safe", "Eff", "Published", "Ours")


def print_hospitals(scored: Sequence[HospitalScored]) -> None:
    """The table of the twelve, and why one differs."""
    rows = [_hospital_row(each) for each in scored]
    title = f"{len(rows)} hospitals, fiscal year 2021: total performance score"
    print_table(title, HOSPITAL_COLUMNS, rows, right=frozenset(HOSPITAL_COLUMNS[2:]), cut="Hospital")
    for each in scored:
        if not each.as_foreseen:
            say(f"{each.hospital.number} DISAGREES: published {each.hospital.total}, ours {each.ours}")
        elif each.difference:
            say(f"* {each.hospital.number}: {hospitals.EXPLANATION}.")


def _hospital_row(scored: HospitalScored) -> tuple[str, ...]:
    star = "" if scored.difference == 0 else "*"
    domains = (_short(scored.domains.get(domain)) for domain in hospitals.DOMAINS)
    published = number(scored.hospital.total)
    return (scored.hospital.number, scored.hospital.name, *domains, published, number(scored.ours) + star)


def print_company(scored: CompanyScored) -> None:
    """The table of the years, and what the correction and the restatement changed."""
    names = [perspective.short for perspective in company.PERSPECTIVES]
    columns = ("Year", *names, "Score", "V", "Under v1", "Balance", "Weakest")
    rows = [_company_row(year) for year in scored.years]
    print_table(
        f"{company.NAME}: scores of its scorecard {company.SCORECARD_NAME!r}", columns, rows, frozenset(columns[1:-1])
    )
    error = company.TYPING_ERROR
    right = next(measure for measure in company.MEASURES if measure.code == error.measure)
    say(
        f"{error.year}: {number(scored.before_correction)} while {error.measure} stood at {error.recorded}, "
        f"{number(_of_year(scored, error.year))} since event {scored.corrected_at} "
        f"corrected it to {right.values[company.YEARS.index(error.year)]} ({error.reason})."
    )
    say("V: version in force. Balance: 100 less the distance of the best perspective from the weakest.")
    say(f"Version 2, in force from {company.VERSION_2_YEAR}, is a restatement. Its reason: {company.VERSION_2_REASON}.")
    for year in scored.years:
        if not year.as_foreseen:
            expected = company.EXPECTED[year.year]
            say(f"{year.year} DISAGREES: by hand {number(expected.in_force)}, version 1 {number(expected.version_1)}")


def _company_row(year: CompanyYear) -> tuple[str, ...]:
    perspectives = (number(year.perspectives.get(each.code)) for each in company.PERSPECTIVES)
    version = "-" if year.version is None else str(year.version)
    scores = (number(year.in_force), version, number(year.version_1), number(year.balance))
    return (str(year.year), *perspectives, *scores, year.weakest or "-")


def _of_year(scored: CompanyScored, wanted: int) -> Decimal | None:
    return next((year.in_force for year in scored.years if year.year == wanted), None)


def _short(value: Decimal | None) -> str:
    return "-" if value is None else number(value.quantize(Decimal("0.1"), ROUND_HALF_EVEN))


def hospitals_json(scored: Sequence[HospitalScored]) -> Json:
    """The same for scripts."""
    return [
        {
            "organization": each.hospital.code,
            "name": each.hospital.name,
            "state": each.state,
            "published": str(each.hospital.total),
            "ours": None if each.ours is None else str(each.ours),
            "as_foreseen": each.as_foreseen,
        }
        for each in scored
    ]


def company_json(scored: CompanyScored) -> Json:
    """The same for scripts."""
    years: list[Json] = [
        {
            "year": year.year,
            "score": _text(year.in_force),
            "version": year.version,
            "score_under_version_1": _text(year.version_1),
            "outcome_balance": _text(year.balance),
            "weakest": year.weakest,
            "as_foreseen": year.as_foreseen,
        }
        for year in scored.years
    ]
    return {
        "organization": company.CODE,
        "years": years,
        "score_before_correction": _text(scored.before_correction),
        "corrected_at": scored.corrected_at,
        "as_foreseen": scored.as_foreseen,
    }


def _text(value: Decimal | None) -> str | None:
    return None if value is None else number(value)
