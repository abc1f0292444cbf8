"""Bad input: every refusal names field and rule, and nothing of it is kept."""

import json
from dataclasses import dataclass, field

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from infra import clock
from services.api.bodies.measurement import MeasurementBody
from services.api.reading import MARKS_MAX, VALUES_MAX
from services.app import App
from services.batch import ROWS_MAX
from tests.support.http import REVENUE, Caller, Json, listed, refused


@dataclass(frozen=True)
class Case:
    """A request that must be refused, and what the refusal says."""

    what: str
    method: str
    path: str
    body: object
    status: int
    slug: str
    pointer: str
    content: bytes | None = field(default=None)


CHANGES = "/v1/scorecards/company/changes"


def change(**fields: object) -> Json:
    return {"changes": [fields]}


def kpi(**fields: object) -> Json:
    return {**REVENUE, "kpi": "other", **fields}


CASES = [
    Case("unknown field", "POST", "/v1/kpis", kpi(tenant_id="x"), 422, "unknown-field", "/tenant_id"),
    Case("missing field", "POST", "/v1/scorecards", {"scorecard": "x"}, 422, "missing-field", "/name"),
    Case("false for a number", "POST", CHANGES, change(change="move-perspective", perspective="financial", index=False),
         422, "wrong-type", "/changes/0/index"),
    Case("text for a number", "POST", "/v1/kpis", kpi(decimals="2"), 422, "wrong-type", "/decimals"),
    Case("number for a text", "POST", "/v1/kpis", kpi(name=5), 422, "wrong-type", "/name"),
    Case("no number", "POST", "/v1/measurements", {"kpi": "revenue", "period": "2026-02", "value": "many"},
         422, "value-invalid", "/value"),
    Case("NaN as text", "POST", "/v1/measurements", {"kpi": "revenue", "period": "2026-02", "value": "NaN"},
         422, "value-invalid", "/value"),
    Case("too many digits", "POST", "/v1/measurements",
         {"kpi": "revenue", "period": "2026-02", "value": "123456789012345678901"}, 422, "too-many-digits", "/value"),
    Case("a long JSON number", "POST", "/v1/measurements", None, 422, "number-too-long", "/value",
         b'{"kpi":"revenue","period":"2026-02","value":1234567890.1234567}'),
    Case("a code in another alphabet", "POST", "/v1/scorecards", {"scorecard": "a b", "name": "x"},
         422, "value-invalid", "/scorecard"),
    Case("control characters", "POST", "/v1/scorecards", {"scorecard": "x", "name": "a\u0000b"},
         422, "control-character", "/name"),
    Case("unknown kind of change", "POST", CHANGES, change(change="explode"), 422, "value-invalid", "/changes/0"),
    Case("unknown preset", "POST", "/v1/kpis", kpi(scale={"preset": "magic"}), 422, "preset-unknown", "/scale/preset"),
    Case("an interpolation with a preset", "POST", "/v1/kpis",
         kpi(scale={"preset": "maximise", "interpolation": "step"}), 422, "value-invalid", "/scale"),
    Case("equal anchors", "POST", "/v1/kpis",
         kpi(scale={"anchors": [{"x": "1", "score": "0"}, {"x": "1.0", "score": "100"}]}),
         422, "equal-anchors", "/scale/anchors"),
    Case("a score beyond 100", "POST", "/v1/kpis",
         kpi(scale={"anchors": [{"x": "0", "score": "0"}, {"x": "1", "score": "101"}]}),
         422, "out-of-range", "/scale/anchors/1/score"),
    Case("levels do not add up", "POST", "/v1/kpis", kpi(kind="stock"), 422, "aggregation-unfit", "/aggregation"),
    Case("a month that is none", "POST", "/v1/measurements", {"kpi": "revenue", "period": "2026-13", "value": "1"},
         422, "value-invalid", "/period"),
    Case("a period of another kind", "POST", "/v1/measurements", {"kpi": "revenue", "period": "2026-Q1", "value": "1"},
         422, "period-kind", "/period"),
    Case("a KPI placed twice", "POST", CHANGES, change(change="place-kpi", node="growth", kpi="revenue"),
         409, "kpi-already-placed", "/changes/0/kpi"),
    Case("a weight out of range", "POST", CHANGES,
         change(change="add-perspective", perspective="p", name="P", weight="-1"),
         422, "weight-out-of-range", "/changes/0/weight"),
    Case("all weights zero", "POST", CHANGES,
         change(change="set-weights", node="growth", weights=[{"kind": "kpi", "child": "revenue", "weight": "0"}]),
         409, "all-weights-zero", "/changes/0/weights"),
    Case("an objective that causes itself", "POST", CHANGES, change(change="link", cause="growth", effect="growth"),
         422, "link-to-itself", "/changes/0/effect"),
    Case("an unknown KPI", "POST", CHANGES, change(change="place-kpi", node="growth", kpi="nothing"),
         404, "kpi-unknown", "/changes/0/kpi"),
    Case("a duplicate code of a KPI", "POST", "/v1/kpis", REVENUE, 409, "kpi-exists", "/kpi"),
    Case("a duplicate code of a scorecard", "POST", "/v1/scorecards", {"scorecard": "company", "name": "x"},
         409, "scorecard-exists", "/scorecard"),
    Case("another value", "POST", "/v1/measurements", {"kpi": "revenue", "period": "2026-01", "value": "61"},
         409, "value-exists", ""),
    Case("a correction of another position", "POST", "/v1/measurements/corrections",
         {"kpi": "revenue", "period": "2026-01", "value": "61", "replaces": 1, "reason": "x"},
         409, "value-changed", "/replaces"),
    Case("a correction without a reason", "POST", "/v1/measurements/corrections",
         {"kpi": "revenue", "period": "2026-01", "value": "61", "replaces": 8}, 422, "missing-field", "/reason"),
    Case("a band that starts above 0", "PUT", "/v1/organization/policy",
         {"effective_from": "2026-01-01", "bands": [{"name": "red", "lower": "5"}]},
         422, "bands-invalid", "/bands/0/lower"),
    Case("a day that is none", "POST", "/v1/scorecards/company/versions", {"effective_from": "2026-02-30"},
         422, "value-invalid", "/effective_from"),
    Case("a timestamp for a day", "POST", "/v1/scorecards/company/versions", {"effective_from": 1767225600},
         422, "value-invalid", "/effective_from"),
    Case("a time zone that is none", "PUT", "/v1/organization/calendar", {"time_zone": "Mars/Olympus"},
         422, "time-zone-unknown", "/time_zone"),
    Case("a key with more rights", "POST", "/v1/keys", {"name": "x", "role": "emperor"}, 422, "value-invalid", "/role"),
    Case("an instant without an offset", "POST", "/v1/keys",
         {"name": "x", "role": "viewer", "expires_at": "2027-01-01T00:00:00"}, 422, "value-invalid", "/expires_at"),
    Case("a list for an object", "POST", "/v1/scorecards", [], 422, "wrong-type", ""),
    Case("no JSON", "POST", "/v1/scorecards", None, 400, "malformed-json", "", b"{"),
    Case("NaN", "POST", "/v1/measurements", None, 400, "malformed-json", "",
         b'{"kpi":"revenue","period":"2026-02","value":NaN}'),
    Case("a field given twice", "POST", "/v1/scorecards", None, 400, "malformed-json", "",
         b'{"scorecard":"a","scorecard":"b","name":"x"}'),
    Case("too deep", "POST", "/v1/scorecards", None, 400, "malformed-json", "", b"[" * 5_000 + b"]" * 5_000),
    Case("not UTF-8", "POST", "/v1/scorecards", None, 400, "malformed-json", "", b'{"name":"\xff"}'),
    Case("half a character", "POST", "/v1/scorecards", None, 400, "malformed-json", "",
         b'{"scorecard":"x","name":"\\ud800"}'),
]  # fmt: skip


