"""The catalogue of problems as text: one section per type, as docs/problems.md has them."""

import sys

from services.api.problem_types import PROBLEM_TYPES, ProblemType

HEAD = """# Problems

Every error is `application/problem+json` (RFC 9457): `type`, `title`, `status`, `detail`, `instance` (the id of the
request) and `errors`, a list of `{pointer, code, detail}` that names each field and the rule it breaks. One type per
cause; each type is served under its address, `/problems/<type>`. Printed from the program: do not edit.
"""


def page_of(problem: ProblemType) -> str:
    """The section of one type."""
    return f"## {problem.slug}\n\n**{problem.status}** {problem.title}.\n\n{problem.meaning}\n"


def all_pages() -> str:
    """The whole of docs/problems.md."""
    return "\n".join([HEAD, *(page_of(problem) for problem in PROBLEM_TYPES)])


if __name__ == "__main__":
    sys.stdout.write(all_pages())
