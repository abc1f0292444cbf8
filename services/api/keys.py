"""Operations on API keys."""

from uuid import UUID

from msgspec import Struct

from domain import streams
from services.api.bodies.organization import KeyBody
from services.api.operation import Call, Operation, Reply
from services.api.problems import Problem
from services.api.reads import Reading, reading
from services.api.texts import optional_instant
from services.api.values import Query, Text
from services.commands import WrittenView
from services.keys import issue_key, revoke_key
from tenants.access import Permission
from tenants.organization.events import ApiKeyIssued, ApiKeyRevoked


class IssuedView(Struct, frozen=True):
    """A new key; `token` is shown once."""

    key_id: str
    principal: str
    token: str
    position: int


class KeyView(Struct, frozen=True):
    """A key that was issued. No scopes means all of the role, no KPIs all KPIs."""

    key_id: str
    name: str
    principal: str
    role: str
    scopes: list[str]
    kpis: list[str]
    expires_at: str | None
    revoked: bool


class KeysView(Struct, frozen=True):
    """Every key ever issued, in order."""

    keys: list[KeyView]
    position: int


class RevocationQuery(Query):
    """Why the key is revoked."""

    reason: Text | None = None


def _issue(call: Call) -> Reply:
    issued = issue_key(call.app, call.actor, call.body_as(KeyBody).value(), call.key)
    view = IssuedView(issued.key_id, issued.principal, issued.token, issued.position)
    return Reply(Reply.of(view).content, issued.position, None, issued.replayed, {"Location": "/v1/keys"})


def _list(call: Call) -> Reply:
    with reading(call) as read:
        return Reply.of(KeysView(_keys(read), read.head.position), read.head.position)


def _keys(read: Reading) -> list[KeyView]:
    """From the organization's own stream: no state keeps the names, which are sealed text of its events."""
    events = [recorded.event for recorded in read.log.load(streams.ORGANIZATION, until=read.head.position)]
    revoked = {event.key_id for event in events if isinstance(event, ApiKeyRevoked)}
    return [_view(event, event.key_id in revoked) for event in events if isinstance(event, ApiKeyIssued)]


def _view(key: ApiKeyIssued, revoked: bool) -> KeyView:
    return KeyView(
        key_id=key.key_id,
        name=key.name,
        principal=key.principal,
        role=key.role.value,
        scopes=sorted(scope.value for scope in key.scopes),
        kpis=sorted(key.kpis),
        expires_at=optional_instant(key.expires_at),
        revoked=revoked,
    )


def _revoke(call: Call) -> Reply:
    try:
        key_id = UUID(call.path["key_id"])
    except ValueError:
        raise Problem("not-found", "there is no such key") from None
    reason = call.query_as(RevocationQuery).reason
    return Reply.written(revoke_key(call.app, call.actor, key_id, reason, call.key))


OPERATIONS = (
    Operation(
        name="issueKey",
        method="POST",
        path="/v1/keys",
        tag="keys",
        permission=Permission.MANAGE_ACCESS,
        summary="Issue a key",
        description="Nobody grants more than they have. The token is shown once, and again to a repetition with the "
        "same Idempotency-Key.",
        handle=_issue,
        answer=IssuedView,
        body=KeyBody,
        statuses=(201,),
        problems=(409,),
        example={"name": "Plant sensors", "role": "contributor", "scopes": ["ingest"], "kpis": ["revenue"]},
    ),
    Operation(
        name="listKeys",
        method="GET",
        path="/v1/keys",
        tag="keys",
        permission=Permission.READ_ACCESS,
        summary="List the keys",
        description="Every key ever issued, revoked ones included; never a token.",
        handle=_list,
        answer=KeysView,
    ),
    Operation(
        name="revokeKey",
        method="DELETE",
        path="/v1/keys/{key_id}",
        tag="keys",
        permission=Permission.MANAGE_ACCESS,
        summary="Revoke a key",
        description="The key opens nothing within a second. The last owner's key stays.",
        handle=_revoke,
        answer=WrittenView,
        query=RevocationQuery,
        problems=(404, 409),
    ),
)
