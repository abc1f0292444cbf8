"""The way into an operation: what the client accepts, who calls, whether they may, and what they sent."""

from litestar import Request
from litestar.datastructures import State
from pydantic import BaseModel

from services.api import headers
from services.api.operation import OPERATOR_ONLY, Call, Operation
from services.api.problems import Problem
from services.api.reading import Body, checked_body, checked_query, read_body
from services.app import App
from services.authentication import Authenticator, Operator
from services.commands import CommandKey, Forbidden
from tenants.access import OPERATOR, Actor, may

ACCEPTED = ("application/json", "application/problem+json")
API_VERSION = b"v1"
NO_BODY = Body(b"", None, b"")

AnyRequest = Request[object, object, State]


def call_of(
    app: App, authenticator: Authenticator, operation: Operation, request: AnyRequest, body: bytes, request_id: str
) -> Call:
    """The request as a call. Raises Problem, Unauthenticated, KeyExpired or Forbidden."""
    if request.scope["raw_path"].partition(b"?")[0].endswith(b"/"):
        raise Problem("not-found", "there is nothing at this path")
    if request.accept.best_match(list(ACCEPTED)) is None:
        raise Problem("not-acceptable", "the Accept header must allow application/json")
    caller = admitted(authenticator, operation, request)
    read = _body(operation, request, body)
    return Call(
        app=app,
        caller=caller,
        path=request.path_params,
        body=None if operation.body is None else checked_body(operation.body, read),
        query=_query(operation, request),
        key=_key(operation, request, read, request_id),
        min_position=headers.min_position_of(request.headers.get("steelyard-min-position")),
    )


def admitted(authenticator: Authenticator, operation: Operation, request: AnyRequest) -> Actor | None:
    """Who calls, if they may; None is the operator. Raises Problem, Unauthenticated, KeyExpired or Forbidden."""
    return _allowed(operation, authenticator.caller(request.headers.get("authorization")))


def _allowed(operation: Operation, caller: Actor | Operator) -> Actor | None:
    if isinstance(caller, Operator):
        if operation.permission != OPERATOR_ONLY:
            raise Problem("insufficient-role", f"the {OPERATOR} acts for no organization", required="a key")
        return None
    if operation.permission == OPERATOR_ONLY:
        raise Problem("insufficient-role", "only the operator may do this", required=OPERATOR_ONLY)
    if not may(caller, operation.permission):
        raise Forbidden(operation.permission)
    return caller


def _body(operation: Operation, request: AnyRequest, body: bytes) -> Body:
    if operation.body is None:
        if body:
            raise Problem("malformed-request", "this operation takes no body")
        return NO_BODY
    media_type, parameters = request.content_type
    encoding = request.headers.get("content-encoding", "identity")
    if media_type != "application/json" or encoding != "identity" or not _utf8(parameters):
        raise Problem("unsupported-media", "send Content-Type: application/json, in UTF-8, not encoded")
    return read_body(body)


def _utf8(parameters: dict[str, str]) -> bool:
    return parameters.get("charset", "utf-8").strip('"').lower() in ("utf-8", "utf8")


def _query(operation: Operation, request: AnyRequest) -> BaseModel | None:
    pairs = list(request.query_params.multi_items())
    if operation.query is not None:
        return checked_query(operation.query, pairs)
    if pairs:
        raise Problem("query-invalid", f"there is no parameter {pairs[0][0][:40]!r}")
    return None


def _key(operation: Operation, request: AnyRequest, body: Body, request_id: str) -> CommandKey:
    given = headers.idempotency_key_of(request.headers.getall("idempotency-key", []))
    if given is None:
        if operation.required_key:
            raise Problem("idempotency-key-missing", "send an Idempotency-Key of your own making with measurements")
        return CommandKey.made(request_id)
    content = (
        API_VERSION,
        operation.method.encode(),
        request.url.path.encode(),
        request.url.query.encode(),
        body.canonical,
    )
    return CommandKey.of(given, *content, request_id=request_id)
