"""Operations on scorecards: the draft and its changes, versions, the end."""

from domain.values import ScorecardId
from services.api.bodies.scorecard import ArchiveBody, ChangesBody, NewScorecardBody, VersionBody
from services.api.operation import Call, Operation, Reply
from services.api.reads import reading
from services.api.scorecard_views import ScorecardDetailView, ScorecardsView, scorecard_detail, scorecard_line
from services.app import execute
from services.commands import WrittenView
from services.publishing import PublishedView, publish
from tenants.access import Permission


def _create(call: Call) -> Reply:
    body = call.body_as(NewScorecardBody)
    answer = execute(call.app, call.actor, [body.command()], call.key)
    return Reply.written(answer, location=f"/v1/scorecards/{body.scorecard}")


def _list(call: Call) -> Reply:
    with reading(call) as read:
        cards = (card for card in read.definitions.scorecards.values() if card.created)
        lines = [scorecard_line(card) for card in sorted(cards, key=lambda card: card.id)]
        return Reply.of(ScorecardsView(lines, read.head.position), read.head.position)


def _show(call: Call) -> Reply:
    code = call.code("scorecard")
    with reading(call) as read:
        return Reply.of(scorecard_detail(read.scorecard(code), read.head.position), read.head.position)


def _change(call: Call) -> Reply:
    scorecard = ScorecardId(call.code("scorecard"))
    commands = [change.command(scorecard) for change in call.body_as(ChangesBody).changes]
    return Reply.written(execute(call.app, call.actor, commands, call.key, within="/changes"))


def _publish(call: Call) -> Reply:
    scorecard = ScorecardId(call.code("scorecard"))
    command = call.body_as(VersionBody).command(scorecard)
    answer = publish(call.app, call.actor, command, call.key)
    return Reply.written(answer, location=f"/v1/scorecards/{scorecard}")


def _archive(call: Call) -> Reply:
    command = call.body_as(ArchiveBody).command(ScorecardId(call.code("scorecard")))
    return Reply.written(execute(call.app, call.actor, [command], call.key))


OPERATIONS = (
    Operation(
        name="createScorecard",
        method="POST",
        path="/v1/scorecards",
        tag="scorecards",
        permission=Permission.EDIT_SCORECARD,
        summary="Create a scorecard",
        description="Without perspectives it gets the four usual ones: Financial, Customer, Internal processes, "
        "Learning & growth. It is a draft until a version is published.",
        handle=_create,
        answer=WrittenView,
        body=NewScorecardBody,
        statuses=(201,),
        problems=(409,),
        example={"scorecard": "company", "name": "Company"},
    ),
    Operation(
        name="listScorecards",
        method="GET",
        path="/v1/scorecards",
        tag="scorecards",
        permission=Permission.READ,
        summary="List the scorecards",
        description="All scorecards of the organization, archived ones included, in order of code.",
        handle=_list,
        answer=ScorecardsView,
    ),
    Operation(
        name="getScorecard",
        method="GET",
        path="/v1/scorecards/{scorecard}",
        tag="scorecards",
        permission=Permission.READ,
        summary="Show a scorecard",
        description="The draft tree, and every published version with its own.",
        handle=_show,
        answer=ScorecardDetailView,
        problems=(404,),
    ),
    Operation(
        name="changeScorecard",
        method="POST",
        path="/v1/scorecards/{scorecard}/changes",
        tag="scorecards",
        permission=Permission.EDIT_SCORECARD,
        summary="Change the draft",
        description="Up to 500 changes, done in order, each seeing the effect of the earlier ones; all or none. "
        "The pointer of a refusal names the change.",
        handle=_change,
        answer=WrittenView,
        body=ChangesBody,
        problems=(404, 409),
        example={
            "changes": [
                {"change": "add-objective", "objective": "growth", "perspective": "financial", "name": "Grow revenue"},
                {"change": "place-kpi", "node": "growth", "kpi": "revenue", "weight": "2"},
            ]
        },
    ),
    Operation(
        name="publishVersion",
        method="POST",
        path="/v1/scorecards/{scorecard}/versions",
        tag="scorecards",
        permission=Permission.EDIT_SCORECARD,
        summary="Publish the draft as a version",
        description="In force from a date. A version that changes an ended period with values is a restatement: it "
        "must say so and give a reason. One with an earlier date than a version that is published already governs only "
        "up to that one's date; the answer says so in `governs_until`.",
        handle=_publish,
        answer=PublishedView,
        body=VersionBody,
        statuses=(201,),
        problems=(404, 409),
        example={"effective_from": "2026-01-01"},
    ),
    Operation(
        name="archiveScorecard",
        method="POST",
        path="/v1/scorecards/{scorecard}/archive",
        tag="scorecards",
        permission=Permission.EDIT_SCORECARD,
        summary="Archive a scorecard",
        description="It is in no score for periods that end after the last day.",
        handle=_archive,
        answer=WrittenView,
        body=ArchiveBody,
        problems=(404, 409),
        example={"last_day": "2026-12-31"},
    ),
)
