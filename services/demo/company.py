"""A company over five years: six KPIs, a typing error that was corrected, and a change of strategy in hindsight.

Source of the numbers: the demonstration company of bambooBSC (its file core-doc/bbcore.sql, Apache License 2.0): yearly
values of six KPIs with a target of 100 and a weight of 25 for each perspective. Names and the story are our own.
"""

from dataclasses import dataclass
from decimal import Decimal

CODE = "company"
NAME = "Five Years Company"
SCORECARD = "strategy"
SCORECARD_NAME = "Strategy"
VISION = "Grow with the customers we have, and with people who know their work."
YEARS = (2014, 2015, 2016, 2017, 2018)
TARGET = Decimal(100)
FIRST_WEIGHT = Decimal(25)


@dataclass(frozen=True, slots=True)
class Perspective:
    """`short` heads a column; `second_weight` is its weight in version 2; in version 1 all have FIRST_WEIGHT."""

    code: str
    name: str
    short: str
    second_weight: Decimal


@dataclass(frozen=True, slots=True)
class Objective:
    """`drives` names the objectives it has an effect on."""

    code: str
    perspective: str
    name: str
    drives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Measure:
    """One KPI: `values` in percent of what was planned, one for each of YEARS, as they are right in the end."""

    code: str
    objective: str
    name: str
    leading: bool
    values: tuple[int, ...]


PERSPECTIVES = (
    Perspective("financial", "Financial", "Fin.", Decimal(40)),
    Perspective("customer", "Customer", "Cust.", Decimal(20)),
    Perspective("internal", "Internal processes", "Int.", Decimal(20)),
    Perspective("learning", "Learning and growth", "L&G", Decimal(20)),
)

OBJECTIVES = (
    Objective("turnover", "financial", "Sell more"),
    Objective("investment", "financial", "Invest where it pays"),
    Objective("loyalty", "customer", "Keep customers", ("turnover",)),
    Objective("delivery", "internal", "Deliver on time", ("loyalty", "investment")),
    Objective("skills", "learning", "Know our work", ("delivery",)),
)

MEASURES = (
    Measure("k1", "turnover", "Turnover against plan", False, (64, 55, 57, 61, 70)),
    Measure("k2", "investment", "Return on machines", False, (75, 63, 65, 67, 69)),
    Measure("k3", "investment", "Return on buildings", False, (71, 48, 55, 60, 65)),
    Measure("k4", "loyalty", "Customers who buy again", False, (81, 66, 70, 74, 78)),
    Measure("k5", "delivery", "Orders delivered on time", True, (90, 70, 75, 79, 84)),
    Measure("k6", "skills", "Training plan fulfilled", True, (97, 81, 86, 90, 89)),
)


@dataclass(frozen=True, slots=True)
class TypingError:
    """What was first recorded, and later corrected to what MEASURES says."""

    measure: str
    year: int
    recorded: int
    reason: str


TYPING_ERROR = TypingError("k3", 2016, 50, "typing error, the audited report says 55")

VERSION_2_YEAR = 2017
VERSION_2_REASON = "the board weighs finance at 40 % since 2017; the scorecard was told when the values of 2018 were in"


@dataclass(frozen=True, slots=True)
class Expected:
    """Scores of one year computed by hand: under the version in force, and under version 1."""

    in_force: Decimal
    version_1: Decimal


EXPECTED = {
    2014: Expected(Decimal("84.125"), Decimal("84.125")),
    2015: Expected(Decimal("68.0625"), Decimal("68.0625")),
    2016: Expected(Decimal("72.375"), Decimal("72.375")),
    2017: Expected(Decimal("73.5"), Decimal("76.3125")),
    2018: Expected(Decimal("77.6"), Decimal("79.875")),
}
EXPECTED_2016_BEFORE_THE_CORRECTION = Decimal("72.0625")
