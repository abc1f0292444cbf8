"""Commands as they are typed: what they do, print and end with."""

import csv
import json
from importlib.metadata import version
from pathlib import Path

import psycopg
import pytest

from infra import clock
from infra.embedded.servers import EmbeddedServers
from infra.eventstore.log import Metadata, Recorded
from infra.settings import EMBEDDED_DATABASE
from services.command_line.audit import who
from tenants.tokens import TokenKind, well_formed
from tests.services.programs import Terminal, free_port

COMMANDS = (
    ["run", "serve", "worker", "migrate", "backup", "restore", "open", "doctor"]
    + ["import", "scores", "balance", "log", "verify"]
    + [f"demo {each}" for each in ("company", "hospitals")]
    + [f"organization {each}" for each in ("create", "list", "show")]
    + [f"key {each}" for each in ("issue", "list", "revoke")]
)


@pytest.fixture
def acme(steelyard: Terminal) -> str:
    """A new organization's code."""
    code = f"acme-{free_port()}"
    assert steelyard("organization", "create", code, "--name", "Acme").status == 0
    return code


@pytest.fixture
def company(steelyard: Terminal) -> str:
    """The code of the demonstration company."""
    assert steelyard("demo", "company").status == 0
    return "company"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_an_example(steelyard: Terminal, command: str) -> None:
    shown = steelyard(*command.split(), "--help")
    assert shown.status == 0
    assert f"$ steelyard {command}" in shown.out


def test_the_version_is_told(steelyard: Terminal) -> None:
    shown = steelyard("--version")
    assert (shown.status, shown.out) == (0, f"steelyard {version('steelyard')}\n")


@pytest.mark.parametrize(
    "words", [["dance"], ["scores"], ["organization", "create", "x"], ["log", "-o", "x", "--limit", "0"]]
)
def test_wrong_usage_ends_with_2(steelyard: Terminal, words: list[str]) -> None:
    assert steelyard(*words).status == 2


def test_an_organization_is_created_listed_and_shown(steelyard: Terminal) -> None:
    made = json.loads(steelyard("organization", "create", "first", "--name", "First", "--json").out)
    assert well_formed(made["token"], TokenKind.API_KEY)
    listed = json.loads(steelyard("organization", "list", "--json").out)
    shown = json.loads(steelyard("organization", "show", "first", "--json").out)
    assert shown in listed
    assert (shown["id"], shown["events"]) == (made["organization"], 2)


def test_a_code_that_is_taken_or_malformed_is_refused_with_3(steelyard: Terminal, acme: str) -> None:
    taken = steelyard("organization", "create", acme, "--name", "Other")
    assert (taken.status, taken.out) == (3, "")
    assert "organization-exists" in taken.err
    malformed = steelyard("organization", "create", "a/b", "--name", "Other")
    assert malformed.status == 3
    assert "code-invalid" in malformed.err


def test_an_unknown_organization_ends_with_2(steelyard: Terminal) -> None:
    assert steelyard("log", "--organization", "nobody").status == 2


def test_a_key_is_issued_listed_without_itself_and_revoked(steelyard: Terminal, acme: str) -> None:
    options = ["--organization", acme, "--role", "contributor", "--scope", "ingest", "--kpi", "sales"]
    issued = json.loads(steelyard("key", "issue", "import", *options, "--json").out)
    assert well_formed(issued["token"], TokenKind.API_KEY)
    revoked = steelyard("key", "revoke", issued["key_id"], "--organization", acme, "--reason", "lost")
    assert revoked.status == 0
    listed = steelyard("key", "list", "--organization", acme, "--json")
    assert issued["token"] not in listed.out
    states = {row["name"]: (row["role"], row["scopes"], row["kpis"], row["state"]) for row in json.loads(listed.out)}
    assert states["import"] == ("contributor", "ingest", "sales", "revoked")
    assert steelyard("key", "revoke", "no-id", "--organization", acme).status == 2
    assert steelyard("key", "revoke", issued["key_id"], "--organization", acme).status == 3


def test_the_company_has_the_scores_computed_by_hand_and_a_second_time_nothing_changes(steelyard: Terminal) -> None:
    first = json.loads(steelyard("demo", "company", "--json").out)
    assert first["as_foreseen"]
    assert first["score_before_correction"] == "72.0625"
    assert [year["score"] for year in first["years"]] == ["84.125", "68.0625", "72.375", "73.5", "77.6"]
    assert [year["score_under_version_1"] for year in first["years"]][3:] == ["76.3125", "79.875"]
    assert {year["weakest"] for year in first["years"]} == {"Financial"}
    events = steelyard("log", "-o", "company", "--limit", "1000", "--json").out
    again = steelyard("demo", "company")
    assert "nothing changed" in again.err
    assert steelyard("log", "-o", "company", "--limit", "1000", "--json").out == events


