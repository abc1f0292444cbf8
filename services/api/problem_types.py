"""The catalogue of problems: what each type means and what the caller can do; docs/problems.md is printed from it."""

from dataclasses import dataclass

from services.api.rule_types import CONFLICTS, INVALID, UNKNOWN


@dataclass(frozen=True, slots=True)
class ProblemType:
    """One type of problem; its page is served at /problems/<slug>."""

    slug: str
    status: int
    title: str
    meaning: str


_PROTOCOL = (
    ProblemType(
        "malformed-json",
        400,
        "The body is not JSON",
        "The body must be one JSON value in UTF-8, without duplicate keys, without NaN or Infinity, at most 20 levels "
        "deep. The detail names what was found.",
    ),
    ProblemType(
        "malformed-request",
        400,
        "The request cannot be read",
        "The request line or a header is not what HTTP asks for.",
    ),
    ProblemType(
        "query-invalid",
        400,
        "A query parameter is invalid",
        "A parameter is unknown, missing or malformed; `errors` names each. Credentials are never accepted in the "
        "address.",
    ),
    ProblemType(
        "header-invalid",
        400,
        "A header is invalid",
        "Steelyard-Min-Position must be a whole number of at least 0, and not beyond the end of the log.",
    ),
    ProblemType(
        "idempotency-key-invalid",
        400,
        "The Idempotency-Key is invalid",
        "Idempotency-Key must be 1 to 255 printable ASCII characters, bare or as a quoted string, and be sent once.",
    ),
    ProblemType(
        "idempotency-key-missing",
        400,
        "An Idempotency-Key is needed",
        "Measurements must carry an Idempotency-Key, so that a repeated request never counts twice. Send a fresh "
        "random value with each new request and the same one with each repetition.",
    ),
    ProblemType(
        "unauthenticated",
        401,
        "A valid key is needed",
        "Send `Authorization: Bearer <key>` with a key that is known, complete and not revoked. The answer never says "
        "which part failed.",
    ),
    ProblemType(
        "token-expired",
        401,
        "The key has expired",
        "The key was valid and is over. Ask an owner or admin of the organization for a new one.",
    ),
    ProblemType(
        "insufficient-role",
        403,
        "The key may not do this",
        "`required` names the permission the operation needs. A key has the permissions of its role, narrowed by its "
        "scopes and, for measurements, by its list of KPIs.",
    ),
    ProblemType(
        "not-found",
        404,
        "There is no such thing",
        "Nothing of that name exists in the organization of the key, or the path is unknown. What belongs to another "
        "organization does not exist.",
    ),
    ProblemType(
        "method-not-allowed",
        405,
        "The path has no such method",
        "The `Allow` header lists the methods of this path.",
    ),
    ProblemType(
        "not-acceptable",
        406,
        "Only JSON is served here",
        "The `Accept` header rules out application/json.",
    ),
    ProblemType(
        "too-slow",
        408,
        "The body took too long",
        "A body must be there within STEELYARD_BODY_SECONDS_MAX. Nothing of it was done: send it again over a better "
        "connection, or in smaller parts.",
    ),
    ProblemType(
        "idempotency-in-progress",
        409,
        "The first request with this key is still running",
        "Repeat the request after `Retry-After` seconds; it will get the first one's answer.",
    ),
    ProblemType(
        "organization-exists",
        409,
        "The organization code is taken",
        "Codes of organizations are unique on this service. Choose another.",
    ),
    ProblemType(
        "too-large",
        413,
        "The body is too large",
        "The limits are STEELYARD_BODY_BYTES_MAX, and STEELYARD_BULK_BODY_BYTES_MAX for batches; and 100,000 values in "
        "one body.",
    ),
    ProblemType(
        "unsupported-media",
        415,
        "The body must be JSON",
        "Send `Content-Type: application/json`, without a charset other than UTF-8 and without a content encoding.",
    ),
    ProblemType(
        "invalid-body",
        422,
        "The body breaks several rules",
        "`errors` names up to 50 fields, each with the rule it breaks. Where all break the same rule, the type is that "
        "rule's.",
    ),
    ProblemType("unknown-field", 422, "A field is unknown", "Remove the field, or correct its spelling."),
    ProblemType("missing-field", 422, "A field is missing", "The field is required."),
    ProblemType(
        "wrong-type",
        422,
        "A field has the wrong type",
        "Types are not converted: a text is no number, true is no 1. Exact numbers may be decimal strings such as "
        '"12.50", or JSON numbers of at most 15 digits.',
    ),
    ProblemType("value-invalid", 422, "A field has a value that is not allowed", "The detail says what is allowed."),
    ProblemType("size-invalid", 422, "A text or list is too short or too long", "The detail says how long it may be."),
    ProblemType(
        "number-too-long",
        422,
        "A JSON number has too many digits",
        "JSON numbers may have at most 15 significant digits, since many programs cut longer ones. Send a decimal "
        "string.",
    ),
    ProblemType(
        "idempotency-key-reused",
        422,
        "The Idempotency-Key belongs to another request",
        "The same key came with another method, path or body within 7 days. Send a fresh key.",
    ),
    ProblemType(
        "batch-refused",
        422,
        "A row of an atomic batch was refused",
        "With `atomic: true` nothing is recorded unless every row is; `errors` names the rows.",
    ),
    ProblemType(
        "internal",
        500,
        "Something went wrong on our side",
        "The request did not take effect unless a repetition with the same Idempotency-Key says so. Report `instance`.",
    ),
    ProblemType(
        "unavailable",
        503,
        "Not available for the moment",
        "The database cannot be reached or did not answer in time. Repeat with the same Idempotency-Key after "
        "`Retry-After` seconds: you will get the true outcome.",
    ),
    ProblemType(
        "integrity-hold",
        503,
        "The log is closed for writing",
        "The log of this organization was found altered; reads go on, nothing is written until the operator of the "
        "service has looked at it.",
    ),
    ProblemType(
        "projection-behind",
        503,
        "The position asked for is not shown yet",
        "The read waited 2 seconds for Steelyard-Min-Position. Repeat after `Retry-After` seconds.",
    ),
    ProblemType(
        "catalog-behind",
        503,
        "The catalog is being filled",
        "After an upgrade the catalog of this organization is being rebuilt; reads go on, writes wait. Repeat after "
        "`Retry-After` seconds.",
    ),
)

_RULES = tuple(
    ProblemType(slug, status, title, meaning)
    for status, rules in ((422, INVALID), (409, CONFLICTS), (404, UNKNOWN))
    for slug, title, meaning in rules
)

PROBLEM_TYPES = tuple(sorted((*_PROTOCOL, *_RULES), key=lambda each: (each.status, each.slug)))
BY_SLUG = {each.slug: each for each in PROBLEM_TYPES}
FALLBACK = {404: "not-found", 409: "refused", 422: "value-invalid"}
"""For a rule that is not in the catalogue; a test keeps it complete."""
