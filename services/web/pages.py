"""The routes of the pages: /o/<organization>/ and below, /, /static, /docs. One reader, one organization, no writing.

One request: token or cookie -> viewer -> read -> words -> HTML.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote, urlencode

from litestar import HttpMethod, Request, Router
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from litestar.types import ControllerRouterHandler

from domain.errors import NotFound
from infra import clock
from services.bundle import App
from services.web.access import COOKIE, TOKEN_PARAMETER, Entrance, Locked
from services.web.addresses import organization_href
from services.web.assets import ROOT, VERSION_CHARACTERS, Assets
from services.web.compose import organization_page, scorecard_page
from services.web.documentation import documentation_handler
from services.web.errors import RETRY_SECONDS, UNAVAILABLE, error_page
from services.web.front import front_handler
from services.web.reader import PageReader
from services.web.rendering import Templates
from services.web.responses import Answer, html, moved, static
from services.web.seen import OrganizationSeen, ScorecardSeen
from tenants.access import Actor

AnyRequest = Request[object, object, State]

PAGES = "/o"
SCORECARDS = "scorecards"
LOOKING = [HttpMethod.GET, HttpMethod.HEAD]


class Reader(Protocol):
    """Reads what a page shows, for an actor who may read."""

    def organization(self, actor: Actor, code: str) -> OrganizationSeen: ...

    def scorecard(self, actor: Actor, code: str, scorecard: str, period: str, version: str) -> ScorecardSeen:
        """Without a period the latest one with a score. Raises NotFound, Invalid."""
        ...


@dataclass(frozen=True, slots=True)
class Pages:
    """What answers a request."""

    entrance: Entrance
    reader: Reader
    templates: Templates

    def answer(self, request: AnyRequest) -> Answer:
        """The page at this address. Raises Locked, NotFound, Invalid and what the database raises."""
        code, rest = _parts(request)
        if code and not rest and not _ends_as_folder(request):
            return moved(_address(request, code, rest))
        if TOKEN_PARAMETER in request.query_params and request.method == HttpMethod.GET:
            return self._enter(request, code, rest)
        actor = self.entrance.viewer(code, request.cookies.get(COOKIE), clock.now())
        return html(self._page(request, actor, code, rest))

    def _enter(self, request: AnyRequest, code: str, rest: Sequence[str]) -> Answer:
        """From the printed address to the clean one; a used token is as good as the cookie that came of it."""
        now, clean = clock.now(), _address(request, code, rest, without=TOKEN_PARAMETER)
        try:
            return moved(clean, self.entrance.redeem(code, request.query_params[TOKEN_PARAMETER], now))
        except Locked:
            self.entrance.viewer(code, request.cookies.get(COOKIE), now)
            return moved(clean)

    def _page(self, request: AnyRequest, actor: Actor, code: str, rest: Sequence[str]) -> bytes:
        match rest:
            case []:
                return self.templates.render(
                    "organization.html", organization_page(self.reader.organization(actor, code))
                )
            case [kind, scorecard] if kind == SCORECARDS:
                period, version = (request.query_params.get(name, "") for name in ("period", "version"))
                seen = self.reader.scorecard(actor, code, scorecard, period, version)
                return self.templates.render("scorecard.html", scorecard_page(seen))
            case _:
                raise NotFound("page-unknown", "There is no such page")

    def failed(self, request: AnyRequest, error: Exception) -> Answer:
        """The same style for what went wrong."""
        page = error_page(error, organization_href(_parts(request)[0]))
        headers = {"retry-after": RETRY_SECONDS} if page is UNAVAILABLE else {}
        return html(self.templates.render("error.html", page), page.status, headers)


def page_handlers(app: App) -> list[ControllerRouterHandler]:
    """The pages of the service."""
    return handlers(Entrance.of(app.database, app.settings), PageReader(app))


def handlers(entrance: Entrance, reader: Reader) -> list[ControllerRouterHandler]:
    """Everything a browser may ask for, for the server to take in."""
    assets = Assets()
    templates = Templates(assets)
    answering = Pages(entrance, reader, templates)

    def show(request: AnyRequest) -> Answer:
        return answering.answer(request)

    def fail(request: AnyRequest, error: Exception) -> Answer:
        return answering.failed(request, error)

    # Every address below is ours: one that is no page answers in the same style.
    shown = [HTTPRouteHandler(path, http_method=LOOKING, sync_to_thread=True)(show) for path in ("/", "/{rest:path}")]
    router = Router(PAGES, route_handlers=shown, exception_handlers={Exception: fail})
    return [router, front_handler(templates), _static_handler(assets), documentation_handler(templates)]


def _static_handler(assets: Assets) -> HTTPRouteHandler:
    def file(request: AnyRequest) -> Answer:
        asset = assets.find(request.url.path.removeprefix(f"{ROOT}/"))
        if asset is None:
            raise NotFound("file-unknown", "there is no such file")
        version = request.query_params.get("v")
        return static(asset, request.headers.get("if-none-match"), version == asset.digest[:VERSION_CHARACTERS])

    return HTTPRouteHandler(f"{ROOT}/{{name:path}}", http_method=LOOKING, sync_to_thread=False)(file)


def _parts(request: AnyRequest) -> tuple[str, Sequence[str]]:
    """The code of the organization, and the rest of the path."""
    code, *rest = [part for part in request.url.path.removeprefix(PAGES).split("/") if part] or [""]
    return code, rest


def _ends_as_folder(request: AnyRequest) -> bool:
    """Whether the address ends with a slash, which routing removes; some servers leave the query in the raw path."""
    return request.scope["raw_path"].partition(b"?")[0].endswith(b"/")


def _address(request: AnyRequest, code: str, rest: Sequence[str], without: str = "") -> str:
    """The address as asked; the cookie's path is its beginning, so it leads nowhere else."""
    path = organization_href(code) + "/".join(quote(part, safe="") for part in rest)
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != without]
    return f"{path}?{urlencode(kept)}" if kept else path
