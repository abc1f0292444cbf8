"""What an error looks like on the wire: application/problem+json (RFC 9457), one type per cause.

A handler raises Problem; services.api.errors makes one of every exception; the catalogue says status and title.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from msgspec import Struct, json

from services.api.problem_types import BY_SLUG, ProblemType

MEDIA_TYPE = "application/problem+json"
ERRORS_MAX = 50


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with the input: where (a JSON pointer), which rule, in a sentence."""

    pointer: str
    code: str
    detail: str


class Problem(Exception):
    """An answer that is an error; `slug` names its type in the catalogue."""

    def __init__(
        self,
        slug: str,
        detail: str,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        required: str | None = None,
    ) -> None:
        super().__init__(slug, detail)
        self.type: ProblemType = BY_SLUG[slug]
        self.detail = detail
        self.errors = tuple(errors)[:ERRORS_MAX]
        self.headers = dict(headers or {})
        self.required = required


@dataclass(frozen=True, slots=True)
class ProblemAnswer:
    """A rendered problem."""

    status: int
    content: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class ErrorView(Struct, frozen=True):
    """One thing wrong with the input: where (a JSON pointer), which rule, in a sentence."""

    pointer: str
    code: str
    detail: str


class ProblemView(Struct, frozen=True, omit_defaults=True):
    """`type` leads to the page that explains the problem; `instance` carries the id of the request."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[ErrorView]
    required: str | None = None
    """The permission that was missing, with `insufficient-role`."""


def rendered(problem: Problem, public_url: str, request_id: str) -> ProblemAnswer:
    """The answer for a problem, with the id of the request in `instance`."""
    view = ProblemView(
        type=type_url(public_url, problem.type.slug),
        title=problem.type.title,
        status=problem.type.status,
        detail=problem.detail,
        instance=f"urn:steelyard:request:{request_id}",
        errors=[ErrorView(error.pointer, error.code, error.detail) for error in problem.errors],
        required=problem.required,
    )
    return ProblemAnswer(problem.type.status, json.encode(view), problem.headers)


def type_url(public_url: str, slug: str) -> str:
    """The address of the page that explains a type of problem."""
    return f"{public_url.rstrip('/')}/problems/{slug}"
