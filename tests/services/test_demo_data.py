"""The data of the demonstrations agree with their sources, by arithmetic apart from the scoring engine."""

from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from services.demo import company, hospitals
from services.demo.hospitals import FileUnfit, Hospital, read

HEADER = (
    "Facility ID,Facility Name,Unweighted Normalized Clinical Outcomes Domain Score,"
    "Unweighted Person and Community Engagement Domain Score,Unweighted Normalized Safety Domain Score,"
    "Unweighted Normalized Efficiency and Cost Reduction Domain Score,Total Performance Score"
)


def total(hospital: Hospital) -> Fraction:
    scores = [Fraction(score) for score in hospital.scores if score is not None]
    return sum(scores, Fraction(0)) / len(scores)


def rounded(value: Fraction, decimals: int) -> Decimal:
    exact = Context(prec=60).divide(Decimal(value.numerator), Decimal(value.denominator))
    return exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)


def test_the_twelve_agree_with_their_published_totals_but_for_one_unit_of_one() -> None:
    assert len({hospital.number for hospital in hospitals.TWELVE}) == 12
    for hospital in hospitals.TWELVE:
        difference = rounded(total(hospital), 12) - hospital.total
        assert difference == (Decimal("1e-12") if hospital.number in hospitals.ROUNDED_INPUTS else 0), hospital


def test_the_company_has_the_scores_that_were_computed_by_hand() -> None:
    for index, year in enumerate(company.YEARS):
        values = [Fraction(measure.values[index]) for measure in company.MEASURES]
        financial = values[0] / 2 + (values[1] + values[2]) / 4
        expected = company.EXPECTED[year]
        weighted = Fraction(2, 5) * financial + sum(values[3:], Fraction(0)) / 5
        even = (financial + sum(values[3:], Fraction(0))) / 4
        assert even == Fraction(expected.version_1)
        assert (weighted if year >= company.VERSION_2_YEAR else even) == Fraction(expected.in_force)


def test_a_file_is_read_row_by_row(tmp_path: Path) -> None:
    file = tmp_path / "hospitals.csv"
    file.write_text(
        f"{HEADER}\n010007,Mizell,6.666666666667,52,Not Available,0,19.555555555556\n", encoding="utf-8-sig"
    )
    (hospital,) = read(file)
    assert hospital.code == "hospital-010007"
    assert hospital.scores == (Decimal("6.666666666667"), Decimal(52), None, Decimal(0))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a,b\n1,2\n", "line 1 has no column 'Facility ID'"),
        (f"{HEADER}\n1,X,1,2,3,4,\n".encode(), "line 2 has a score"),
        (f"{HEADER}\n1,X,1,2,3,101,5\n".encode(), "line 2 has a score"),
        (f"{HEADER}\n1,X,1,2\n".encode(), "line 2 has a score"),
        (f"{HEADER}\n1,X,1,2,3,NaN,5\n".encode(), "line 2 has a score"),
        (f"{HEADER}\n1,".encode() + b"\xff\xfe,1,2,3,4,5\n", "after line"),
        (f"{HEADER}\n1,{'x' * 20_000},1,2,3,4,5\n".encode(), "field larger than field limit"),
    ],
)
def test_a_broken_file_is_refused_with_the_place(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "hospitals.csv"
    file.write_bytes(content)
    with pytest.raises(FileUnfit, match=message):
        list(read(file))
