"""What HTTP promises on every path: who may, which methods, which headers, and errors that are problems throughout."""

from datetime import timedelta
from uuid import UUID

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from infra import clock
from infra.eventstore import merkle
from services.app import App
from services.commands import CommandKey
from services.keys import WantedKey, issue_key
from tenants.access import Role
from tests.support.app import OPERATOR_KEY, owner
from tests.support.http import REVENUE, Caller, answered, listed, part, refused

VALUE = {"kpi": "revenue", "period": "2026-02", "value": "70"}


@pytest.mark.parametrize("header", [None, "Bearer x", "Basic x", "Bearer steelyard_key_" + "A" * 49])
def test_without_a_valid_key_the_answer_is_always_the_same(client: TestClient[Litestar], header: str | None) -> None:
    headers = {"X-Request-Id": "the-same-request"} | ({} if header is None else {"Authorization": header})
    answer = client.get("/v1/organization", headers=headers)
    assert refused(answer, 401, "unauthenticated")["detail"] == "send a valid key: Authorization: Bearer <key>"
    assert answer.headers["www-authenticate"] == 'Bearer realm="steelyard"'


def test_an_expired_key_is_told_so(caller: Caller, app: App) -> None:
    soon = clock.now() + timedelta(seconds=0.2)
    wanted = WantedKey("short", Role.VIEWER, expires_at=soon)
    token = issue_key(app, owner(caller.organization), wanted, CommandKey.made()).token
    while clock.now() < soon:
        pass
    answer = caller.client.get("/v1/organization", headers={"Authorization": f"Bearer {token}"})
    refused(answer, 401, "token-expired")


def test_the_operator_founds_and_does_nothing_else(client: TestClient[Litestar], caller: Caller) -> None:
    operator = {"Authorization": f"Bearer {OPERATOR_KEY}"}
    body = {"code": f"org-{caller.organization}", "name": "Acme"}
    made = answered(client.post("/v1/organizations", json=body, headers=operator), 201)
    assert str(made["token"]).startswith("steelyard_key_")
    taken = refused(client.post("/v1/organizations", json=body, headers=operator), 409, "organization-exists")
    assert [error["pointer"] for error in listed(taken, "errors")] == ["/code"]
    refused(client.get("/v1/organization", headers=operator), 403, "insufficient-role")
    problem = refused(caller.send("POST", "/v1/organizations", body), 403, "insufficient-role")
    assert problem["required"] == "operator"


def test_a_missing_permission_is_named(caller: Caller) -> None:
    problem = refused(caller.with_role(Role.VIEWER).send("POST", "/v1/kpis", REVENUE), 403, "insufficient-role")
    assert problem["required"] == "define-kpi"


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/nothing", "/v1/kpis/", "/v2/kpis", "/o/acme"])
def test_nothing_is_found_where_nothing_is(caller: Caller, path: str) -> None:
    refused(caller.send("GET", path), 404, "not-found")


@pytest.mark.parametrize(("method", "path"), [("DELETE", "/v1/kpis"), ("POST", "/v1/log"), ("TRACE", "/v1/kpis")])
def test_other_methods_are_refused_with_those_allowed(caller: Caller, method: str, path: str) -> None:
    answer = caller.send(method, path)
    refused(answer, 405, "method-not-allowed")
    assert "GET" in answer.headers["allow"]


def test_only_json_is_served_and_taken(caller: Caller) -> None:
    refused(caller.send("GET", "/v1/kpis", headers={"Accept": "text/html"}), 406, "not-acceptable")
    for media_type in ("text/plain", "application/xml", "application/json; charset=latin-1"):
        answer = caller.send("POST", "/v1/kpis", content=b"{}", headers={"Content-Type": media_type})
        refused(answer, 415, "unsupported-media")
    packed = {"Content-Encoding": "gzip"}
    refused(caller.send("POST", "/v1/kpis", content=b"{}", headers=packed), 415, "unsupported-media")


def test_a_head_is_a_get_without_its_body(caller: Caller) -> None:
    got, headed = (caller.send(method, "/v1/organization") for method in ("GET", "HEAD"))
    assert (headed.status_code, headed.content) == (200, b"")
    assert headed.headers["steelyard-position"] == got.headers["steelyard-position"]


@pytest.mark.parametrize("path", ["/v1/organization", "/v1/nothing", "/livez", "/openapi.json"])
def test_every_answer_carries_its_request_id_and_the_headers_of_safety(caller: Caller, path: str) -> None:
    headers = caller.send("GET", path, headers={"X-Request-Id": "request-0001"}).headers
    assert headers["x-request-id"] == "request-0001"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    if path.startswith("/v1"):
        assert headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize("sent", ["short", "with spaces in it", "x" * 65, "<script>alert(1)</script>"])
def test_an_unfit_request_id_is_replaced(caller: Caller, sent: str) -> None:
    made = caller.send("GET", "/v1/kpis", headers={"X-Request-Id": sent}).headers["x-request-id"]
    assert UUID(made).version == 7


def test_the_request_id_stands_in_the_log(caller: Caller) -> None:
    caller.send("POST", "/v1/kpis", REVENUE, headers={"X-Request-Id": "request-0001"})
    events = listed(caller.get("/v1/log?after=2"), "events")
    assert [part(each, "metadata")["request_id"] for each in events] == ["request-0001"] * 2


