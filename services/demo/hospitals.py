"""Hospitals of the US Hospital Value-Based Purchasing program, fiscal year 2021: twelve here, all in the file.

Source: Centers for Medicare & Medicaid Services, "Hospital Value-Based Purchasing (HVBP) - Total Performance Score",
fiscal year 2021; data of the US federal government, in the public domain. All totals are as published.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

DOMAINS = ("clinical", "engagement", "safety", "efficiency")
DOMAIN_NAMES = (
    "Clinical outcomes",
    "Person and community engagement",
    "Safety",
    "Efficiency and cost reduction",
)
ROWS_MAX = 20_000
FIELD_CHARACTERS_MAX = 10_000
NOT_AVAILABLE = "Not Available"

ROUNDED_INPUTS = ("050763", "110200")
"""The two whose published total nothing computed from the published domain scores can give (see EXPLANATION)."""

EXPLANATION = (
    "the publisher computed from unrounded domain scores and printed them rounded to 12 decimals; "
    "from the printed ones the total is one unit higher in the 12th decimal"
)

_CODE = "Facility ID"
_NAME = "Facility Name"
_TOTAL = "Total Performance Score"
_COLUMNS = (
    "Unweighted Normalized Clinical Outcomes Domain Score",
    "Unweighted Person and Community Engagement Domain Score",
    "Unweighted Normalized Safety Domain Score",
    "Unweighted Normalized Efficiency and Cost Reduction Domain Score",
)


class FileUnfit(Exception):
    """The file is not the one that was asked for; the message names line and column."""


@dataclass(frozen=True, slots=True)
class Hospital:
    """One row of the file: its CMS certification number, the score 0..100 of each of DOMAINS (None: not available).

    `total` is the published total performance score, to 12 decimals.
    """

    number: str
    name: str
    scores: tuple[Decimal | None, ...]
    total: Decimal

    @property
    def code(self) -> str:
        """The organization's code."""
        return f"hospital-{self.number}"


def _hospital(number: str, name: str, *texts: str) -> Hospital:
    *scores, total = (None if text == NOT_AVAILABLE else Decimal(text) for text in texts)
    if total is None or not total.is_finite() or any(score is not None and not 0 <= score <= 100 for score in scores):
        raise InvalidOperation
    return Hospital(number, name, tuple(scores), total)


_NA = NOT_AVAILABLE
TWELVE = (
    _hospital("010001", "Southeast Alabama Medical Center", "60", "45", "40", "0", "36.25"),
    _hospital("010005", "Marshall Medical Centers South Campus", "38", "35", "40", "0", "28.25"),
    _hospital("010006", "North Alabama Medical Center", "22", "25", "56", "0", "25.75"),
    _hospital("050454", "UCSF Medical Center", "78", "44", "8", "0", "32.5"),
    _hospital("220071", "Massachusetts General Hospital", "92", "44", "14", "0", "37.5"),
    _hospital("240010", "Mayo Clinic Hospital Rochester", "88", "90", "32", "20", "57.5"),
    _hospital("360180", "Cleveland Clinic", "80", "50", "26", "20", "44"),
    _hospital("010007", "Mizell Memorial Hospital", "6.666666666667", "52", _NA, "0", "19.555555555556"),
    _hospital("010034", "Community Hospital Inc", "50", "49", _NA, "100", "66.333333333333"),
    _hospital("010087", "University of South Alabama Medical Center", _NA, "26", "58", "0", "28"),
    _hospital(
        "050763", "LA Downtown Medical Center", "96.666666666667", _NA, "66.666666666667", "0", "54.444444444444"
    ),
    _hospital("360185", "Salem Regional Medical Center", "30", "45", "42.5", _NA, "39.166666666667"),
)


def read(path: Path) -> Iterator[Hospital]:
    """The hospitals of a file with the publisher's columns, one at a time, in its order. Raises FileUnfit."""
    csv.field_size_limit(FIELD_CHARACTERS_MAX)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        try:
            missing = [name for name in (_CODE, _NAME, *_COLUMNS, _TOTAL) if name not in (rows.fieldnames or ())]
            if missing:
                raise FileUnfit(f"{path}: line 1 has no column {missing[0]!r}")
            for count, row in enumerate(rows, 1):
                if count > ROWS_MAX:
                    raise FileUnfit(f"{path}: more than {ROWS_MAX} rows")
                yield _of_row(row, path, rows.line_num)
        except (UnicodeDecodeError, csv.Error) as error:
            raise FileUnfit(f"{path}: after line {rows.line_num}: {error}") from None


def _of_row(row: dict[str, str], path: Path, line: int) -> Hospital:
    try:
        return _hospital(row[_CODE], row[_NAME], *(row[column] for column in (*_COLUMNS, _TOTAL)))
    except (InvalidOperation, TypeError):
        raise FileUnfit(f"{path}: line {line} has a score that is neither 0 to 100 nor {NOT_AVAILABLE!r}") from None
