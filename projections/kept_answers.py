"""Finished answers, kept in the process as long as nothing they depend on has changed; bounded by their size."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from threading import Lock
from uuid import UUID

import msgspec

from domain.calendar import Calendar, Period
from domain.scoring.inputs import VersionChoice
from domain.values import ScorecardId
from projections.standing import Standing

BYTES_MAX = 64 * 2**20
"""Some 600 answers with 100 KPIs each."""
OVERHEAD_BYTES = 1_000
"""Of an answer beside its content, roughly."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to see."""

    tenant: UUID
    scorecard: ScorecardId
    period: Period
    version: VersionChoice


@dataclass(frozen=True, slots=True)
class Day:
    """A day of an organization. Labels and coverage compare an instant with ends of days only: within one they stay."""

    calendar: Calendar
    day: date

    @classmethod
    def of(cls, calendar: Calendar, as_of: datetime) -> "Day":
        return cls(calendar, calendar.day_of(as_of))

    def holds(self, as_of: datetime) -> bool:
        """By both the name of the day and its ends, for a clock that is set back can bring a name twice."""
        begins, ends = (self.calendar.day_ends_at(day) for day in (self.day - timedelta(days=1), self.day))
        return begins <= as_of < ends and self.calendar.day_of(as_of) == self.day


@dataclass(frozen=True, slots=True)
class Finished:
    """An answer in JSON up to the instant it is evaluated at, which comes last, and what it depends on."""

    asked: Asked
    standing: Standing
    day: Day
    before_instant: bytes

    def holds(self, standing: Standing, as_of: datetime) -> bool:
        """Whether working it out again would give the same."""
        return self.standing == standing and self.day.holds(as_of)

    def content(self, as_of: datetime) -> bytes:
        """The whole answer."""
        return b"".join((self.before_instant, msgspec.json.encode(as_of), b"}"))

    @property
    def size_bytes(self) -> int:
        return len(self.before_instant) + OVERHEAD_BYTES


class KeptAnswers:
    """The answers used last, for all threads of one process; of each question only the newest."""

    def __init__(self, bytes_max: int = BYTES_MAX) -> None:
        self._bytes_max = bytes_max
        self._lock = Lock()
        self._kept: OrderedDict[Asked, Finished] = OrderedDict()
        self._size_bytes = 0

    def find(self, asked: Asked, standing: Standing, as_of: datetime) -> Finished | None:
        """The answer, if it still holds."""
        with self._lock:
            found = self._kept.get(asked)
            if found is not None:
                self._kept.move_to_end(asked)
        if found is None or found.asked.tenant != asked.tenant or not found.holds(standing, as_of):
            return None
        return found

    def keep(self, finished: Finished) -> None:
        """Instead of an older one; those not used for longest go when there is no room."""
        with self._lock:
            replaced = self._kept.pop(finished.asked, None)
            self._size_bytes += finished.size_bytes - (replaced.size_bytes if replaced else 0)
            self._kept[finished.asked] = finished
            while self._size_bytes > self._bytes_max:
                _, dropped = self._kept.popitem(last=False)
                self._size_bytes -= dropped.size_bytes
