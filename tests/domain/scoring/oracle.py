"""A second, independent scorer in exact fractions, part two: a whole card, written from the rules."""

from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from domain.calendar import Period, finer
from domain.in_force import in_force
from domain.kpi.events import Aggregation, Definition
from domain.kpi.state import Kpi
from domain.policy import DEFAULT_POLICY, MissingData
from domain.scorecard.events import Rollup, RollupRule, Tie
from domain.scorecard.state import Card, Node
from domain.scoring.inputs import Definitions, Values
from domain.values import KpiId, ScorecardId
from tests.domain.scoring.oracle_kpi import (
    ADDS_UP,
    NOTHING,
    Parts,
    Ruler,
    actual,
    cell,
    fraction,
    joined,
    prorated,
    ruler,
    value_of,
    zero,
)


@dataclass
class Expected:
    """What the rules say of a leaf or node; `entered` is its coverage, 1 where zero or carry filled it."""

    state: str = "not_applicable"
    reason: str | None = None
    raw: Fraction | None = None
    coverage: Fraction | None = None
    entered: Fraction = Fraction(0)
    filled: bool = False
    band: str | None = None
    band_of_score: str | None = None
    errors: int = 0
    counted: int = 0
    expected: int = 0
    value: Fraction | None = None
    aim: Parts = NOTHING
    children: "list[Expected | None]" = field(default_factory=list)
    shares: dict[int, Fraction] = field(default_factory=dict)
    applied: dict[int, Fraction] = field(default_factory=dict)


def q(value: Fraction) -> Fraction:
    return round(value, 20)


