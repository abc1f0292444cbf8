"""Whatever is accepted, in whatever order: the tree keeps its promises, and history tells the whole of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

from hypothesis import given as for_all
from hypothesis import strategies as st

from domain.decider import replay
from domain.errors import DomainError
from domain.scorecard import cascade, tree
from domain.scorecard.commands import (
    AddObjective,
    AddPerspective,
    CreateScorecard,
    LinkObjectives,
    MoveObjective,
    MovePerspective,
    PlaceChildScorecard,
    PlaceKpi,
    PublishVersion,
    RemoveObjective,
    RemovePerspective,
    ScorecardCommand,
    SetParent,
    SetRollup,
    SetWeights,
    UnlinkObjectives,
    UnplaceChildScorecard,
    UnplaceKpi,
)
from domain.scorecard.decide import SCORECARD
from domain.scorecard.events import ChildKind, ChildWeight, Rollup, RollupRule, ScorecardEvent
from domain.scorecard.state import Card, NodeKind, Scorecard
from domain.scorecard.strategy_map import reachable
from domain.values import ROOT, KpiId, NodeId
from tests.domain.scorecard.scenario import CHURN, CONTEXT, COST, EAST, GROUP, SALES, WEST, edges, periods

perspectives = st.sampled_from([NodeId(code) for code in ("financial", "customer", "p", "q")])
objectives = st.sampled_from([NodeId(code) for code in ("a", "b", "c", "d", "p")])
nodes = st.one_of(perspectives, objectives, st.just(ROOT))
kpis = st.sampled_from([SALES, COST, CHURN, KpiId("none")])
children = st.sampled_from([EAST, WEST, GROUP])
weights = st.sampled_from([Decimal(number) for number in ("0", "0", "1", "2.5", "1000000")])
indexes = st.one_of(st.none(), st.integers(0, 3))
wanted = st.one_of(
    st.builds(ChildWeight, st.just(ChildKind.NODE), st.one_of(perspectives, objectives), weights),
    st.builds(ChildWeight, st.just(ChildKind.KPI), kpis, weights),
)
rollups = st.one_of(st.just(Rollup()), st.builds(Rollup, st.just(RollupRule.SELF), kpis))
days = st.sampled_from([date(2026, month, 1) for month in (1, 3, 6)])
group = st.just(GROUP)
commands: st.SearchStrategy[ScorecardCommand] = st.one_of(
    st.builds(AddPerspective, group, perspectives, st.just("P"), weights, indexes),
    st.builds(MovePerspective, group, perspectives, st.integers(0, 4)),
    st.builds(RemovePerspective, group, perspectives),
    st.builds(AddObjective, group, objectives, perspectives, st.just("O"), weights, indexes),
    st.builds(AddObjective, group, objectives, perspectives, st.just("O")),
    st.builds(MoveObjective, group, objectives, perspectives, indexes),
    st.builds(RemoveObjective, group, objectives),
    st.builds(PlaceKpi, group, nodes, kpis, weights),
    st.builds(UnplaceKpi, group, nodes, kpis),
    st.builds(PlaceChildScorecard, group, nodes, children, weights),
    st.builds(UnplaceChildScorecard, group, nodes, children),
    st.builds(SetWeights, group, nodes, st.lists(wanted, min_size=1, max_size=3).map(tuple)),
    st.builds(SetRollup, group, nodes, rollups),
    st.builds(LinkObjectives, group, objectives, objectives),
    st.builds(UnlinkObjectives, group, objectives, objectives),
    st.builds(SetParent, group, st.one_of(st.none(), children)),
    st.builds(PublishVersion, group, days, st.booleans(), st.one_of(st.none(), st.just("Because"))),
)
CASCADED = replace(CONTEXT, cascade=edges(("east", "west")), measured=periods("2026-01"))


def _lived(wishes: Sequence[ScorecardCommand]) -> tuple[Scorecard, list[ScorecardEvent]]:
    """The state after every wish that was accepted, and all events, at positions 1, 2, 3 ..."""
    state = SCORECARD.initial(GROUP)
    history: list[ScorecardEvent] = []
    for wish in (CreateScorecard(GROUP, "Group"), *wishes):
        try:
            events = SCORECARD.decide(wish, state, CASCADED)
        except DomainError:
            continue
        for event in events:
            history.append(event)
            state = SCORECARD.evolve(state, event, len(history))
    return state, history


def _replayed(history: Sequence[ScorecardEvent]) -> Scorecard:
    positioned = ((event, position) for position, event in enumerate(history, 1))
    return replay(SCORECARD.evolve, SCORECARD.initial(GROUP), positioned)


def _check(card: Card) -> None:
    everything = list(tree.walk(card.root))
    codes = [node.id for node in everything]
    linkable = {node.id for node in everything if node.kind is NodeKind.OBJECTIVE}
    links = [(link.cause, link.effect) for link in card.links]
    assert len(codes) == len(set(codes))
    assert not tree.without_any_weight(card.root)
    assert {end for link in links for end in link} <= linkable
    assert len(links) == len(set(links))
    assert all(cause not in reachable(links, cause) for cause, _effect in links)
    for node in everything:
        siblings = [(child.kind, child.child) for child in tree.weights_of(node)]
        assert len(siblings) == len(set(siblings))
        assert node.rollup.kpi is None or node.rollup.kpi in {placement.kpi for placement in node.placements}


def _check_levels(card: Card) -> None:
    assert card.root.kind is NodeKind.SCORECARD
    for perspective in card.root.nodes:
        assert perspective.kind is NodeKind.PERSPECTIVE
        assert all(node.kind is NodeKind.OBJECTIVE and node.nodes == () for node in perspective.nodes)


@for_all(st.lists(commands, max_size=60))
def test_accepted_commands_in_any_order_keep_the_promises_of_the_tree(wishes: list[ScorecardCommand]) -> None:
    state, _history = _lived(wishes)
    for card in (state.draft, *(version.card for version in state.versions)):
        _check(card)
        _check_levels(card)


@for_all(st.lists(commands, max_size=60))
def test_the_cascade_stays_free_of_cycles(wishes: list[ScorecardCommand]) -> None:
    state, _history = _lived(wishes)
    graph = [(edge.parent, edge.child) for edge in CASCADED.cascade | cascade.edges(state)]
    assert all(parent not in reachable(graph, parent) for parent, _child in graph)


@for_all(st.lists(commands, max_size=60))
def test_versions_count_up_and_say_what_the_one_before_did_not(wishes: list[ScorecardCommand]) -> None:
    versions = _lived(wishes)[0].versions
    assert [version.number for version in versions] == list(range(1, len(versions) + 1))
    for before, later in pairwise(versions):
        assert before.position < later.position
        assert (before.card, before.effective_from) != (later.card, later.effective_from)


@for_all(st.lists(commands, max_size=60))
def test_the_state_is_the_replay_of_its_history(wishes: list[ScorecardCommand]) -> None:
    state, history = _lived(wishes)
    assert _replayed(history) == state


@for_all(st.lists(commands, max_size=40), commands)
def test_every_event_changes_something(wishes: list[ScorecardCommand], last: ScorecardCommand) -> None:
    state, _history = _lived(wishes)
    try:
        events = SCORECARD.decide(last, state, CASCADED)
    except DomainError:
        return
    for event in events:
        changed = SCORECARD.evolve(state, event, 1_000)
        assert changed != state
        state = changed


@for_all(st.lists(st.lists(commands, max_size=20).map(tuple), min_size=1, max_size=2), st.data())
def test_history_of_another_course_never_breaks_the_replay(
    courses: list[tuple[ScorecardCommand, ...]], data: st.DataObject
) -> None:
    """evolve takes events in an order no decision would have allowed, and goes on."""
    events = [event for course in courses for event in _lived(course)[1]]
    shuffled = data.draw(st.permutations(events))
    assert _replayed(shuffled).id == GROUP