@pytest.fixture(scope="module")
def built(app: App, client: TestClient[Litestar]) -> Caller:
    return Caller.founded(app, client).built()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what.replace(" ", "-"))
def test_it_is_refused_with_field_and_rule(built: Caller, case: Case) -> None:
    before = built.get("/v1/log/root")
    problem = refused(built.send(case.method, case.path, case.body, content=case.content), case.status, case.slug)
    pointers = [(each["pointer"], each["code"]) for each in listed(problem, "errors")]
    assert pointers == ([(case.pointer, case.slug)] if case.status != 400 else [])
    assert case.pointer in str(problem["detail"])
    assert built.get("/v1/log/root") == before


def test_several_broken_rules_are_all_named(caller: Caller) -> None:
    problem = refused(caller.send("POST", "/v1/kpis", {"kpi": "x", "colour": "red"}), 422, "invalid-body")
    codes = {(each["pointer"], each["code"]) for each in listed(problem, "errors")}
    assert {("/colour", "unknown-field"), ("/name", "missing-field"), ("/unit", "missing-field")} <= codes


def test_a_cycle_of_links_is_refused_and_shown(built: Caller) -> None:
    grow = {"change": "add-objective", "perspective": "financial"}
    changes = [
        {**grow, "objective": "a", "name": "A"},
        {**grow, "objective": "b", "name": "B"},
        {"change": "link", "cause": "a", "effect": "b"},
        {"change": "link", "cause": "b", "effect": "a"},
    ]
    problem = refused(built.send("POST", CHANGES, {"changes": changes}), 409, "link-cycle")
    assert "a -> b" in str(problem["detail"]) or "b -> a" in str(problem["detail"])
    assert "/changes/3/effect" in json.dumps(problem)


