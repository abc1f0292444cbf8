"""Whether the process lives (/livez) and may be sent requests (/readyz). Cheap, open to all, never limited."""

from anyio import CapacityLimiter, to_thread
from litestar import HttpMethod, Response
from litestar.handlers import HTTPRouteHandler
from msgspec import json

from services.bundle import App
from services.readiness import Probe

LOOKING = [HttpMethod.GET, HttpMethod.HEAD]


def health_handlers(app: App) -> list[HTTPRouteHandler]:
    """Redis away is ready and degraded: nothing is lost, only later."""
    probe = Probe(app)
    own_thread = CapacityLimiter(1)

    def livez() -> Response[bytes]:
        return Response(b'{"status":"alive"}', media_type="application/json")

    async def readyz() -> Response[bytes]:
        found = await to_thread.run_sync(probe.readiness, limiter=own_thread)
        return Response(json.encode(found), media_type="application/json", status_code=200 if found.ready else 503)

    return [
        HTTPRouteHandler("/livez", http_method=LOOKING, sync_to_thread=False)(livez),
        HTTPRouteHandler("/readyz", http_method=LOOKING)(readyz),
    ]
