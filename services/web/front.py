"""The page at /: what this address is, and how one goes on from it. It knows of no organization."""

from litestar import HttpMethod, Request
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler

from services.web.rendering import Templates
from services.web.responses import Answer, html

PATH = "/"


def front_handler(templates: Templates) -> HTTPRouteHandler:
    """The page is the same for everyone: made once."""
    content = templates.render("front.html", None)

    def front(request: Request[object, object, State]) -> Answer:
        return html(content, headers={"cache-control": "public, max-age=300"})

    return HTTPRouteHandler(PATH, http_method=[HttpMethod.GET, HttpMethod.HEAD], sync_to_thread=False)(front)