def test_a_retired_kpi_takes_no_more_values(caller: Caller) -> None:
    caller.built().done("POST", "/v1/kpis/revenue/retirement", {"last_day": "2026-06-30"})
    late = {"kpi": "revenue", "period": "2026-07", "value": "1"}
    refused(caller.send("POST", "/v1/measurements", late), 409, "kpi-retired")


def test_a_version_that_rewrites_the_past_must_say_so_and_why(caller: Caller) -> None:
    caller.built()
    rename = {"change": "rename-perspective", "perspective": "customer", "name": "Clients"}
    caller.done("POST", CHANGES, {"changes": [rename]})
    path, past = "/v1/scorecards/company/versions", {"effective_from": "2026-01-01"}
    refused(caller.send("POST", path, past), 409, "restatement-unmarked")
    refused(caller.send("POST", path, {**past, "restatement": True}), 422, "reason-missing")
    caller.done("POST", path, {**past, "restatement": True, "reason": "reworded"})


def test_a_body_over_the_limit_is_refused(caller: Caller) -> None:
    body = b'{"name": "' + b"x" * caller.app.settings.body_bytes_max + b'"}'
    refused(caller.send("PATCH", "/v1/organization", content=body), 413, "too-large")


@pytest.mark.parametrize("values", [b"[]", b'""', b"0", b"{}"])
@pytest.mark.parametrize("count", [VALUES_MAX, MARKS_MAX])
def test_a_crowd_of_small_values_is_refused_before_it_costs_much(caller: Caller, values: bytes, count: int) -> None:
    body = b'{"rows": [' + values + (b"," + values) * count + b"]}"
    refused(caller.send("POST", "/v1/measurements/batch", content=body), 413, "too-large")


def test_the_largest_batch_has_fewer_values_than_a_body_may_hold() -> None:
    assert (len(MeasurementBody.model_fields) + 1) * ROWS_MAX + 10 < VALUES_MAX


def test_a_batch_reports_each_row_and_records_the_valid_ones(caller: Caller) -> None:
    caller.built()
    rows = [
        {"kpi": "revenue", "period": "2026-02", "value": "70"},
        {"kpi": "revenue", "period": "2026-01", "value": "60"},
        {"kpi": "revenue", "period": "2026-01", "value": "61"},
        {"kpi": "revenue", "period": "2026-03", "value": "seventy"},
        {"kpi": "revenue", "period": "2026-03", "value": "1", "colour": "red"},
        {"kpi": "nothing", "period": "2026-03", "value": "1"},
        {"period": "2026-03"},
    ]
    answer = caller.done("POST", "/v1/measurements/batch", {"rows": rows})
    outcomes = [(row["outcome"], row["code"], row["field"]) for row in listed(answer, "rows")]
    assert outcomes == [
        ("recorded", None, None),
        ("duplicate", None, None),
        ("refused", "value-exists", ""),
        ("refused", "value-invalid", "/value"),
        ("refused", "unknown-field", "/colour"),
        ("refused", "kpi-unknown", "/kpi"),
        ("refused", "missing-field", "/kpi"),
    ]
    assert (answer["recorded"], answer["duplicates"], answer["refused"]) == (1, 1, 5)


