"""What the API says about itself: the OpenAPI document and the page of each type of problem."""

import json
from collections.abc import Sequence

from litestar import HttpMethod, Request, Response
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler

from services.api.openapi import document
from services.api.operation import Operation
from services.api.problem_pages import page_of
from services.api.problem_types import BY_SLUG
from services.api.problems import Problem
from services.bundle import App

LOOKING = [HttpMethod.GET, HttpMethod.HEAD]
CACHED = {"Cache-Control": "public, max-age=300"}


def document_handlers(app: App, table: Sequence[Operation]) -> list[HTTPRouteHandler]:
    """/openapi.json and /problems/<slug>."""
    content = json.dumps(document(table, app.settings.public_url), ensure_ascii=False).encode()

    def openapi() -> Response[bytes]:
        return Response(content, media_type="application/json", headers=CACHED)

    def problem(request: Request[object, object, State]) -> Response[bytes]:
        found = BY_SLUG.get(request.path_params["slug"])
        if found is None:
            raise Problem("not-found", "there is no such type of problem")
        return Response(page_of(found).encode(), media_type="text/markdown", headers=CACHED)

    return [
        HTTPRouteHandler("/openapi.json", http_method=LOOKING, sync_to_thread=False)(openapi),
        HTTPRouteHandler("/problems/{slug:str}", http_method=LOOKING, sync_to_thread=False)(problem),
    ]
