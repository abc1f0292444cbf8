"""From projections to what a page shows: the PageReader of the real service."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from domain.calendar import FISCAL, Period, PeriodKind
from domain.errors import NotFound
from domain.scorecard.state import Scorecard
from domain.scoring.inputs import VersionChoice
from projections.answers import ScoreAnswer
from projections.balances import balance_history
from projections.current import current_tree, tree_views
from projections.spans import begun
from projections.views import KpiView, NodeView, TreeView
from services.bundle import App
from services.web import windows
from services.web.labels import labelled
from services.web.reading import Reading, nothing, reached, reading, version_choice
from services.web.seen import EntrySeen, OrganizationSeen, Reached, ScorecardSeen, VersionSeen
from services.web.weighing import balance_seen
from tenants.access import Actor

LIST_PERIODS_MAX = 12
SPARK_PERIODS_MAX = 12


@dataclass(frozen=True, slots=True)
class PageReader:
    """Reads for pages."""

    app: App

    def organization(self, actor: Actor, code: str) -> OrganizationSeen:
        """The list of scorecards, each with its last periods."""
        with reading(self.app, actor) as read:
            entries = tuple(_entry(read, card) for card in read.scorecards)
            return OrganizationSeen(read.place(code), entries, read.reader.position, read.reader.as_of)

    def scorecard(self, actor: Actor, code: str, scorecard: str, period: str, version: str) -> ScorecardSeen:
        """One scorecard in a period, the latest with a score if none is named. Raises NotFound, Invalid."""
        choice = version_choice(version)
        wanted = Period.parse(period) if period else None
        with reading(self.app, actor) as read:
            card = next((card for card in read.scorecards if card.id == scorecard), None)
            if card is None:
                raise NotFound("scorecard-unknown", "There is no scorecard of that code")
            return _scorecard(read, code, card, wanted, choice)


def _scorecard(
    read: Reading, code: str, card: Scorecard, wanted: Period | None, choice: VersionChoice
) -> ScorecardSeen:
    kpis = read.kpis_below(card.id)
    offered = windows.kinds(kpis.values())
    kind = wanted.kind if wanted else offered[0]
    valued = windows.of_kind(read.calendar, kind, read.valued(kpis))
    present = _present(read, valued)
    asked = wanted or _latest(read, card, choice, present) or read.calendar.containing(read.today, kind)
    charted = windows.charted(read.calendar, asked, present)
    until = charted[: charted.index(asked) + 1]
    answer = current_tree(read.reader, card.id, asked, choice)
    latest = not present or asked == present[-1]
    return ScorecardSeen(
        place=read.place(code),
        code=card.id,
        name=(answer.tree.root.name if answer.tree.root is not None else card.draft.root.name) or card.id,
        vision=_vision(card, answer.tree.version),
        tree=labelled(answer.tree, read.reader.definitions.kpis),
        choice=str(choice),
        periods=windows.around(read.calendar, asked, offered, valued, read.reader.as_of),
        bands=read.bands(asked),
        versions=tuple(VersionSeen(each.number, each.effective_from, each.restatement) for each in card.versions),
        position=answer.as_of_position,
        evaluated_at=answer.evaluated_at,
        totals=read.totals(card.id, charted[0], charted[-1], choice),
        histories=_histories(tree_views(read.reader, card.id, until[-SPARK_PERIODS_MAX:], choice)),
        freshness=_freshness(answer) if latest else {},
        stale_share=answer.stale_share if latest else None,
        balances=[
            balance_seen(each, answer.tree, read.reader.definitions)
            for each in balance_history(read.reader, card.id, kind, until[0], asked, choice).balances
        ],
        cards={each.id: each.draft.root.name for each in read.scorecards},
        days=_days(read, asked),
    )


def _days(read: Reading, period: Period) -> tuple[date, date] | None:
    if period.kind not in FISCAL | {PeriodKind.WEEK}:
        return None
    return read.calendar.first_day(period), read.calendar.last_day(period)


def _present(read: Reading, valued: list[Period]) -> list[Period]:
    """The periods with values up to today; what was recorded ahead of its time is shown where it is asked for."""
    return list(begun(read.calendar, valued, read.reader.as_of))


def _latest(read: Reading, card: Scorecard, choice: VersionChoice, valued: list[Period]) -> Period | None:
    """The last ended period with a score, else the last with values."""
    if not valued:
        return None
    recent = windows.last(read.calendar, valued, LIST_PERIODS_MAX)
    totals = {total.period: total for total in read.totals(card.id, recent[0], recent[-1], choice)}
    backwards = windows.latest_ended(read.calendar, set(recent).intersection(valued), read.reader.as_of)
    return next((period for period in backwards if totals[period].band is not None), backwards[0])


def _vision(card: Scorecard, version: int | None) -> str:
    """As the version said it; of the draft where none is in force."""
    return card.draft.vision if version is None else card.versions[version - 1].card.vision


def _freshness(answer: ScoreAnswer) -> dict[str, str]:
    labelled = ((kpi, labels.freshness) for kpi, labels in answer.kpis.items())
    return {kpi: freshness.state for kpi, freshness in labelled if freshness is not None}


def _histories(views: Mapping[Period, TreeView]) -> dict[str, list[Reached]]:
    """Per KPI the scores of its first placement in each of the periods, in order."""
    found: dict[str, dict[Period, Reached]] = {}
    for period, view in views.items():
        for kpi in _kpis(view.root):
            point = reached(period, kpi.result, view.version, view.partial)
            found.setdefault(kpi.kpi, {}).setdefault(period, point)
    return {
        kpi: [by_period.get(period) or nothing(period, view.version) for period, view in views.items()]
        for kpi, by_period in found.items()
    }


def _kpis(node: NodeView | None) -> Iterator[KpiView]:
    """The KPIs of this scorecard, not those of child scorecards."""
    for child in node.children if node is not None else ():
        if isinstance(child, KpiView):
            yield child
        elif isinstance(child, NodeView):
            yield from _kpis(child)


def _entry(read: Reading, card: Scorecard) -> EntrySeen:
    kpis = read.kpis_below(card.id)
    kind = windows.kinds(kpis.values())[0]
    valued = _present(read, windows.of_kind(read.calendar, kind, read.valued(kpis)))
    return EntrySeen(
        code=card.id,
        name=card.draft.root.name or card.id,
        vision=card.draft.vision,
        archived=read.archived(card),
        bands=read.bands(valued[-1]) if valued else (),
        totals=_recent(read, card, valued),
    )


def _recent(read: Reading, card: Scorecard, valued: list[Period]) -> list[Reached]:
    """The last periods; the one that still runs only if nothing ended before it."""
    if not valued:
        return []
    recent = windows.last(read.calendar, valued, LIST_PERIODS_MAX)
    totals = read.totals(card.id, recent[0], recent[-1])
    ended = [total for total in totals if not total.partial]
    return ended or totals
