"""Everything read for one page, before it is put into words: the read model's views and what surrounds them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from domain.calendar import Period, PeriodKind
from domain.policy import Band
from projections.views import TreeView


@dataclass(frozen=True, slots=True)
class Place:
    """The organization whose pages these are."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class VersionSeen:
    number: int
    effective_from: date
    restatement: bool


@dataclass(frozen=True, slots=True)
class Reached:
    """The score of a node or KPI in one period of a series; `raw_score` None where there is none."""

    period: Period
    state: str
    raw_score: str | None
    shown: str | None
    band: str | None
    coverage: str | None
    version: int | None
    partial: bool = False
    """The period has not ended."""


@dataclass(frozen=True, slots=True)
class Periods:
    """The asked period, its neighbours, and the period of each other kind to switch to."""

    asked: Period
    previous: Period | None
    following: Period | None
    kinds: tuple[tuple[PeriodKind, Period], ...]


@dataclass(frozen=True, slots=True)
class PartSeen:
    """One part of a balance: its name in the rules, its value 0..1 or None where it is undefined."""

    name: str
    value: str | None


@dataclass(frozen=True, slots=True)
class ShareSeen:
    """A perspective's share of the weight: by design, as wanted, and of what was counted (None: nothing was)."""

    perspective: str
    share: str
    wanted: str
    counted: str | None
    kpis: int


@dataclass(frozen=True, slots=True)
class BalanceSeen:
    """The three balances of one period, 0..100 as shown; None where undefined, with the parts that lack."""

    period: Period
    design: str | None
    measurement: str | None
    outcome: str | None
    weakest: str | None
    """The name of the weakest perspective."""
    parts: tuple[PartSeen, ...] = ()
    lowest: str | None = None
    highest: str | None = None
    shares: tuple[ShareSeen, ...] = ()
    warnings: tuple[tuple[str, str], ...] = ()
    """Each a code of the rules and the name of what it is about."""


@dataclass(frozen=True, slots=True)
class ScorecardSeen:
    """One scorecard in one period. `choice` is in_force, draft or a number; histories end with the asked period."""

    place: Place
    code: str
    name: str
    vision: str
    tree: TreeView
    choice: str
    periods: Periods
    bands: Sequence[Band]
    versions: tuple[VersionSeen, ...]
    position: int
    evaluated_at: datetime
    totals: Sequence[Reached] = field(default=())
    histories: Mapping[str, Sequence[Reached]] = field(default_factory=dict)
    freshness: Mapping[str, str] = field(default_factory=dict)
    stale_share: str | None = None
    balances: Sequence[BalanceSeen] = field(default=())
    """Periods in order; the asked one, if it has a balance, last."""
    cards: Mapping[str, str] = field(default_factory=dict)
    days: tuple[date, date] | None = None
    """First and last day, where the name of the period does not say them: parts of the fiscal year, weeks."""


@dataclass(frozen=True, slots=True)
class EntrySeen:
    """A scorecard in the list of an organization; without a period it has nothing to show yet."""

    code: str
    name: str
    vision: str
    archived: bool
    bands: Sequence[Band]
    totals: Sequence[Reached]


@dataclass(frozen=True, slots=True)
class OrganizationSeen:
    place: Place
    entries: tuple[EntrySeen, ...]
    position: int
    evaluated_at: datetime
