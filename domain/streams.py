"""Names of the streams of an organization's log; the part after the slash is the code users chose."""

from domain.values import KpiId, ScorecardId

ORGANIZATION = "organization"
SCORECARD = "scorecard"
KPI = "kpi"
MEASUREMENT = "measurement"


def scorecard_stream(scorecard: ScorecardId) -> str:
    """The stream of one scorecard."""
    return f"{SCORECARD}/{scorecard}"


def kpi_stream(kpi: KpiId) -> str:
    """The stream of one KPI's definitions and targets."""
    return f"{KPI}/{kpi}"


def measurement_stream(kpi: KpiId) -> str:
    """The stream of one KPI's values: facts, appended without being loaded."""
    return f"{MEASUREMENT}/{kpi}"


def category(stream: str) -> str:
    """The kind of stream: one of the four constants above."""
    return stream.partition("/")[0]


def code_of(stream: str) -> str:
    """The code after the slash; empty for the organization's own stream."""
    return stream.partition("/")[2]
