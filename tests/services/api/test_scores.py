"""Scores through the API: what was written is read, at the position asked for."""

import time
from dataclasses import replace
from datetime import datetime

import pytest

from infra import clock
from services.authentication import REMEMBERED_SECONDS
from tenants.access import Role
from tests.support.app import bring_up
from tests.support.http import REVENUE, Caller, Json, listed, part, refused

SCORES = "/v1/scorecards/company/scores"


@pytest.fixture
def built(caller: Caller) -> Caller:
    caller.built()
    bring_up(caller.app, caller.organization)
    return caller


def root(answer: Json) -> Json:
    return part(answer, "tree", "root", "result")


def test_the_score_of_a_period_is_read(built: Caller) -> None:
    answer = built.get(f"{SCORES}?period=2026-01")
    assert (root(answer)["score"], root(answer)["band"], root(answer)["state"]) == ("60", "amber", "complete")
    assert answer["as_of_position"] == built.get("/v1/log/root")["size"]


def test_a_write_is_read_at_its_position_or_the_read_says_it_is_behind(built: Caller) -> None:
    value = {"kpi": "revenue", "period": "2026-02", "value": "80"}
    position = built.send("POST", "/v1/measurements", value).headers["steelyard-position"]
    asked = {"Steelyard-Min-Position": position}
    behind = built.send("GET", f"{SCORES}?period=2026-02", headers=asked)
    refused(behind, 503, "projection-behind")
    assert behind.headers["retry-after"] == "1"
    bring_up(built.app, built.organization)
    answer = built.send("GET", f"{SCORES}?period=2026-02", headers=asked)
    assert answer.headers["steelyard-position"] == position
    assert root(answer.json())["score"] == "80"


@pytest.mark.parametrize("version", ["1", "draft", "in_force"])
def test_a_period_is_read_under_any_version(built: Caller, version: str) -> None:
    assert root(built.get(f"{SCORES}?period=2026-01&version={version}"))["score"] == "60"


def test_a_version_that_is_not_there_is_not_found(built: Caller) -> None:
    refused(built.send("GET", f"{SCORES}?period=2026-01&version=7"), 404, "version-unknown")


def test_history_and_balance_are_read_by_kind_of_period(built: Caller) -> None:
    months = built.get("/v1/scorecards/company/history?kind=month&from=2026-01&to=2026-03")
    assert [point["period"] for point in listed(months, "points")] == ["2026-01", "2026-02", "2026-03"]
    assert [point["period"] for point in listed(built.get("/v1/scorecards/company/history?kind=quarter"), "points")]
    assert built.get("/v1/scorecards/company/balance?period=2026-01")["balance"] is not None
    assert listed(built.get("/v1/scorecards/company/balance/history"), "balances")


@pytest.mark.parametrize("query", ["kind=month&from=2026-Q1", "kind=decade", "to=2026"])
def test_the_ends_of_a_history_are_of_its_kind(built: Caller, query: str) -> None:
    refused(built.send("GET", f"/v1/scorecards/company/history?{query}"), 400, "query-invalid")


def test_a_history_of_too_many_periods_is_refused(built: Caller) -> None:
    answer = built.send("GET", "/v1/scorecards/company/history?kind=day&from=1950-01-01&to=2026-01-01")
    refused(answer, 422, "range-too-long")


def test_a_score_is_explained_down_to_its_events(built: Caller) -> None:
    whole = built.get("/v1/scorecards/company/explanation?period=2026-01")
    assert [each["points_shown"] for each in listed(whole, "contributions")]
    kpi = built.get("/v1/scorecards/company/explanation?period=2026-01&kpi=revenue")
    recorded = listed(built.get("/v1/measurements?kpi=revenue"), "measurements")[0]["position"]
    assert recorded in kpi["positions"]  # type: ignore[operator]  # JSON
    nothing = built.send("GET", "/v1/scorecards/company/explanation?period=2026-01&node=nothing")
    refused(nothing, 404, "node-unknown")


# --- an answer that was kept is given to nobody it is not for --------------------------------------------------------


def raw(caller: Caller, period: str = "2026-01", version: str = "in_force") -> object:
    return root(caller.get(f"{SCORES}?period={period}&version={version}"))["raw_score"]


def test_two_organizations_with_equal_codes_read_their_own_scores(built: Caller) -> None:
    other = Caller.founded(built.app, built.client).built()
    other.done("POST", "/v1/measurements", {"kpi": "revenue", "period": "2026-02", "value": "10"})
    built.done("POST", "/v1/measurements", {"kpi": "revenue", "period": "2026-02", "value": "90"})
    for each in (built, other):
        bring_up(each.app, each.organization)
    for _ in range(2):
        assert (raw(built, "2026-02"), raw(other, "2026-02")) == ("90", "10")


def test_a_read_after_a_write_shows_it_or_the_position_before(built: Caller) -> None:
    before = built.get(f"{SCORES}?period=2026-02")
    built.done("POST", "/v1/measurements", {"kpi": "revenue", "period": "2026-02", "value": "33"})
    assert built.get(f"{SCORES}?period=2026-02")["as_of_position"] == before["as_of_position"]
    bring_up(built.app, built.organization)
    assert raw(built, "2026-02") == "33"


def test_a_version_or_the_draft_is_not_answered_with_another(built: Caller) -> None:
    built.done("POST", "/v1/kpis", {**REVENUE, "kpi": "second"})
    place = {"change": "place-kpi", "node": "growth", "kpi": "second"}
    built.done("POST", "/v1/scorecards/company/changes", {"changes": [place]})
    built.done("POST", "/v1/measurements", {"kpi": "second", "period": "2026-01", "value": "20"})
    bring_up(built.app, built.organization)
    for _ in range(2):
        assert [raw(built, version=version) for version in ("in_force", "1", "draft")] == ["60", "60", "40"]


def test_every_answer_says_when_it_was_evaluated(built: Caller) -> None:
    began = clock.now()
    times = [datetime.fromisoformat(str(built.get(f"{SCORES}?period=2026-01")["evaluated_at"])) for _ in range(3)]
    assert began < times[0] < times[1] < times[2] < clock.now()


def test_a_key_that_was_revoked_reads_no_kept_answer_after_a_second(built: Caller) -> None:
    reader = built.with_role(Role.VIEWER)
    assert raw(reader) == "60"
    key_id = next(key["key_id"] for key in listed(built.get("/v1/keys"), "keys") if key["role"] == "viewer")
    built.done("DELETE", f"/v1/keys/{key_id}")
    time.sleep(REMEMBERED_SECONDS)
    refused(reader.send("GET", f"{SCORES}?period=2026-01"), 401, "unauthenticated")


def test_a_key_without_the_permission_reads_no_kept_answer(built: Caller) -> None:
    assert raw(built) == "60"
    body = {"name": "in", "role": "owner", "scopes": ["ingest"], "expires_at": "2100-01-01T00:00:00Z"}
    token = built.done("POST", "/v1/keys", body)["token"]
    narrow = replace(built, token=str(token))
    refused(narrow.send("GET", f"{SCORES}?period=2026-01"), 403, "insufficient-role")


def test_head_says_what_get_says_without_a_body(built: Caller) -> None:
    got, head = (built.send(method, f"{SCORES}?period=2026-01") for method in ("GET", "HEAD"))
    assert head.content == b""
    names = ("content-length", "steelyard-position", "cache-control")
    assert [head.headers[name] for name in names] == [got.headers[name] for name in names]
