"""Anything that the document allows, and much that it does not: no server errors, no answer that is not documented.

`STEELYARD_FUZZ_EXAMPLES=100 python -m pytest tests/services/api/test_fuzz.py` sends some thousands of requests.
"""

import os
from typing import cast

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from litestar import Litestar
from litestar.testing import TestClient
from litestar.types import ASGIApp, Receive, Scope, Send
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.schemas import BaseSchema

from services.api import operations
from services.api.operation import OPERATOR_ONLY, Operation
from services.app import App
from tests.support.app import OPERATOR_KEY, bring_up
from tests.support.http import Caller

EXAMPLES = int(os.environ.get("STEELYARD_FUZZ_EXAMPLES", "10"))
"""For each operation."""

load_all_checks()
# A document cannot say all the rules of the domain: what it allows may still be refused, with a documented problem.
EXCLUDED = [cast(schemathesis.CheckFunction, CHECKS.get_one("positive_data_acceptance"))]


@pytest.fixture(scope="module")
def built(app: App, client: TestClient[Litestar]) -> Caller:
    return Caller.founded(app, client).built()


@pytest.fixture(scope="module")
def described(server: Litestar) -> BaseSchema:
    return schemathesis.openapi.from_asgi("/openapi.json", app=without_lifespan(server))


def without_lifespan(server: Litestar) -> ASGIApp:
    """The service needs no start and no stop, and two event loops of tests would wait for each other over it."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if cast(str, scope["type"]) == "lifespan":
            raise NotImplementedError
        await server(scope, receive, send)

    return serve


@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize("operation", operations.ALL, ids=lambda operation: operation.name)
def test_every_answer_is_documented(
    described: BaseSchema, built: Caller, operation: Operation, mode: GenerationMode
) -> None:
    key = OPERATOR_KEY if operation.permission == OPERATOR_ONLY else built.token
    cases = described[operation.path][operation.method].as_strategy(generation_mode=mode)

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(cases)
    def answers(case: object) -> None:
        assert isinstance(case, schemathesis.Case)
        if operation.tag == "scores":  # there is no worker here, and being behind is a documented 503
            bring_up(built.app, built.organization)
        case.call_and_validate(headers={"Authorization": f"Bearer {key}"}, excluded_checks=EXCLUDED)

    answers()
