"""Problems: the catalogue holds every code of every rule, and the printed pages are the served ones."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from services.api.problem_pages import all_pages, page_of
from services.api.problem_types import BY_SLUG, PROBLEM_TYPES
from tests.support.http import Caller, refused

ROOT = Path(__file__).resolve().parents[3]
STATUS = {"Invalid": 422, "Refused": 409, "NotFound": 404}
OF_FILES = {"sheet.py", "rows.py", "lines.py"}
"""What is wrong with an imported file is said by the import, not by the API."""


def raised_codes() -> Iterator[tuple[str, int]]:
    for package in ("domain", "tenants", "projections"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if path.name in OF_FILES:
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in STATUS:
                    first = node.args[0]
                    if isinstance(first, ast.Constant):
                        yield str(first.value), STATUS[node.func.id]


def test_every_code_of_the_rules_is_a_type_of_problem() -> None:
    codes = set(raised_codes())
    assert len(codes) > 80
    assert {code for code, _ in codes} - BY_SLUG.keys() == set()
    assert [(code, status) for code, status in codes if BY_SLUG[code].status != status] == []


def test_every_type_has_one_slug_of_its_own() -> None:
    assert len(BY_SLUG) == len(PROBLEM_TYPES)


def test_the_printed_pages_are_those_of_the_program() -> None:
    assert (ROOT / "docs" / "problems.md").read_text() == all_pages()


@pytest.mark.parametrize("slug", ["not-found", "link-cycle", "too-many-links"])
def test_the_type_of_a_problem_leads_to_its_page(client: TestClient[Litestar], slug: str) -> None:
    answer = client.get(f"/problems/{slug}")
    assert answer.text == page_of(BY_SLUG[slug])
    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"


def test_a_problem_names_type_title_status_detail_and_the_request(caller: Caller) -> None:
    answer = caller.send("GET", "/v1/kpis/nothing", headers={"X-Request-Id": "request-0001"})
    problem = refused(answer, 404, "not-found")
    assert problem["type"] == "http://127.0.0.1:8420/problems/not-found"
    assert problem["instance"] == "urn:steelyard:request:request-0001"
    assert (problem["title"], problem["status"], problem["errors"]) == ("There is no such thing", 404, [])
    assert answer.headers["x-request-id"] == "request-0001"
