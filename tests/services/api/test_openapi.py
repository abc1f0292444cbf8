"""The OpenAPI document: every operation is described, guarded, exemplified, and its problems are documented."""

from typing import cast

import msgspec
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from services.api import operations
from services.api.openapi import document, operations_in, problems_of
from services.api.operation import OPERATOR_ONLY, Operation
from services.api.problems import MEDIA_TYPE
from services.api.reading import checked_body, read_body
from tenants.access import Permission
from tests.support.http import Json, part

EACH = pytest.mark.parametrize("operation", operations.ALL, ids=lambda operation: operation.name)
DOCUMENT = document(operations.ALL, "http://localhost")
FOUND = {str(found["operationId"]): found for _, _, found in operations_in(DOCUMENT)}


def test_the_document_is_served_as_openapi_3_1(client: TestClient[Litestar]) -> None:
    served = cast(Json, client.get("/openapi.json").json())
    assert served["openapi"] == "3.1.0"
    assert part(served, "paths").keys() == part(DOCUMENT, "paths").keys()


def test_names_are_unique() -> None:
    assert len(FOUND) == len(operations.ALL)


@EACH
def test_each_operation_is_described_and_guarded(operation: Operation) -> None:
    found = FOUND[operation.name]
    assert found["summary"]
    assert len(str(found["description"])) > 20
    assert found["x-permission"] in {*Permission, OPERATOR_ONLY}


@EACH
def test_each_example_is_a_body_that_works(operation: Operation) -> None:
    if operation.body is None:
        assert operation.example is None
        return
    assert operation.example is not None
    checked_body(operation.body, read_body(msgspec.json.encode(operation.example)))


@EACH
def test_each_problem_is_documented_as_one(operation: Operation) -> None:
    responses = part(FOUND[operation.name], "responses")
    for status in problems_of(operation):
        reference = str(part(responses, str(status))["$ref"]).removeprefix("#/")
        assert MEDIA_TYPE in part(DOCUMENT, *reference.split("/"), "content")
    for status in operation.statuses:
        assert "application/json" in part(responses, str(status), "content")


def test_every_reference_leads_somewhere() -> None:
    for reference in references(DOCUMENT):
        assert part(DOCUMENT, *reference.removeprefix("#/").split("/"))


def references(value: object) -> list[str]:
    if isinstance(value, dict):
        own = [str(value["$ref"])] if "$ref" in value else []
        return own + [found for each in value.values() for found in references(each)]
    if isinstance(value, list):
        return [found for each in value for found in references(each)]
    return []