class Oracle:
    """One answer: `root` None where no version is in force."""

    def __init__(self, known: Definitions, values: Values, code: ScorecardId, period: Period, as_of: datetime) -> None:
        self.known, self.values, self.period, self.as_of = known, values, period, as_of
        self.calendar, self.day = known.calendar, known.calendar.last_day(period)
        self.policy = (in_force(known.policies, self.day) or DEFAULT_POLICY).policy
        card = self.card(code)
        self.rule = (card.missing_data if card else None) or self.policy.missing_data
        self.root = self.node(card.root) if card else None

    def card(self, code: ScorecardId) -> Card | None:
        found = self.known.scorecards[code]
        version = in_force(found.versions, self.day)
        over = found.archived_after is not None and self.day > found.archived_after
        return None if over or version is None else version.card

    # KPIs ---------------------------------------------------------------------------------------------------------

    def leaf(self, code: KpiId) -> Expected:
        kpi = self.known.kpis[code]
        known = in_force(kpi.definitions, self.day)
        retired = kpi.retired_after is not None and self.day > kpi.retired_after
        if known is None or retired or not known.definition.scored:
            return Expected()
        scale = in_force(kpi.scales, self.day)
        of_scale = ruler(known.definition, scale.scale if scale else None)
        if finer(known.definition.frequency, self.period.kind):
            found = self.longer(kpi, known.definition, of_scale)
        else:
            found = self.single(kpi, known.definition, of_scale)
        return self.settled_leaf(found)

    def settled_leaf(self, leaf: Expected) -> Expected:
        if leaf.state == "not_applicable":
            return leaf
        if leaf.raw is None:
            leaf.coverage, leaf.counted, leaf.errors = Fraction(0), 0, int(leaf.state == "error")
            if self.rule is MissingData.ZERO:
                leaf.raw, leaf.filled = Fraction(0), True
        leaf.entered = Fraction(1) if leaf.filled else zero(leaf.coverage)
        if leaf.raw is not None and leaf.state != "error":
            self.settle(leaf)
        return leaf

    def cell(self, kpi: Kpi, definition: Definition, period: Period) -> Parts | str:
        """Before its first definition a KPI without a value is not applicable."""
        known = self.values.get((kpi.id, period), ())
        first = min(each.effective_from for each in kpi.definitions)
        given = any(each.source in definition.sources and not each.reading.not_applicable for each in known)
        before = first > self.calendar.last_day(period) and not given
        return "not applicable" if before else cell(definition, known)

    def aim(self, kpi: Kpi, period: Period) -> Parts:
        return next((fraction(each.target) for each in kpi.targets if each.period == period), NOTHING)

    def single(self, kpi: Kpi, definition: Definition, of_scale: Ruler | None) -> Expected:
        """Its own period, or the latest ended one, or what is carried into it."""
        period = self.calendar.containing(self.day, definition.frequency)
        if self.calendar.last_day(period) > self.day:
            period = self.calendar.previous(period)
        parts = self.cell(kpi, definition, period)
        if parts == "not applicable":
            return Expected()
        if not isinstance(parts, str):
            return self.scored(Expected(), of_scale, value_of(definition, parts), self.aim(kpi, period), 1, 1)
        for _ in range(self.policy.carry_forward_max_periods if self.rule is MissingData.CARRY else 0):
            period = self.calendar.previous(period)
            parts = self.cell(kpi, definition, period)
            value = None if isinstance(parts, str) else value_of(definition, parts)
            found = self.scored(Expected(), of_scale, value, self.aim(kpi, period), 1, 1)
            if found.raw is not None:
                found.coverage, found.filled, found.counted = Fraction(0), True, 0
                return found
        return Expected("empty", "missing", expected=1)

    def longer(self, kpi: Kpi, definition: Definition, of_scale: Ruler | None) -> Expected:
        """Like for like."""
        periods = self.calendar.children(self.period, definition.frequency)
        cells = {period: self.cell(kpi, definition, period) for period in periods}
        undefined = definition.aggregation in (Aggregation.NONE, Aggregation.DISTINCT_COUNT)
        if undefined or all(parts == "not applicable" for parts in cells.values()):
            return Expected()
        own = next((each.target for each in kpi.targets if each.period == self.period), None)
        valued = {period: parts for period, parts in cells.items() if not isinstance(parts, str)}
        counted = [each for each in valued if own or of_scale is None or not of_scale.lacks(self.aim(kpi, each))]
        ended = [each for each in periods if each in counted or self.calendar.ended(each, self.as_of)]
        expected = sum(cells[each] != "not applicable" for each in ended)
        if not counted:
            return Expected("empty", "no_target" if valued else "missing", expected=expected)
        adds = definition.aggregation is Aggregation.RATIO
        entering = [each for each in counted if adds or value_of(definition, valued[each]) is not None]
        parts = [valued[each] for each in entering]
        aims = [self.aim(kpi, each) for each in entering]
        aim = (
            prorated(definition, own, counted, len(periods), self.calendar) if own else joined(definition, aims, parts)
        )
        result = Expected(counted=len(counted), expected=expected)
        times = len(entering) if definition.aggregation in ADDS_UP else 1
        return self.scored(result, of_scale, actual(definition, parts), aim, times, len(counted))

    def scored(
        self, result: Expected, of_scale: Ruler | None, value: Fraction | None, aim: Parts, times: int, counted: int
    ) -> Expected:
        result.expected, result.counted = max(result.expected, 1), counted
        result.value, result.aim = value, aim
        if value is None:
            result.state, result.reason = "error", "division_by_zero"
        elif of_scale is None or of_scale.lacks(aim):
            result.state, result.reason = "empty", "no_scale" if of_scale is None else "no_target"
        else:
            judged = of_scale.score(value, aim, times)
            if isinstance(judged, str):
                result.state, result.reason = "error", judged
            else:
                result.state, result.raw = "complete", judged
                result.coverage = Fraction(counted, result.expected)
        return result

    # Nodes --------------------------------------------------------------------------------------------------------

    def node(self, node: Node) -> Expected:
        cards = [(self.card(each.scorecard), each.weight) for each in node.scorecards]
        placed: list[tuple[Expected | None, Fraction]] = [
            *((self.node(each), Fraction(each.weight)) for each in node.nodes),
            *((self.leaf(each.kpi), Fraction(each.weight)) for each in node.placements),
            *((self.node(card.root) if card else None, Fraction(weight)) for card, weight in cards),
        ]
        if node.rollup.rule is RollupRule.SELF:
            named = len(node.nodes) + [each.kpi for each in node.placements].index(node.rollup.kpi or KpiId(""))
            placed = [(child, Fraction(place == named)) for place, (child, _) in enumerate(placed)]
        result = Expected(children=[child for child, _ in placed])
        there = {
            place: (child, weight)
            for place, (child, weight) in enumerate(placed)
            if child is not None and child.state != "not_applicable" and weight
        }
        if there:
            weights = {place: weight for place, (_, weight) in there.items()}
            self.roll_up(result, node.rollup, {place: child for place, (child, _) in there.items()}, weights)
        return result

    def roll_up(
        self, result: Expected, rollup: Rollup, there: dict[int, Expected], weights: dict[int, Fraction]
    ) -> None:
        whole = sum(weights.values())
        result.shares = {place: weight / whole for place, weight in weights.items()}
        result.coverage = sum((result.shares[i] * zero(each.coverage) for i, each in there.items()), start=Fraction(0))
        result.entered = sum((result.shares[i] * each.entered for i, each in there.items()), start=Fraction(0))
        result.errors = sum(each.errors for each in there.values())
        result.filled = any(each.filled for each in there.values())
        scores = {place: each.raw for place, each in there.items() if each.raw is not None}
        blank = self.rule is MissingData.BLANK and len(scores) < len(there)
        if blank or not scores:
            result.state, result.reason = "empty", "blank" if blank else None
            return
        result.applied = self.applied(rollup.rule, scores, {place: weights[place] for place in scores}, whole)
        result.raw = sum((share * scores[place] for place, share in result.applied.items()), start=Fraction(0))
        self.settle(result, rollup, [each.band for each in there.values() if each.band is not None])

    def applied(
        self, rule: RollupRule, scores: dict[int, Fraction], weights: dict[int, Fraction], whole: Fraction | int
    ) -> dict[int, Fraction]:
        """The share of the parent's score that each scored child has."""
        if rule in (RollupRule.MIN, RollupRule.MAX):
            choose = min if rule is RollupRule.MIN else max
            wanted = choose(scores, key=lambda place: q(scores[place]))
            return {place: Fraction(place == wanted) for place in scores}
        of_scored = sum(weights.values(), start=Fraction(0))
        if self.rule is MissingData.EVEN:
            return {place: (w + (whole - of_scored) / len(scores)) / whole for place, w in weights.items()}
        return {place: weight / of_scored for place, weight in weights.items()}

    def settle(self, result: Expected, rollup: Rollup | None = None, bands: list[str] | None = None) -> None:
        """State and bands."""
        assert result.raw is not None, "only what is scored is settled"
        if q(result.entered) < self.policy.minimum_coverage:
            result.state = "insufficient"
            return
        result.state = "complete" if result.coverage == 1 and not result.filled else "incomplete"
        names = [band.name for band in self.policy.bands]
        of_score = [band.name for band in self.policy.bands if q(result.raw) >= Fraction(band.lower)][-1]
        result.band = result.band_of_score = of_score
        if rollup is not None:
            ranks = [names.index(band) for band in bands or []]
            result.band = names[limited(rollup, names.index(of_score), ranks, names)]


def limited(rollup: Rollup, of_score: int, children: list[int], names: list[str]) -> int:
    """Bands by rank, 0 for the worst."""
    if rollup.rule is RollupRule.MOST_FREQUENT and children:
        most = max(children.count(band) for band in children)
        tied = [band for band in children if children.count(band) == most]
        of_score = min(tied) if rollup.tie is Tie.WORST else max(tied)
    caps = [names.index(e.at_most) for e in rollup.limiters if children.count(names.index(e.in_band)) >= e.at_least]
    if rollup.level is not None and any(band < names.index(rollup.level) for band in children):
        caps.append(names.index(rollup.level))
    return min([of_score, *caps])
