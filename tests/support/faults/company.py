"""An organization that is measured without end, and a diary of what it was told: the model the truth is compared with.

A diary belongs to one writer and one KPI. It knows nothing of log or projections: only what was asked and answered.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from random import Random
from uuid import UUID

from domain.calendar import Period, PeriodKind
from domain.kpi.commands import DefineKpi
from domain.kpi.events import Aggregation, Definition, Direction, Kind
from domain.kpi.scale import Anchor, Point, Scale
from domain.measurement.commands import (
    CorrectMeasurement,
    DeclareNotApplicable,
    Entry,
    MeasurementCommand,
    RecordMeasurement,
    RetractMeasurement,
)
from domain.scorecard.commands import AddObjective, CreateScorecard, PlaceKpi, PublishVersion
from domain.values import KpiId, NodeId, ScorecardId
from infra import clock
from services.app import App, execute
from services.commands import Command, CommandKey
from tests.support.app import found, owner

FIRST_YEAR = 1950
SINCE = date(FIRST_YEAR, 1, 1)
CARD = ScorecardId("card")
OBJECTIVE = NodeId("grow")
FINANCIAL = NodeId("financial")
SCALE = Scale("anchors", (Anchor(Point(), Decimal(0)), Anchor(Point(fixed=Decimal(1000)), Decimal(100))))
DEFINITION = Definition("KPI", "points", Kind.STOCK, Direction.HIGHER, PeriodKind.MONTH, Aggregation.MEAN)
REASON = "it was wrong"

RECORDED, CORRECTED, RETRACTED, NOT_APPLICABLE = "recorded", "corrected", "retracted", "not_applicable"
PATHS = {
    RECORDED: "/v1/measurements",
    CORRECTED: "/v1/measurements/corrections",
    RETRACTED: "/v1/measurements/retractions",
    NOT_APPLICABLE: "/v1/measurements/not-applicable",
}


@dataclass(frozen=True)
class Step:
    """One thing to say about one month."""

    kpi: str
    period: str
    kind: str
    value: int | None = None
    replaces: int | None = None

    def command(self) -> MeasurementCommand:
        """As the program's own callers say it."""
        kpi, period = KpiId(self.kpi), Period.parse(self.period)
        entry = Entry(None if self.value is None else Decimal(self.value))
        if self.kind == RECORDED:
            return RecordMeasurement(kpi, period, entry)
        if self.kind == NOT_APPLICABLE:
            return DeclareNotApplicable(kpi, period)
        assert self.replaces is not None
        if self.kind == CORRECTED:
            return CorrectMeasurement(kpi, period, entry, self.replaces, REASON)
        return RetractMeasurement(kpi, period, self.replaces, REASON)

    def body(self) -> dict[str, object]:
        """As the API wants it, at PATHS[kind]."""
        body: dict[str, object] = {"kpi": self.kpi, "period": self.period}
        if self.value is not None:
            body["value"] = str(self.value)
        if self.replaces is not None:
            body |= {"replaces": self.replaces, "reason": REASON}
        return body


@dataclass
class Diary:
    """What one KPI was told, by position. `next` proposes, `keep` notes what was acknowledged."""

    kpi: str
    kept: dict[int, Step] = field(default_factory=dict)
    _in_force: dict[str, int] = field(default_factory=dict)
    _free: list[str] = field(default_factory=list)
    _months: int = 0

    def next(self, random: Random, without: Collection[str] = ()) -> Step:
        """Mostly new values, some corrections, retractions and months that do not apply."""
        known = [period for period in self._in_force if period not in without]
        dice = random.random()
        if known and dice < 0.3:
            period = known[random.randrange(len(known))]
            replaces = self._in_force[period]
            if dice < 0.1:
                return Step(self.kpi, period, RETRACTED, replaces=replaces)
            return Step(self.kpi, period, CORRECTED, self._value(random, period), replaces)
        period = self._month(without)
        if dice > 0.95:
            return Step(self.kpi, period, NOT_APPLICABLE)
        return Step(self.kpi, period, RECORDED, self._value(random, period))

    def keep(self, step: Step, position: int) -> None:
        """It was acknowledged as recorded there."""
        assert position not in self.kept, f"position {position} was given twice"
        self.kept[position] = step
        if step.kind == RETRACTED:
            del self._in_force[step.period]
            self._free.append(step.period)
        else:
            self._in_force[step.period] = position

    def _month(self, without: Collection[str]) -> str:
        if self._free and self._free[-1] not in without:
            return self._free.pop()
        self._months += 1
        year, month = divmod(self._months - 1, 12)
        return f"{FIRST_YEAR + year}-{month + 1:02}"

    def _value(self, random: Random, period: str) -> int:
        """Never the one it has: a correction to the same value is none."""
        before = self.kept[self._in_force[period]].value if period in self._in_force else None
        return random.choice([value for value in (random.randrange(1, 1000), 1001) if value != before])


@dataclass
class Company:
    """One organization with its owner's key and a diary for each of its KPIs."""

    code: str
    organization: UUID
    token: str
    diaries: list[Diary]

    @classmethod
    def founded(cls, app: App, kpis: int) -> "Company":
        """With that many KPIs under one objective of a published scorecard."""
        code = f"org-{clock.new_id()}"
        issued = found(app, code)
        kpi_codes = [KpiId(f"kpi-{number}") for number in range(kpis)]
        commands: list[Command] = [
            *(DefineKpi(kpi, DEFINITION, SINCE, scale=SCALE) for kpi in kpi_codes),
            CreateScorecard(CARD, "Card"),
            AddObjective(CARD, OBJECTIVE, FINANCIAL, "Grow"),
            *(PlaceKpi(CARD, OBJECTIVE, kpi) for kpi in kpi_codes),
            PublishVersion(CARD, SINCE),
        ]
        execute(app, owner(issued.organization), commands, CommandKey.made())
        return cls(code, issued.organization, issued.token, [Diary(kpi) for kpi in kpi_codes])

    @property
    def told(self) -> dict[int, Step]:
        """Everything that was acknowledged, by position."""
        return {position: step for diary in self.diaries for position, step in sorted(diary.kept.items())}
