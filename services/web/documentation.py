"""The documentation page of the API: Swagger UI from this host's own copy, reading /openapi.json."""

from litestar import HttpMethod, Request
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler

from services.web.rendering import Templates
from services.web.responses import Answer, html

PATH = "/docs"
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        # Swagger UI's own style sheet holds its icons as data.
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)


def documentation_handler(templates: Templates) -> HTTPRouteHandler:
    """The page is the same for everyone: made once."""
    content = templates.render("documentation.html", None)

    def documentation(request: Request[object, object, State]) -> Answer:
        return html(content, headers={"cache-control": "public, max-age=300"}, policy=POLICY)

    return HTTPRouteHandler(PATH, http_method=[HttpMethod.GET, HttpMethod.HEAD], sync_to_thread=False)(documentation)
