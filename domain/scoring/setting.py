"""What every node and KPI of one answer shares: the asked period, the knowledge, and one policy."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from domain.calendar import Period, PeriodKind
from domain.errors import NotFound
from domain.policy import DEFAULT_POLICY, Band, MissingData, PolicyKnown
from domain.scorecard.state import Card, Scorecard
from domain.scoring.in_force import in_force
from domain.scoring.inputs import Definitions, Values, VersionChoice
from domain.scoring.windows import Window, look_back, window
from domain.values import ScorecardId


@dataclass(frozen=True, slots=True)
class Chosen:
    """The structure an answer is under; number and position are None for the draft."""

    card: Card
    number: int | None
    position: int | None
    restatement: bool


@dataclass(slots=True)
class Setting:
    """One answer in the making. `ended` says that the asked period lies wholly before `as_of`."""

    definitions: Definitions
    values: Values
    period: Period
    last_day: date
    as_of: datetime
    ended: bool
    policy: PolicyKnown
    missing_data: MissingData
    minimum_coverage: Decimal
    bands: tuple[Band, ...]
    windows: dict[PeriodKind, Window] = field(default_factory=dict)
    _ended: dict[PeriodKind, tuple[bool, ...]] = field(default_factory=dict)
    _look_back: dict[Period, tuple[Period, ...]] = field(default_factory=dict)

    def window(self, frequency: PeriodKind) -> Window:
        """The collection periods the asked period looks at for KPIs of that frequency."""
        found = self.windows.get(frequency)
        if found is None:
            found = self.windows[frequency] = window(self.definitions.calendar, self.period, frequency)
        return found

    def have_ended(self, frequency: PeriodKind) -> tuple[bool, ...]:
        """For each period of that window, whether it lies wholly before the as-of instant."""
        found = self._ended.get(frequency)
        if found is None:
            calendar, periods = self.definitions.calendar, self.window(frequency).periods
            found = tuple(self.ended or calendar.ended(period, self.as_of) for period in periods)
            self._ended[frequency] = found
        return found

    def look_back(self, period: Period) -> tuple[Period, ...]:
        """The collection periods a missing value may be carried from, nearest first."""
        found = self._look_back.get(period)
        if found is None:
            back = self.policy.policy.carry_forward_max_periods
            found = self._look_back[period] = look_back(self.definitions.calendar, period, back)
        return found


def setting(definitions: Definitions, values: Values, period: Period, as_of: datetime, card: Card | None) -> Setting:
    """The setting of an answer about a card; its missing-data rule goes before the organization's, for all nodes."""
    last_day = definitions.calendar.last_day(period)
    known = policy_in_force(definitions, last_day)
    policy = known.policy
    return Setting(
        definitions,
        values,
        period,
        last_day,
        as_of,
        definitions.calendar.ended(period, as_of),
        known,
        (card.missing_data if card else None) or policy.missing_data,
        policy.minimum_coverage,
        policy.bands,
    )


def policy_in_force(definitions: Definitions, day: date) -> PolicyKnown:
    """The organization's policy on that day; the built-in one before its first."""
    return in_force(definitions.policies, day) or DEFAULT_POLICY


def chosen(definitions: Definitions, scorecard: ScorecardId, day: date, version: VersionChoice) -> Chosen | None:
    """The structure asked for; None if the scorecard is archived before that day or has no version in force on it.

    Raises NotFound `scorecard-unknown`, `version-unknown`.
    """
    found = definitions.scorecards.get(scorecard)
    if found is None or not found.created:
        raise NotFound("scorecard-unknown", f"there is no scorecard {scorecard!r}")
    if version != "in_force" and version != "draft" and not 1 <= version <= len(found.versions):
        raise NotFound("version-unknown", f"scorecard {scorecard!r} has no version {version}", "/version")
    return _of(found, day, version)


def _of(scorecard: Scorecard, day: date, version: VersionChoice) -> Chosen | None:
    if scorecard.archived_after is not None and scorecard.archived_after < day:
        return None
    if version == "draft":
        return Chosen(scorecard.draft, None, None, restatement=False)
    known = in_force(scorecard.versions, day) if version == "in_force" else scorecard.versions[version - 1]
    if known is None:
        return None
    return Chosen(known.card, known.number, known.position, known.restatement)