class TestIdempotency:
    """The header Idempotency-Key."""

    def test_a_repetition_gets_the_same_bytes_and_says_so(self, caller: Caller) -> None:
        caller.built()
        first, second = (caller.send("POST", "/v1/measurements", VALUE, key="one") for _ in range(2))
        assert (first.status_code, first.content) == (second.status_code, second.content)
        assert first.status_code == 201
        assert "idempotency-replayed" not in first.headers
        assert second.headers["idempotency-replayed"] == "true"
        assert second.headers["steelyard-position"] == first.headers["steelyard-position"]

    def test_a_location_is_repeated_as_well(self, caller: Caller) -> None:
        answers = [caller.send("POST", "/v1/kpis", REVENUE, key="one") for _ in range(2)]
        assert [each.headers["location"] for each in answers] == ["/v1/kpis/revenue"] * 2

    def test_a_quoted_key_is_the_same_as_a_bare_one(self, caller: Caller) -> None:
        caller.built().send("POST", "/v1/measurements", VALUE, key='"one"')
        assert caller.send("POST", "/v1/measurements", VALUE, key="one").headers["idempotency-replayed"] == "true"

    def test_the_order_of_fields_and_spaces_make_no_other_request(self, caller: Caller) -> None:
        caller.built().send("POST", "/v1/measurements", VALUE, key="one")
        content = b'{ "value": "70", "period": "2026-02", "kpi": "revenue" }'
        answer = caller.send("POST", "/v1/measurements", content=content, key="one")
        assert answer.headers["idempotency-replayed"] == "true"

    def test_another_request_under_the_key_is_refused(self, caller: Caller) -> None:
        caller.built().send("POST", "/v1/measurements", VALUE, key="one")
        other = {**VALUE, "period": "2026-03"}
        refused(caller.send("POST", "/v1/measurements", other, key="one"), 422, "idempotency-key-reused")
        path = "/v1/measurements/batch"
        refused(caller.send("POST", path, {"rows": [VALUE]}, key="one"), 422, "idempotency-key-reused")

    @pytest.mark.parametrize("key", ["", '""', "x" * 256, "ü".encode().decode("latin-1"), "a\tb"])
    def test_an_unfit_key_is_refused(self, caller: Caller, key: str) -> None:
        answer = caller.client.post(
            "/v1/measurements",
            json=VALUE,
            headers=[
                (b"Authorization", f"Bearer {caller.token}".encode()),
                (b"Idempotency-Key", key.encode("latin-1")),
            ],
        )
        refused(answer, 400, "idempotency-key-invalid")

    def test_measurements_need_one(self, caller: Caller) -> None:
        refused(caller.send("POST", "/v1/measurements", VALUE, key=None), 400, "idempotency-key-missing")

    def test_other_writes_do_not(self, caller: Caller) -> None:
        answered(caller.send("POST", "/v1/kpis", REVENUE, key=None), 201)


def test_the_same_value_again_is_a_duplicate(caller: Caller) -> None:
    caller.built()
    answer = caller.send("POST", "/v1/measurements", {**VALUE, "period": "2026-01", "value": "60.0"})
    assert answered(answer, 200)["outcome"] == "duplicate"


@pytest.mark.parametrize("text", ["-1", "1.0", "x", "9" * 19])
def test_an_unfit_position_is_refused(caller: Caller, text: str) -> None:
    refused(caller.send("GET", "/v1/kpis", headers={"Steelyard-Min-Position": text}), 400, "header-invalid")


def test_a_position_ahead_of_the_log_is_refused(caller: Caller) -> None:
    for path in ("/v1/kpis", "/v1/scorecards/company/scores?period=2026-01"):
        answer = caller.send("GET", path, headers={"Steelyard-Min-Position": "99"})
        assert "ends at 2" in str(refused(answer, 400, "header-invalid")["detail"])


def test_the_log_shows_who_did_what_and_names_sealed_texts(caller: Caller) -> None:
    caller.built()
    reason = {"kpi": "revenue", "period": "2026-01", "replaces": 9, "value": "61", "reason": "typed wrongly"}
    caller.done("POST", "/v1/measurements/corrections", reason)
    event = listed(caller.get("/v1/log?after=9"), "events")[0]
    assert (event["name"], event["sealed"], part(event, "body")["reason"]) == (
        "measurement-corrected",
        ["/reason"],
        "typed wrongly",
    )
    assert part(event, "metadata")["role"] == "owner"


def test_a_proof_leads_from_the_event_to_the_root(caller: Caller) -> None:
    caller.built()
    root = caller.get("/v1/log/root")
    for position in range(1, int(str(root["size"])) + 1):
        proof = caller.get(f"/v1/log/proofs/{position}")
        path = [bytes.fromhex(each) for each in proof["path"]]  # type: ignore[attr-defined]  # JSON
        leaf, expected = bytes.fromhex(str(proof["leaf"])), bytes.fromhex(str(root["root"]))
        assert merkle.verify_inclusion(leaf, position - 1, int(str(root["size"])), path, expected)
    refused(caller.send("GET", "/v1/log/proofs/99"), 404, "not-found")


def test_health_is_told_without_a_key(client: TestClient[Litestar]) -> None:
    assert client.get("/livez").json() == {"status": "alive"}
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["ready"]) == (200, True)


def test_an_answer_warns_of_a_value_for_a_period_that_has_not_begun_or_before_the_kpi(caller: Caller) -> None:
    caller.built()
    ahead = {"kpi": "revenue", "period": "2190-01", "value": "1"}
    told = caller.done("POST", "/v1/measurements", ahead)
    assert [warning["code"] for warning in listed(told, "warnings")] == ["period-ahead"]
    assert "warnings" not in caller.done("POST", "/v1/measurements", {**ahead, "period": "2026-02"})
    rows = [{**ahead, "period": "2190-02"}, {**ahead, "period": "2026-03"}, {**ahead, "period": "1990-01"}]
    batch = listed(caller.done("POST", "/v1/measurements/batch", {"rows": rows}), "rows")
    assert [[warning["code"] for warning in listed(row, "warnings")] if "warnings" in row else [] for row in batch] == [
        ["period-ahead"],
        [],
        ["before-definition"],
    ]
