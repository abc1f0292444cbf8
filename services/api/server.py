"""The HTTP server: from the table of operations to a Litestar application; pages plug in as further handlers.

One request: accept -> who calls -> may they -> body and query -> the operation -> headers. Errors are problems.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from anyio import to_thread
from litestar import HttpMethod, Litestar, Request, Response
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from litestar.types import ControllerRouterHandler, Message, Scope

from infra import clock
from infra.settings import Settings
from services.api import headers, operations
from services.api.access import admitted, call_of
from services.api.arriving import arrived
from services.api.documents import document_handlers
from services.api.errors import problem_of
from services.api.health import health_handlers
from services.api.operation import Operation, Reply
from services.api.problems import MEDIA_TYPE, rendered
from services.app import App
from services.authentication import Authenticator

AnyRequest = Request[object, object, State]
AnyResponse = Response[bytes]
Answering = Callable[[AnyRequest, bytes], Awaitable[AnyResponse]]

REQUEST_ID = "steelyard_request_id"
YEAR_SECONDS = 31_536_000
TLS_ONLY = (b"strict-transport-security", f"max-age={YEAR_SECONDS}".encode())
ALWAYS = (
    (b"cache-control", b"private, no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)
"""Of every answer that does not say otherwise itself."""


class PermissionMissing(Exception):
    """An operation does not say which permission it needs: it must not start."""


def create_app(app: App, pages: Sequence[ControllerRouterHandler] = ()) -> Litestar:
    """The whole HTTP interface; `pages` are route handlers that answer for themselves below other paths than /v1."""
    authenticator = Authenticator(app.database, app.settings.operator_key.get_secret_value())
    table = operations.ALL
    refuse_unguarded(table)
    public_url = app.settings.public_url
    always = (*ALWAYS, TLS_ONLY) if public_url.startswith("https:") else ALWAYS
    threads = ThreadPoolExecutor(app.settings.threads, thread_name_prefix="request")

    def to_problem(request: AnyRequest, error: Exception) -> AnyResponse:
        answer = rendered(problem_of(error), public_url, _request_id(request.scope))
        return Response(answer.content, status_code=answer.status, media_type=MEDIA_TYPE, headers=dict(answer.headers))

    async def complete(message: Message, scope: Scope) -> None:
        if message["type"] == "http.response.start":
            said = {name for name, _ in message["headers"]}
            added = [each for each in always if each[0] not in said]
            message["headers"] = [*message["headers"], (b"x-request-id", _request_id(scope).encode()), *added]

    def answering(operation: Operation) -> Answering:
        def work(request: AnyRequest, body: bytes) -> AnyResponse:
            call = call_of(app, authenticator, operation, request, body, _request_id(request.scope))
            return _response(operation, operation.handle(call))

        async def answer(request: AnyRequest, body: bytes) -> AnyResponse:
            return await asyncio.get_running_loop().run_in_executor(threads, work, request, body)

        return answer

    def admitting(operation: Operation) -> Callable[[AnyRequest], Awaitable[None]]:
        async def admit(request: AnyRequest) -> None:
            await asyncio.get_running_loop().run_in_executor(threads, admitted, authenticator, operation, request)

        return admit

    async def limit_pages() -> None:
        """They run on threads that the framework hands out: on as many again, not on its forty."""
        to_thread.current_default_thread_limiter().total_tokens = app.settings.threads

    def handler(operation: Operation) -> HTTPRouteHandler:
        answer = answering(operation)
        if not operation.writes:
            return _reading(answer, operation)
        return _writing(answer, admitting(operation), operation, app.settings)

    return Litestar(
        route_handlers=[
            *(handler(operation) for operation in table),
            *document_handlers(app, table),
            *health_handlers(app),
            *pages,
        ],
        exception_handlers={Exception: to_problem},
        before_send=[complete],
        on_startup=[limit_pages],
        openapi_config=None,
        logging_config=None,
        request_max_body_size=app.settings.body_bytes_max,
    )


def refuse_unguarded(table: Sequence[Operation]) -> None:
    """Raises PermissionMissing for an operation that does not say who may use it."""
    for operation in table:
        if not operation.permission:
            raise PermissionMissing(operation.name)


def _reading(answer: Answering, operation: Operation) -> HTTPRouteHandler:
    async def read(request: AnyRequest) -> AnyResponse:
        return await answer(request, b"")

    return HTTPRouteHandler(_path(operation), http_method=[HttpMethod.GET, HttpMethod.HEAD])(read)


def _writing(
    answer: Answering, admit: Callable[[AnyRequest], Awaitable[None]], operation: Operation, limits: Settings
) -> HTTPRouteHandler:
    async def write(request: AnyRequest) -> AnyResponse:
        return await answer(request, await arrived(request, partial(admit, request), limits.body_seconds_max))

    return HTTPRouteHandler(
        _path(operation),
        http_method=[HttpMethod(operation.method)],
        status_code=operation.statuses[0],
        request_max_body_size=limits.bulk_body_bytes_max if operation.bulk else limits.body_bytes_max,
    )(write)


def _path(operation: Operation) -> str:
    return operation.path.replace("}", ":str}")


def _response(operation: Operation, reply: Reply) -> AnyResponse:
    found = dict(reply.headers)
    if reply.position is not None:
        found["Steelyard-Position"] = str(reply.position)
    if reply.replayed:
        found["Idempotency-Replayed"] = "true"
    return Response(
        reply.content,
        status_code=reply.status or operation.statuses[0],
        media_type="application/json",
        headers=found,
    )


def _request_id(scope: Scope) -> str:
    """The client's id of the request, or ours; the same for the whole of the request."""
    state = scope.setdefault("state", {})
    if REQUEST_ID not in state:
        sent = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
        state[REQUEST_ID] = headers.request_id_of(sent) or str(clock.new_id())
    return str(state[REQUEST_ID])
