"""What the demonstrations come to: ours beside what was published or computed by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from services.demo import company, hospitals
from services.demo.hospitals import Hospital

LAST_UNIT = Decimal("1e-12")
LAST_BUT_ONE = Decimal("1e-11")


@dataclass(frozen=True, slots=True)
class HospitalScored:
    """A hospital and its score as the read model has it; `total` is None while there is none."""

    hospital: Hospital
    state: str
    total: Decimal | None
    domains: Mapping[str, Decimal | None]

    @property
    def ours(self) -> Decimal | None:
        """The total to the 12 decimals that were published."""
        return None if self.total is None else self.total.quantize(LAST_UNIT, ROUND_HALF_EVEN)

    @property
    def difference(self) -> Decimal | None:
        """Ours less the published total."""
        return None if self.ours is None else self.ours - self.hospital.total

    def agrees_to(self, unit: Decimal) -> bool:
        """Whether both print the same in steps of that unit, such as 1e-11 for 11 decimals."""
        if self.total is None:
            return False
        return self.total.quantize(unit, ROUND_HALF_EVEN) == self.hospital.total.quantize(unit, ROUND_HALF_EVEN)

    @property
    def as_foreseen(self) -> bool:
        """Equal to 12 decimals, but for the two whose one unit more is explained."""
        expected = LAST_UNIT if self.hospital.number in hospitals.ROUNDED_INPUTS else Decimal(0)
        return self.difference == expected


@dataclass(frozen=True, slots=True)
class CompanyYear:
    """One year as the read model has it: in force, under version 1, and the outcome balance with its weakest part."""

    year: int
    perspectives: Mapping[str, Decimal | None]
    in_force: Decimal | None
    version: int | None
    version_1: Decimal | None
    balance: Decimal | None
    weakest: str | None

    @property
    def as_foreseen(self) -> bool:
        expected = company.EXPECTED[self.year]
        return (self.in_force, self.version_1) == (expected.in_force, expected.version_1)


@dataclass(frozen=True, slots=True)
class CompanyScored:
    """All years, the score of the corrected year as it was known before, and where the correction is in the log."""

    years: Sequence[CompanyYear]
    before_correction: Decimal | None
    corrected_at: int

    @property
    def as_foreseen(self) -> bool:
        """Whether every number is the one computed by hand."""
        whole = len(self.years) == len(company.YEARS) and all(year.as_foreseen for year in self.years)
        return whole and self.before_correction == company.EXPECTED_2016_BEFORE_THE_CORRECTION
