"""What went wrong, as a page in the same style: what happened, what to do, and nothing of the inside."""

import structlog

from domain.errors import DomainError, Invalid, NotFound
from infra.database_errors import Unavailable, classify
from services.web.access import Locked
from services.web.model import ErrorPage

RETRY_SECONDS = "1"

log = structlog.stdlib.get_logger(__name__)

LOCKED = ErrorPage(
    status=404,
    title="This page needs an address of its own",
    sentences=(
        "There is nothing here for this browser: the address is mistyped, or its token was used or is too old.",
        "Whoever runs Steelyard gets a new address by typing:",
    ),
    commands=("steelyard open ORGANIZATION",),
)
UNAVAILABLE = ErrorPage(
    status=503,
    title="Not available at the moment",
    sentences=("The database does not answer in time. Nothing is lost; reload this page in a moment.",),
)
INTERNAL = ErrorPage(
    status=500,
    title="This page could not be made",
    sentences=(
        "Something went wrong that should not. The log of the service says what, under the id of this request.",
    ),
)


def error_page(error: Exception, home: str) -> ErrorPage:
    """The page that says what happened; what nobody foresaw is logged. `home` is where a known reader can go on."""
    if isinstance(error, Locked):
        return LOCKED
    if isinstance(error, DomainError):
        return _refused(error, home)
    if isinstance(classify(error), Unavailable):
        log.warning("unavailable", error=type(error).__name__)
        return UNAVAILABLE
    log.error("page failed", exc_info=error)
    return INTERNAL


def _refused(error: DomainError, home: str) -> ErrorPage:
    if isinstance(error, NotFound):
        return ErrorPage(404, "Nothing here", (_sentence(error.detail),), href=home, link="All scorecards")
    status = 422 if isinstance(error, Invalid) else 409
    return ErrorPage(status, "This cannot be shown", (_sentence(error.detail),), href=home, link="All scorecards")


def _sentence(detail: str) -> str:
    """The detail speaks of fields as JSON pointers; a reader of pages has an address line."""
    text = detail.removeprefix("/")
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"
