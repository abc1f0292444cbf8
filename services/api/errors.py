"""Every exception that can reach the edge, as a problem: one table from what happened to what is said.

Nothing of our own inside gets out: no class names, no SQL, no values that were not the caller's.
"""

from collections.abc import Callable

import structlog
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException

from domain.errors import DomainError, Invalid, NotFound, Refused
from infra.database_errors import Unavailable, classify
from infra.eventstore.errors import KeyInProgress, KeyReused, OrganizationHeld
from projections.projection import CatalogBehind
from services.api.problem_types import BY_SLUG, FALLBACK
from services.api.problems import FieldError, Problem
from services.authentication import KeyExpired, Unauthenticated
from services.batch import BatchRefused
from services.commands import Forbidden, OrganizationExists

RETRY_SECONDS = "1"
CHALLENGE = 'Bearer realm="steelyard"'

log = structlog.stdlib.get_logger(__name__)


def problem_of(error: Exception) -> Problem:
    """The problem that says what happened; what nobody foresaw is logged and becomes `internal`."""
    if isinstance(error, Problem):
        return error
    for kind, told in _TOLD:
        if isinstance(error, kind):
            return told(error)
    if isinstance(classify(error), Unavailable):
        log.warning("unavailable", error=type(error).__name__)
        return Problem("unavailable", "the database does not answer in time", headers={"Retry-After": RETRY_SECONDS})
    log.error("request failed", exc_info=error)
    return Problem("internal", "the request could not be handled; the instance names it")


def _domain(error: Exception) -> Problem:
    assert isinstance(error, DomainError)
    status = {Invalid: 422, Refused: 409, NotFound: 404}[type(error)]
    known = BY_SLUG.get(error.code)
    slug = error.code if known is not None and known.status == status else FALLBACK[status]
    detail = error.detail if error.field in error.detail else f"{error.field}: {error.detail}"
    return Problem(slug, detail, [FieldError(error.field, error.code, detail)])


def _unauthenticated(error: Exception) -> Problem:
    return Problem(
        "unauthenticated", "send a valid key: Authorization: Bearer <key>", headers={"WWW-Authenticate": CHALLENGE}
    )


def _expired(error: Exception) -> Problem:
    challenge = f'{CHALLENGE}, error="invalid_token"'
    return Problem("token-expired", "the key has expired", headers={"WWW-Authenticate": challenge})


def _forbidden(error: Exception) -> Problem:
    assert isinstance(error, Forbidden)
    log.warning("access denied", required=error.required.value)
    return Problem(
        "insufficient-role", f"the key lacks the permission {error.required.value}", required=error.required.value
    )


def _batch(error: Exception) -> Problem:
    assert isinstance(error, BatchRefused)
    errors = [FieldError(f"/rows/{row.row}{row.field}", row.code or "", row.detail or "") for row in error.rows]
    return Problem("batch-refused", f"{len(errors)} rows were refused, so nothing was recorded", errors)


def _http(error: Exception) -> Problem:
    assert isinstance(error, HTTPException)
    if isinstance(error, MethodNotAllowedException):
        return Problem("method-not-allowed", "the path has no such method", headers=error.headers)
    if isinstance(error, NotFoundException):
        return Problem("not-found", "there is nothing at this path")
    if error.status_code == 413:
        return Problem("too-large", "the body is larger than this operation allows")
    if error.status_code < 500:
        return Problem("malformed-request", "the request cannot be read")
    log.error("request failed", exc_info=error)
    return Problem("internal", "the request could not be handled; the instance names it")


_CODE_TAKEN = FieldError("/code", "organization-exists", "/code: the organization code is taken")
_AGAIN = {"Retry-After": RETRY_SECONDS}
_TOLD: tuple[tuple[type[Exception], Callable[[Exception], Problem]], ...] = (
    (DomainError, _domain),
    (Unauthenticated, _unauthenticated),
    (KeyExpired, _expired),
    (Forbidden, _forbidden),
    (BatchRefused, _batch),
    (KeyReused, lambda _: Problem("idempotency-key-reused", "this Idempotency-Key came with another request before")),
    (
        KeyInProgress,
        lambda _: Problem("idempotency-in-progress", "the first request with this key still runs", headers=_AGAIN),
    ),
    (OrganizationExists, lambda _: Problem(_CODE_TAKEN.code, _CODE_TAKEN.detail, [_CODE_TAKEN])),
    (OrganizationHeld, lambda _: Problem("integrity-hold", "the log is closed for writing until it has been checked")),
    (CatalogBehind, lambda _: Problem("catalog-behind", "the catalog is being filled", headers=_AGAIN)),
    (HTTPException, _http),
)
