"""Answers of the pages: HTML that may load styles and images from this host and nothing else, run no script, sit in no
frame; static files that may be kept.
"""

from collections.abc import Mapping

from litestar import Response
from litestar.datastructures import Cookie

from services.web.assets import Asset

POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
GUARDS: Mapping[str, str] = {
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
PRIVATE = {"cache-control": "private, no-store"}
KEPT_SECONDS = 31_536_000
REVALIDATED_SECONDS = 300

Answer = Response[bytes]


def html(content: bytes, status: int = 200, headers: Mapping[str, str] | None = None, policy: str = POLICY) -> Answer:
    """A page that stays with its reader."""
    guards = {**GUARDS, **PRIVATE, "content-security-policy": policy}
    return Response(content, status_code=status, media_type="text/html", headers={**guards, **(headers or {})})


def moved(location: str, cookie: Cookie | None = None) -> Answer:
    """Look there instead, by GET."""
    headers = {**GUARDS, **PRIVATE, "location": location}
    cookies = [] if cookie is None else [cookie]
    return Response(b"", status_code=303, media_type="text/html", headers=headers, cookies=cookies)


def static(asset: Asset, known: str | None, addressed_by_content: bool) -> Answer:
    """A static file; nothing but the confirmation for a browser that has it."""
    tag = f'"{asset.digest}"'
    kept = f"{KEPT_SECONDS}, immutable" if addressed_by_content else str(REVALIDATED_SECONDS)
    headers = {**GUARDS, "cache-control": f"public, max-age={kept}", "etag": tag}
    if known is not None and tag in known:
        return Response(b"", status_code=304, media_type=asset.media_type, headers=headers)
    return Response(asset.content, media_type=asset.media_type, headers=headers)
