"""Every door: who may pass, that it declares so, and that it never shows or touches another organization."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import pytest
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient

from infra import clock
from services.api import operations
from services.api.server import PermissionMissing, refuse_unguarded
from services.app import App
from tenants.access import Actor, Permission, Role, may
from tests.support.app import bring_up
from tests.support.doors import Door, doors
from tests.support.http import REVENUE, Caller, Json, listed

DOORS = [door for door in doors() if door.permission != "operator"]
CANARY = "canary-7c1f"
OURS = {"kpi": "revenue", "scorecard": "company", "position": "7", "key_id": str(UUID(int=1))}


@pytest.fixture(scope="module")
def ours(app: App, client: TestClient[Litestar]) -> Caller:
    return Caller.founded(app, client).built()


@pytest.fixture(scope="module")
def keys(ours: Caller) -> dict[Role, Caller]:
    return {role: ours.with_role(role) for role in Role}


@pytest.fixture(scope="module")
def theirs(app: App, client: TestClient[Litestar]) -> Iterator[Caller]:
    """A neighbour with the same codes and other contents, whose log must stay as it is."""
    made = Caller.founded(app, client).built()
    made.done("PATCH", "/v1/organization", {"name": CANARY})
    made.done("POST", "/v1/kpis", {**REVENUE, "kpi": f"{CANARY}-kpi", "name": CANARY})
    made.done("POST", "/v1/scorecards", {"scorecard": f"{CANARY}-card", "name": CANARY})
    made.done("POST", "/v1/measurements", {"kpi": "revenue", "period": "2026-02", "value": "77.125", "note": CANARY})
    bring_up(app, made.organization)
    before = made.get("/v1/log/root")
    yield made
    assert made.get("/v1/log/root") == before


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.name)
@pytest.mark.parametrize("role", Role)
def test_each_role_passes_the_doors_of_the_matrix_and_no_others(
    keys: dict[Role, Caller], door: Door, role: Role
) -> None:
    allowed = may(Actor(keys[role].organization, "x", role), Permission(door.permission))
    answer = door.knock(keys[role], OURS, body={} if door.body is not None else None)
    if allowed:
        assert answer.status_code != 403
    else:
        assert (answer.status_code, answer.json()["required"]) == (403, door.permission)


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.name)
def test_no_door_shows_or_touches_the_neighbours_things(keys: dict[Role, Caller], theirs: Caller, door: Door) -> None:
    secrets = [CANARY, "77.125", str(theirs.organization), *principals(theirs)]
    for caller in keys.values():
        answer = door.knock(caller, OURS)
        assert answer.status_code < 500, answer.text
        shown = answer.text + json.dumps(dict(answer.headers))
        assert [secret for secret in secrets if secret in shown] == []


@pytest.mark.parametrize("door", [door for door in DOORS if door.names_things], ids=lambda door: door.name)
@pytest.mark.parametrize("role", Role)
def test_what_is_the_neighbours_is_as_unknown_as_what_never_was(
    keys: dict[Role, Caller], theirs: Caller, door: Door, role: Role
) -> None:
    known = {"kpi": f"{CANARY}-kpi", "scorecard": f"{CANARY}-card", "position": "998", "key_id": key_id(theirs)}
    never = {"kpi": "never-7c1f-kpi", "scorecard": "never-7c1f-card", "position": "999", "key_id": str(clock.new_id())}
    for name in known:
        if name in door.path or name in door.parameters:
            one, other = (
                normal(door.knock(keys[role], {**OURS, name: names[name]}), names[name]) for names in (known, never)
            )
            assert one == other
            assert one[0] in (403, 404)


def test_a_body_that_names_the_neighbours_things_is_refused_as_one_that_names_nothing(
    caller: Caller, theirs: Caller
) -> None:
    ours = caller.built()
    for kpi in (f"{CANARY}-kpi", "never-7c1f-kpi"):
        place = {"changes": [{"change": "place-kpi", "node": "growth", "kpi": kpi}]}
        answer = ours.send("POST", "/v1/scorecards/company/changes", place)
        assert normal(answer, kpi)[0] == 404
        value = {"kpi": kpi, "period": "2026-01", "value": "1"}
        assert ours.send("POST", "/v1/measurements", value).json()["errors"][0]["code"] == "kpi-unknown"


def test_a_neighbours_external_ids_and_keys_of_requests_are_free(caller: Caller, theirs: Caller) -> None:
    ours = caller.built()
    value = {"kpi": "revenue", "period": "2026-05", "value": "1", "external_id": "one"}
    first = ours.send("POST", "/v1/measurements", value, key="the-same-key")
    assert first.status_code == 201
    refused = theirs.send("POST", "/v1/measurements", {**value, "kpi": "nothing"}, key="the-same-key")
    assert refused.status_code == 404, "neither a conflict nor the neighbour's answer"


def test_an_operation_without_a_permission_does_not_start() -> None:
    unguarded = replace(operations.ALL[1], permission="")  # type: ignore[arg-type]  # what must not happen
    with pytest.raises(PermissionMissing):
        refuse_unguarded([*operations.ALL, unguarded])


def principals(caller: Caller) -> list[str]:
    return [str(key[name]) for key in listed(caller.get("/v1/keys"), "keys") for name in ("principal", "key_id")]


def key_id(caller: Caller) -> str:
    return str(listed(caller.get("/v1/keys"), "keys")[0]["key_id"])


def normal(answer: Response, name: str) -> tuple[int, list[str], Json]:
    """Status, names of headers and body, without the id of the request and what the caller had named."""
    text = re.sub(r"urn:steelyard:request:[\w-]+", "", answer.text)
    text = text if name.isdecimal() else text.replace(name, "NAME")
    headers = sorted(header for header in answer.headers if header != "content-length")
    return answer.status_code, headers, json.loads(text)
