"""From an organization's definitions and readings to what a page shows: the Reader of the real service."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.calendar import Period
from domain.policy import Band
from domain.scorecard.state import Scorecard
from domain.scoring.freshness import FreshnessState, stale_share
from domain.scoring.inputs import VersionChoice
from domain.scoring.tree import ScoreTree
from domain.values import KpiId
from projections.score_view import number, tree_view
from projections.views import CardView, KpiView, NodeView, TreeView
from services.bundle import App
from services.web import windows
from services.web.reading import Reading, reading, version_choice
from services.web.seen import EntrySeen, OrganizationSeen, Reached, ScorecardSeen, VersionSeen
from services.web.weighing import balances_seen
from tenants.access import Actor

LIST_PERIODS_MAX = 12
SPARK_PERIODS_MAX = 12

Views = Mapping[Period, TreeView]


@dataclass(frozen=True, slots=True)
class PageReader:
    """Reads for pages."""

    app: App

    def organization(self, actor: Actor, code: str) -> OrganizationSeen:
        """The list of scorecards, each with its last periods."""
        with reading(self.app, actor) as read:
            entries = tuple(_entry(read, card) for card in read.scorecards)
            return OrganizationSeen(read.place(code), entries, read.position, read.as_of)

    def scorecard(self, actor: Actor, code: str, scorecard: str, period: str, version: str) -> ScorecardSeen:
        """One scorecard in a period, the latest with a score if none is named. Raises NotFound, Invalid."""
        choice = version_choice(version)
        with reading(self.app, actor) as read:
            card = read.scorecard(scorecard)
            return _scorecard(read, code, card, Period.parse(period) if period else None, choice)


def _scorecard(
    read: Reading, code: str, card: Scorecard, wanted: Period | None, choice: VersionChoice
) -> ScorecardSeen:
    kpis = read.kpis_below(card.id)
    offered, collected = windows.kinds(kpis.values()), read.valued(kpis)
    kind = wanted.kind if wanted else offered[0]
    valued = windows.of_kind(read.calendar, kind, collected)
    asked = wanted or _latest(read, card, choice, valued) or read.calendar.containing(read.today, kind)
    charted = windows.charted(read.calendar, asked, valued)
    trees = read.trees(card.id, charted, choice)
    views = {period: tree_view(tree, read.position) for period, tree in trees.items()}
    until = charted[: charted.index(asked) + 1]
    states = read.freshness(kpis) if not valued or asked == valued[-1] else {}
    return ScorecardSeen(
        place=read.place(code),
        code=card.id,
        name=_name(card, trees[asked]),
        vision=_vision(card, trees[asked].version),
        tree=views[asked],
        choice=str(choice),
        periods=windows.around(read.calendar, asked, offered, valued, read.as_of),
        bands=read.bands(asked),
        versions=tuple(VersionSeen(each.number, each.effective_from, each.restatement) for each in card.versions),
        position=read.position,
        evaluated_at=read.as_of,
        totals=[_total(period, views[period]) for period in charted],
        histories=_histories({period: views[period] for period in until[-SPARK_PERIODS_MAX:]}),
        freshness={kpi: state.value for kpi, state in states.items()},
        stale_share=_stale(trees[asked], states),
        balances=balances_seen(read.definitions, [trees[period] for period in until]),
        cards={each.id: each.draft.root.name for each in read.scorecards},
    )


def _latest(read: Reading, card: Scorecard, choice: VersionChoice, valued: Sequence[Period]) -> Period | None:
    """The last ended period with a score, else the last with values."""
    recent = windows.latest_ended(read.calendar, valued[-LIST_PERIODS_MAX:], read.as_of)
    trees = read.trees(card.id, recent, choice)
    scored = (period for period in recent if (root := trees[period].root) is not None and root.score is not None)
    return next(scored, recent[0] if recent else None)


def _name(card: Scorecard, tree: ScoreTree) -> str:
    return (tree.root.name if tree.root is not None else "") or card.draft.root.name or card.id


def _vision(card: Scorecard, version: int | None) -> str:
    """As the version said it; of the draft where none is in force."""
    return card.draft.vision if version is None else card.versions[version - 1].card.vision


def _stale(tree: ScoreTree, states: Mapping[KpiId, FreshnessState]) -> str | None:
    return None if tree.root is None or not states else number(stale_share(tree.root, states))


def _total(period: Period, view: TreeView) -> Reached:
    if view.root is None:
        return Reached(period, "not_applicable", None, None, None, None, view.version)
    return _reached(period, view, view.root)


def _reached(period: Period, view: TreeView, scored: NodeView | KpiView) -> Reached:
    result = scored.result
    return Reached(
        period,
        result.state,
        result.raw_score,
        result.shown,
        result.band,
        result.coverage,
        view.version,
        partial=view.partial,
    )


def _histories(views: Views) -> dict[str, list[Reached]]:
    """Per KPI the scores of its first placement in each of the periods, in order."""
    found: dict[str, dict[Period, Reached]] = {}
    for period, view in views.items():
        for kpi in _kpis(view.root):
            found.setdefault(kpi.kpi, {}).setdefault(period, _reached(period, view, kpi))
    return {
        kpi: [by_period.get(period) or _nothing(period, view) for period, view in views.items()]
        for kpi, by_period in found.items()
    }


def _nothing(period: Period, view: TreeView) -> Reached:
    return Reached(period, "not_applicable", None, None, None, None, view.version)


def _kpis(root: NodeView | None) -> list[KpiView]:
    """The KPIs of this scorecard, not those of child scorecards."""
    if root is None:
        return []
    found: list[KpiView] = []
    for child in root.children:
        match child:
            case KpiView():
                found.append(child)
            case NodeView():
                found += _kpis(child)
            case CardView():
                pass
    return found


def _entry(read: Reading, card: Scorecard) -> EntrySeen:
    kpis = read.kpis_below(card.id)
    kind = windows.kinds(kpis.values())[0]
    valued = windows.of_kind(read.calendar, kind, read.valued(kpis))[-LIST_PERIODS_MAX:]
    trees = read.trees(card.id, valued, "in_force")
    bands: Sequence[Band] = read.bands(valued[-1]) if valued else ()
    return EntrySeen(
        code=card.id,
        name=card.draft.root.name or card.id,
        vision=card.draft.vision,
        archived=read.archived(card),
        bands=bands,
        totals=[_total(period, tree_view(trees[period], read.position)) for period in valued],
    )