def test_an_id_that_the_database_cannot_hold_spoils_its_own_row_alone(caller: Caller) -> None:
    caller.built()
    row = {"kpi": "revenue", "period": "2026-02", "value": "70"}
    unfit = {**row, "external_id": "a\0b"}
    refused(caller.send("POST", "/v1/measurements", unfit), 422, "control-character")
    answer = caller.done("POST", "/v1/measurements/batch", {"rows": [unfit, row]})
    assert [each["code"] for each in listed(answer, "rows")] == ["control-character", None]


def test_an_atomic_batch_names_the_rows_and_records_nothing(caller: Caller) -> None:
    caller.built()
    rows = [{"kpi": "revenue", "period": f"2026-0{month}", "value": value} for month, value in ((2, "70"), (1, "61"))]
    problem = refused(
        caller.send("POST", "/v1/measurements/batch", {"rows": rows, "atomic": True}), 422, "batch-refused"
    )
    assert [each["pointer"] for each in listed(problem, "errors")] == ["/rows/1"]
    assert len(listed(caller.get("/v1/measurements?kpi=revenue"), "measurements")) == 1


def test_a_batch_of_too_many_rows_is_refused(caller: Caller) -> None:
    rows = [{"kpi": "revenue"}] * 5_001
    problem = refused(caller.send("POST", "/v1/measurements/batch", {"rows": rows}), 422, "size-invalid")
    assert "/rows" in str(problem["detail"])


@pytest.mark.parametrize(
    "query", ["kpi=revenue&colour=red", "kpi=revenue&kpi=revenue", "period=2026-01", "kpi=revenue&period=2026-13"]
)
def test_a_bad_query_is_refused_with_the_parameter(built: Caller, query: str) -> None:
    refused(built.send("GET", f"/v1/measurements?{query}"), 400, "query-invalid")


def test_a_token_in_the_address_is_refused(built: Caller) -> None:
    refused(built.send("GET", f"/v1/kpis?access_token={clock.new_id()}"), 400, "query-invalid")


@pytest.mark.parametrize("written", ["1000", "+1000.0", "1e3", "1E+3", ".1e4"])
def test_a_number_as_text_is_read_as_in_a_sheet(caller: Caller, written: str) -> None:
    caller.built()
    caller.done("POST", "/v1/measurements", {"kpi": "revenue", "period": "2026-02", "value": written})
    [value] = listed(caller.get("/v1/measurements?kpi=revenue&period=2026-02"), "measurements")
    assert value["value"] == "1000"


def test_an_unknown_field_is_named_as_such(caller: Caller) -> None:
    answer = caller.send("POST", "/v1/scorecards", {"scorecard": "s", "name": "S", "colour": "red"})
    assert refused(answer, 422, "unknown-field")["detail"] == "/colour: is unknown here"


@pytest.mark.parametrize(
    ("path", "body", "detail"),
    [
        ("/v1/scorecards", {"scorecard": "s", "name": ""}, "/name: has too few characters, at least 1 needed"),
        ("/v1/scorecards", {"scorecard": "s", "name": 7}, "/name: must be a text in quotes"),
        ("/v1/scorecards", {"scorecard": "s", "name": "S", "perspectives": "x"}, "/perspectives: must be a list"),
        ("/v1/scorecards", [], "the body: must be an object"),
        ("/v1/scorecards/s/changes", {"changes": []}, "/changes: has too few entries, at least 1 needed"),
        ("/v1/scorecards/s/changes", {"changes": [{}]}, "/changes/0: 'change' is missing"),
    ],
)
def test_what_the_validator_finds_is_said_in_words_for_people(
    caller: Caller, path: str, body: Json, detail: str
) -> None:
    assert caller.send("POST", path, body).json()["detail"] == detail


def test_an_unknown_kind_of_change_is_answered_with_those_there_are(caller: Caller) -> None:
    answer = caller.send("POST", "/v1/scorecards/s/changes", {"changes": [{"change": "set-weight"}]})
    detail = str(refused(answer, 422, "value-invalid")["detail"])
    assert detail.startswith("/changes/0: 'change' must be one of 'rename', ")
    assert "'set-weights'" in detail
