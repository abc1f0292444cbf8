"""What the templates show: everything already decided and in words, nothing left to compute.

Built by present*.py from the views of the read model; a template only places it.
"""

from dataclasses import dataclass, field

from services.web.charts import BalanceTrack, LineChart, Spark
from services.web.status import Status


@dataclass(frozen=True, slots=True)
class Choice:
    """One link of a row of choices; without an address it leads nowhere from here."""

    label: str
    href: str | None
    current: bool = False
    hint: str = ""


@dataclass(frozen=True, slots=True)
class ScoreCell:
    """A score with its status. `number` is a dash without a score; `note` says why it is not a plain one."""

    number: str
    status: Status
    bar: float | None
    note: str
    coverage: str | None


@dataclass(frozen=True, slots=True)
class Trend:
    arrow: str
    word: str
    change: str = ""
    against: str = ""


@dataclass(frozen=True, slots=True)
class UsedValueRow:
    period: str
    source: str
    value: str
    parts: str
    position: str


@dataclass(frozen=True, slots=True)
class UsedTargetRow:
    period: str
    target: str
    baseline: str
    stretch: str
    remark: str
    position: str


@dataclass(frozen=True, slots=True)
class AnchorRow:
    x: str
    score: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a KPI's score came about, down to positions in the log."""

    sentences: tuple[str, ...]
    values: tuple[UsedValueRow, ...]
    targets: tuple[UsedTargetRow, ...]
    anchors: tuple[AnchorRow, ...]
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class KpiRow:
    code: str
    name: str
    weight: str
    value: str
    unit: str
    target: str
    period: str
    """The collection period, where it is not the asked one; else empty."""
    trend: Trend
    spark: Spark | None
    score: ScoreCell
    freshness: str
    stale: bool
    flags: tuple[str, ...]
    explanation: Explanation


@dataclass(frozen=True, slots=True)
class CardRow:
    """A child scorecard where it is placed."""

    code: str
    name: str
    weight: str
    href: str
    version: str
    score: ScoreCell


@dataclass(frozen=True, slots=True)
class Group:
    """An objective with what it is measured by; without a name, what hangs on the section itself."""

    name: str
    code: str
    weight: str
    rule: str
    score: ScoreCell | None
    rows: tuple[KpiRow, ...]
    cards: tuple[CardRow, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A perspective; without a score, what is placed on the scorecard itself."""

    anchor: str
    name: str
    weight: str
    rule: str
    limits: str
    score: ScoreCell | None
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a balance: 0 to 1 as a percentage with its bar."""

    name: str
    shown: str
    bar: float | None
    meaning: str


@dataclass(frozen=True, slots=True)
class BalanceCard:
    name: str
    question: str
    number: str
    bar: float | None
    note: str
    parts: tuple[Part, ...]
    track: BalanceTrack | None


@dataclass(frozen=True, slots=True)
class BalanceRow:
    period: str
    design: str
    measurement: str
    outcome: str
    weakest: str


@dataclass(frozen=True, slots=True)
class ShareRow:
    """A perspective's share of the weight: by design, as wanted, of what was measured; its number of KPIs."""

    perspective: str
    share: str
    wanted: str
    counted: str
    kpis: str


@dataclass(frozen=True, slots=True)
class Balance:
    cards: tuple[BalanceCard, ...]
    weakest: str
    shares: tuple[ShareRow, ...]
    warnings: tuple[str, ...]
    history: tuple[BalanceRow, ...]


@dataclass(frozen=True, slots=True)
class HistoryRow:
    period: str
    href: str
    current: bool
    number: str
    status: Status
    coverage: str
    version: str


@dataclass(frozen=True, slots=True)
class History:
    wide: LineChart | None
    narrow: LineChart | None
    rows: tuple[HistoryRow, ...]


@dataclass(frozen=True, slots=True)
class Header:
    organization: str
    organization_href: str
    code: str
    name: str
    vision: str
    period: str
    period_id: str
    days: str
    partial: bool
    previous: Choice
    following: Choice
    kinds: tuple[Choice, ...]
    version: str
    version_since: str
    restatement: bool
    versions: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Footer:
    position: str
    evaluated_at: str
    changed_at: str
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScorecardPage:
    """`score` is None while no version is in force; `sections` is empty then."""

    header: Header
    score: ScoreCell | None
    trend: Trend
    rule: str
    limits: str
    errors: str
    sections: tuple[Section, ...]
    balance: Balance | None
    history: History
    stale: str
    footer: Footer


@dataclass(frozen=True, slots=True)
class ScorecardEntry:
    code: str
    name: str
    vision: str
    href: str
    period: str
    score: ScoreCell | None
    spark: Spark | None
    archived: bool


@dataclass(frozen=True, slots=True)
class OrganizationPage:
    name: str
    code: str
    href: str
    scorecards: tuple[ScorecardEntry, ...]
    position: str
    evaluated_at: str


@dataclass(frozen=True, slots=True)
class ErrorPage:
    status: int
    title: str
    sentences: tuple[str, ...]
    commands: tuple[str, ...] = field(default=())
    href: str = ""
    link: str = ""