def test_scores_show_the_tree_of_a_period_under_any_version(steelyard: Terminal, company: str) -> None:
    in_force = json.loads(steelyard("scores", "-o", company, "--json").out)
    assert (in_force["period"], in_force["version"], in_force["nodes"][0]["raw_score"]) == ("2018", 2, "77.6")
    restated = json.loads(steelyard("scores", "-o", company, "-p", "2017", "--version", "1", "--json").out)
    assert restated["nodes"][0]["raw_score"] == "76.3125"
    table = steelyard("scores", "-o", company, "-p", "2016").out
    assert "Invest where it pays" in table
    assert "72.4 " in table
    assert "100 %" in table
    assert "no version is in force" in steelyard("scores", "-o", company, "-p", "1999").out
    assert steelyard("scores", "-o", company, "--version", "9").status == 3
    assert steelyard("scores", "-o", company, "-p", "2016-13").status == 3


def test_balance_names_the_weakest_perspective(steelyard: Terminal, company: str) -> None:
    found = json.loads(steelyard("balance", "-o", company, "--json").out)
    assert [(year["period"], year["weakest"]) for year in found][-1] == ("2018", "Financial")
    assert "79.5" in steelyard("balance", "-o", company).out


def test_the_log_names_the_key_and_without_one_whoever_acted_from_the_machine() -> None:
    def by(key_id: str | None) -> Recorded:
        metadata = Metadata("0192-principal", "command", key_id=key_id)
        return Recorded(1, "organization", 1, clock.now(), "organization-renamed", 1, None, metadata)

    names = {"key-1": "import"}
    assert [who(by(key), names) for key in ("key-1", "key-2", None)] == ["import", "key-2", "0192-principal"]


def test_the_log_lists_who_did_what_in_order(steelyard: Terminal, company: str) -> None:
    lines = [json.loads(line) for line in steelyard("log", "-o", company, "--limit", "1000", "--json").out.splitlines()]
    assert [line["position"] for line in lines] == list(range(1, len(lines) + 1))
    assert (lines[0]["event"], lines[0]["actor"]) == ("organization-founded", "operator")
    corrected = next(line for line in lines if line["event"] == "measurement-corrected")
    assert corrected["actor"] == "local"
    assert corrected["body"]["reason"].startswith("typing error")
    shown = steelyard("log", "-o", company, "--limit", "1").out
    assert "operator" in shown
    some = steelyard("log", "-o", company, "--after", "5", "--limit", "2").out
    assert "--after 7" in some
    cut = steelyard("log", "-o", company, "--after", "5", "--limit", "2", "--json")
    assert "more: --after 7" in cut.err, "a program that was handed a part of the log can know it"
    assert len(cut.out.splitlines()) == 2


def test_verify_passes_a_whole_log_and_names_the_position_of_an_altered_event(
    steelyard: Terminal, home: Path, acme: str, company: str
) -> None:
    whole = json.loads(steelyard("verify", "--organization", company, "--json").out)
    assert (whole[0]["whole"], len(whole[0]["root"])) == (True, 64)
    with (
        EmbeddedServers.start(home) as servers,
        psycopg.connect(servers.postgres_dsn(database=EMBEDDED_DATABASE)) as db,
    ):
        db.execute(
            "UPDATE steelyard.event SET body = body || ' ' WHERE position = 2 AND tenant_id ="
            " (SELECT organization_id FROM steelyard.organization WHERE code = %s)",
            [acme],
        )
    assert steelyard("verify", "--organization", company).status == 0
    altered = steelyard("verify", "--json")
    assert altered.status == 1
    verdicts = {verdict["organization"]: verdict for verdict in json.loads(altered.out)}
    assert (verdicts[acme]["whole"], verdicts[acme]["position"]) == (False, 2)
    assert verdicts[company]["whole"]
    assert "position 2" in steelyard("verify", "-o", acme).out


def test_an_import_says_what_became_of_every_row(steelyard: Terminal, company: str, tmp_path: Path) -> None:
    file, refused = tmp_path / "values.csv", tmp_path / "refused.csv"
    file.write_text("kpi;period;value\nk1;2019;80\nk9;2019;1\nk2;2019;=1+1\nk1;2018;70\n")
    dry = steelyard("import", str(file), "-o", company, "--dry-run", "--json")
    assert dry.status == 1
    counts = {name: json.loads(dry.out)[name] for name in ("recorded", "duplicate", "refused")}
    assert counts == {"recorded": 1, "duplicate": 1, "refused": 2}
    done = steelyard("import", str(file), "-o", company, "--refused", str(refused))
    assert done.status == 1
    assert "1 recorded, 1 there already, 2 refused" in done.out
    assert [row["code"] for row in csv.DictReader(refused.open())] == ["kpi-unknown", "formula"]
    again = steelyard("import", str(file), "-o", company)
    assert "0 recorded, 2 there already, 2 refused" in again.out


@pytest.mark.parametrize(
    ("content", "code"), [(b"kpi,period,value\n\xff,2019,1\n", "encoding"), (b"kpi,value\nk1,1\n", "column-missing")]
)
def test_a_faulty_file_is_refused_as_a_whole_with_2(
    steelyard: Terminal, company: str, tmp_path: Path, content: bytes, code: str
) -> None:
    file = tmp_path / "values.csv"
    file.write_bytes(content)
    refused = steelyard("import", str(file), "-o", company)
    assert refused.status == 2
    assert code in refused.err
    assert steelyard("import", str(tmp_path / "none.csv"), "-o", company).status == 2
