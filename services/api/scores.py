"""Operations on scores: one period, its history, its balance, its explanation."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from msgspec import Struct
from pydantic import Field

from domain.calendar import Period, PeriodKind
from domain.scoring.explain import Contribution, Explanation, explain
from domain.scoring.inputs import VersionChoice
from domain.values import ROOT, KpiId, NodeId, ScorecardId
from infra import clock
from projections import scores
from projections.answers import BalanceAnswer, BalanceHistoryAnswer, HistoryAnswer, ScoreAnswer
from projections.balances import balance_at, balance_history
from projections.history import history
from projections.kept_answers import Asked
from projections.reader import Reader
from projections.score_view import number, optional_number
from projections.spans import PERIODS_MAX
from projections.waiting import wait_for
from services.api.operation import Call, Operation, Reply
from services.api.problems import FieldError, Problem
from services.api.reads import behind, reading
from services.api.values import Code, PeriodName, Query
from tenants.access import Permission

Version = Annotated[
    str,
    Field(
        pattern=r"^(in_force|draft|[1-9][0-9]{0,5})$",
        description="`in_force` for the period, the number of a version to restate it under, or `draft`",
    ),
]


class ScoreQuery(Query):
    """Which period, under which version."""

    period: PeriodName
    version: Version = "in_force"


class HistoryQuery(Query):
    """Which stretch of time; an open end is that of the values, up to the present."""

    kind: PeriodKind = PeriodKind.MONTH
    first: PeriodName | None = Field(default=None, alias="from")
    last: PeriodName | None = Field(default=None, alias="to")
    version: Version = "in_force"


class ExplanationQuery(ScoreQuery):
    """What is explained: the scorecard, one of its nodes, or a KPI."""

    node: Code | None = None
    kpi: Code | None = None


class ContributionView(Struct, frozen=True):
    """What one child gives to the raw score; the shown points add up to the shown score."""

    kind: str
    code: str
    name: str
    weight: str
    applied_share: str | None
    raw_score: str | None
    points: str
    points_shown: str


class LineView(Struct, frozen=True):
    """A sentence, how deep it stands, and the positions of the events it rests on (0: built in)."""

    depth: int
    text: str
    positions: list[int]


class ExplanationView(Struct, frozen=True):
    """Why a score is what it is, for programs (contributions) and people (lines)."""

    contributions: list[ContributionView]
    lines: list[LineView]
    positions: list[int]
    as_of_position: int


def _show(call: Call) -> Reply:
    query = call.query_as(ScoreQuery)
    _await_position(call)
    asked = Asked(call.actor.tenant, _scorecard(call), query.period, _version(query.version))
    as_of = clock.now()
    found = call.app.scores.answer(asked, as_of)
    return Reply(found.content(as_of), found.standing.position)


def _history(call: Call) -> Reply:
    query = call.query_as(HistoryQuery)
    with _reader(call) as reader:
        first, last = _ends(query)
        answer = history(reader, _scorecard(call), query.kind, first, last, _version(query.version))
    return Reply.of(answer, answer.as_of_position)


def _balance(call: Call) -> Reply:
    query = call.query_as(ScoreQuery)
    with _reader(call) as reader:
        answer = balance_at(reader, _scorecard(call), query.period, _version(query.version))
    return Reply.of(answer, answer.as_of_position)


def _balance_history(call: Call) -> Reply:
    query = call.query_as(HistoryQuery)
    with _reader(call) as reader:
        first, last = _ends(query)
        answer = balance_history(reader, _scorecard(call), query.kind, first, last, _version(query.version))
    return Reply.of(answer, answer.as_of_position)


def _explain(call: Call) -> Reply:
    query = call.query_as(ExplanationQuery)
    with _reader(call) as reader:
        tree = reader.tree(_scorecard(call), query.period, _version(query.version))
        node = ROOT if query.node is None else NodeId(query.node)
        code = None if query.kpi is None else KpiId(query.kpi)
        explained = explain(tree, node, code, kpis=reader.definitions.kpis)
        view = _explanation(explained, reader.position)
    return Reply.of(view, view.as_of_position)


@contextmanager
def _reader(call: Call) -> Iterator[Reader]:
    """As of now and as far as the scores have come, at least to the position asked for."""
    app, tenant = call.app, call.actor.tenant
    _await_position(call)
    with app.database.transaction(tenant) as connection:
        yield Reader(connection, tenant, app.logs.bind(connection, tenant), app.definitions, clock.now())


def _await_position(call: Call) -> None:
    """Wait until the scores have come to the position asked for. Raises Problem `projection-behind`."""
    if not call.min_position:
        return
    with reading(call):  # a position the log has not reached is never waited for
        pass
    reached = wait_for(call.app.database, call.actor.tenant, scores.NAME, call.min_position) or 0
    if reached < call.min_position:
        raise behind(reached)


def _scorecard(call: Call) -> ScorecardId:
    return ScorecardId(call.code("scorecard"))


def _version(text: str) -> VersionChoice:
    match text:
        case "in_force":
            return "in_force"
        case "draft":
            return "draft"
        case _:
            return int(text)


def _ends(query: HistoryQuery) -> tuple[Period | None, Period | None]:
    for name, period in (("from", query.first), ("to", query.last)):
        if period is not None and period.kind is not query.kind:
            detail = f"/{name} must be a {query.kind}, as kind says"
            raise Problem("query-invalid", detail, [FieldError(f"/{name}", "query-invalid", detail)])
    return query.first, query.last


def _explanation(explained: Explanation, position: int) -> ExplanationView:
    return ExplanationView(
        contributions=[_contribution(each) for each in explained.contributions],
        lines=[LineView(line.depth, line.text, list(line.positions)) for line in explained.lines],
        positions=list(explained.positions),
        as_of_position=position,
    )


def _contribution(given: Contribution) -> ContributionView:
    return ContributionView(
        kind=given.kind.value,
        code=given.code,
        name=given.name,
        weight=number(given.weight),
        applied_share=optional_number(given.applied_share),
        raw_score=optional_number(given.raw_score),
        points=number(given.points),
        points_shown=given.points_shown,
    )


_AS_OF = "Shows the position its body names; send Steelyard-Min-Position to wait for your own write."
_OPEN_ENDS = "without `from` and `to` those with values, up to the present"

OPERATIONS = (
    Operation(
        name="getScores",
        method="GET",
        path="/v1/scorecards/{scorecard}/scores",
        tag="scores",
        permission=Permission.READ,
        summary="Score a scorecard in a period",
        description="The tree of scores down to values, targets and the positions of their events, with trends and "
        f"freshness. {_AS_OF}",
        handle=_show,
        answer=ScoreAnswer,
        query=ScoreQuery,
        problems=(404,),
    ),
    Operation(
        name="getHistory",
        method="GET",
        path="/v1/scorecards/{scorecard}/history",
        tag="scores",
        permission=Permission.READ,
        summary="Scores over periods of one kind",
        description=f"Every node in every period, at most {PERIODS_MAX} of them; {_OPEN_ENDS}. {_AS_OF}",
        handle=_history,
        answer=HistoryAnswer,
        query=HistoryQuery,
        problems=(404, 422),
    ),
    Operation(
        name="getBalance",
        method="GET",
        path="/v1/scorecards/{scorecard}/balance",
        tag="scores",
        permission=Permission.READ,
        summary="The balance of a scorecard in a period",
        description=f"How well it is balanced by design, in what is measured, and in what came out. {_AS_OF}",
        handle=_balance,
        answer=BalanceAnswer,
        query=ScoreQuery,
        problems=(404,),
    ),
    Operation(
        name="getBalanceHistory",
        method="GET",
        path="/v1/scorecards/{scorecard}/balance/history",
        tag="scores",
        permission=Permission.READ,
        summary="The balance over periods of one kind",
        description=f"At most {PERIODS_MAX} periods, those with a version in force; {_OPEN_ENDS}. {_AS_OF}",
        handle=_balance_history,
        answer=BalanceHistoryAnswer,
        query=HistoryQuery,
        problems=(404, 422),
    ),
    Operation(
        name="explainScore",
        method="GET",
        path="/v1/scorecards/{scorecard}/explanation",
        tag="scores",
        permission=Permission.READ,
        summary="Explain a score",
        description=f"Of the scorecard, a node or a KPI: weights, values, targets, policy, and their events. {_AS_OF}",
        handle=_explain,
        answer=ExplanationView,
        query=ExplanationQuery,
        problems=(404,),
    ),
)
