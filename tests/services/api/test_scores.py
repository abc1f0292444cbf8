"""Scores through the API: what was written is read, at the position asked for."""

import pytest

from tests.support.app import bring_up
from tests.support.http import Caller, Json, listed, part, refused

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
