"""execute(): one transaction, all or nothing, once for each key, whatever happens on the way."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine

from domain.errors import NotFound, Refused
from domain.kpi.commands import AssignOwner
from domain.scorecard.commands import RenameScorecard
from domain.values import KpiId, ScorecardId
from infra.eventstore.errors import KeyReused
from infra.eventstore.log import Recorded
from projections.definitions_cache import DefinitionsCache
from services.app import COMMANDS_MAX, App, TooManyCommands, execute
from services.commands import Answer, Command, CommandKey, Forbidden, written
from services.values_in_force import ValuesInForce
from tenants.access import Actor, Role
from tests.support.app import bring_up, found, owner
from tests.support.commands import create, define, place, place_child, publish, record
from tests.support.statements import counted


@pytest.fixture
def organization(app: App) -> UUID:
    return found(app).organization


def run(app: App, organization: UUID, *commands: Command, key: CommandKey | None = None) -> Answer:
    return execute(app, owner(organization), commands, key or CommandKey.made())


def events(app: App, organization: UUID) -> Sequence[Recorded]:
    with app.database.transaction(organization) as connection:
        return app.logs.bind(connection, organization).read(0, 1_000)


def names(app: App, organization: UUID) -> list[str]:
    return [each.name for each in events(app, organization)][2:]


def test_several_commands_see_each_others_effects_and_are_written_together(app: App, organization: UUID) -> None:
    answer = run(app, organization, define(), create(), place(), publish(), record(60))
    assert names(app, organization) == [
        "kpi-defined",
        "scorecard-created",
        "kpi-placed",
        "version-published",
        "measurement-recorded",
    ]
    assert (written(answer).outcome, answer.position) == ("recorded", 7)
    assert [event.version for event in written(answer).events] == [1, 1, 2, 3, 7]
    bring_up(app, organization)


def test_a_refusal_leaves_nothing_of_the_earlier_commands_and_says_which_one(app: App, organization: UUID) -> None:
    with pytest.raises(NotFound) as refusal:
        execute(app, owner(organization), [define(), create(), place("other")], CommandKey.made(), within="/changes")
    assert (refusal.value.code, refusal.value.field) == ("kpi-unknown", "/changes/2/kpi")
    assert names(app, organization) == []


def test_rows_alongside_are_written_with_the_events_or_not_at_all(app: App, organization: UUID) -> None:
    seen: list[int] = []

    def broken(connection: Connection, recorded: tuple[Recorded, ...]) -> None:
        seen.extend(each.position for each in recorded)
        raise Refused("refused", "not today")

    with pytest.raises(Refused):
        execute(app, owner(organization), [define()], CommandKey.made(), alongside=broken)
    assert (seen, names(app, organization)) == ([3], [])


def test_the_same_key_again_gets_the_same_bytes_and_does_nothing(app: App, organization: UUID) -> None:
    key = CommandKey.of("one", b"define")
    first, second = run(app, organization, define(), key=key), run(app, organization, define(), key=key)
    assert (first.body, first.position) == (second.body, second.position)
    assert (first.replayed, second.replayed) == (False, True)
    assert names(app, organization) == ["kpi-defined"]


def test_the_same_key_for_another_request_is_refused(app: App, organization: UUID) -> None:
    run(app, organization, define(), key=CommandKey.of("one", b"define"))
    with pytest.raises(KeyReused):
        run(app, organization, create(), key=CommandKey.of("one", b"create"))


def test_keys_of_principals_and_of_organizations_are_their_own(app: App, organization: UUID) -> None:
    key, neighbour = CommandKey.of("one", b"define"), found(app).organization
    run(app, organization, define(), key=key)
    run(app, neighbour, define(), key=key)
    with pytest.raises(Refused):
        execute(app, Actor(organization, "another", Role.OWNER), [define()], key)
    assert names(app, organization) == names(app, neighbour) == ["kpi-defined"]


def test_a_refused_request_keeps_no_answer_so_its_key_can_be_used_again(app: App, organization: UUID) -> None:
    key = CommandKey.of("one", b"record")
    with pytest.raises(NotFound):
        run(app, organization, record(60), key=key)
    run(app, organization, define())
    assert not run(app, organization, record(60), key=key).replayed


def test_twenty_parallel_duplicates_have_one_effect_and_one_answer(app: App, organization: UUID) -> None:
    key = CommandKey.of("one", b"define")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: run(app, organization, define(), key=key), range(20)))
    assert len({answer.body for answer in answers}) == 1
    assert [answer.replayed for answer in answers].count(False) == 1
    assert names(app, organization) == ["kpi-defined"]


def test_parallel_commands_on_one_organization_all_get_through(app: App, organization: UUID) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: run(app, organization, define(f"kpi-{number}")), range(24)))
    assert names(app, organization) == ["kpi-defined"] * 24


def test_the_same_value_again_is_a_duplicate_at_its_first_position(app: App, organization: UUID) -> None:
    run(app, organization, define(), record(60))
    again = written(run(app, organization, record(60)))
    assert (again.outcome, again.position, again.events) == ("duplicate", 4, [])
    with pytest.raises(Refused) as refusal:
        run(app, organization, record(61))
    assert refusal.value.code == "value-exists"


def test_a_value_meets_those_decided_before_it_in_the_same_request(app: App, organization: UUID) -> None:
    with pytest.raises(Refused) as refusal:
        run(app, organization, define(), record(60), record(61))
    assert refusal.value.code == "value-exists"
    with pytest.raises(Refused) as refusal:
        run(app, organization, define(), record(60, external_id="a"), record(60, month=2, external_id="a"))
    assert refusal.value.code == "external-id-conflict"


def test_a_command_without_effect_is_answered_with_the_end_of_the_log(app: App, organization: UUID) -> None:
    run(app, organization, define(), create())
    answer = written(run(app, organization, RenameScorecard(ScorecardId("company"), "Company")))
    assert (answer.outcome, answer.position) == ("unchanged", 4)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.AUDITOR, Role.CONTRIBUTOR])
def test_who_may_not_is_refused_before_anything_is_read(app: App, organization: UUID, role: Role) -> None:
    with pytest.raises(Forbidden) as refusal:
        execute(app, Actor(organization, "someone", role), [define()], CommandKey.made())
    assert refusal.value.required == "define-kpi"


def test_a_contributor_measures_the_own_kpis_only(app: App, organization: UUID) -> None:
    run(app, organization, define(), define("other"), AssignOwner(KpiId("revenue"), "someone"))
    contributor = Actor(organization, "someone", Role.CONTRIBUTOR)
    execute(app, contributor, [record(60)], CommandKey.made())
    with pytest.raises(Forbidden):
        execute(app, contributor, [record(60, code="other")], CommandKey.made())


def test_more_commands_than_may_hold_the_head_are_a_mistake_of_ours(app: App, organization: UUID) -> None:
    with pytest.raises(TooManyCommands):
        run(app, organization, *[define()] * (COMMANDS_MAX + 1))


def test_values_in_force_are_read_in_two_statements_however_many(app: App, organization: UUID) -> None:
    run(app, organization, define(), *(record(month, month) for month in range(1, 13)))
    commands = [record(0, month) for month in range(1, 13)]
    with app.database.transaction(organization) as connection, counted(connection) as statements:
        values = ValuesInForce(connection, organization)
        values.prepare(commands)
        found_values = [values.in_force(command) for command in commands]
    assert [known.position for known in found_values if known] == list(range(4, 16))
    assert len(statements) == 1, "none of them has an external id, so nothing is asked about those"


def test_a_version_above_restates_what_was_measured_below(app: App, organization: UUID) -> None:
    run(app, organization, define(), create(), place(), publish(), record(60))
    middle, top = create("middle"), create("top")
    run(app, organization, middle, place_child("company", "middle"), publish("middle"))
    run(app, organization, top, place_child("middle", "top", "financial"), publish("top"))
    run(app, organization, place_child("middle", "top", "customer"))
    with pytest.raises(Refused) as refusal:
        run(app, organization, publish("top"))
    assert refusal.value.code == "restatement-unmarked"
    run(app, organization, replace(publish("top"), restatement=True, reason="a second branch"))


def test_a_change_of_a_scorecard_or_kpi_reads_no_stream(app: App, organization: UUID) -> None:
    """A hot one may hold thousands of events, that of the organization every key, and the head is locked meanwhile."""
    run(app, organization, create(), define())
    with counted(Engine) as statements:
        run(app, organization, RenameScorecard(ScorecardId("company"), "Acme"))
        run(app, organization, AssignOwner(KpiId("revenue"), "ann"))
    assert sum("stream = " in statement for statement in statements) == 0


def test_a_measurement_reads_nothing_of_the_log_while_no_definition_came(app: App, organization: UUID) -> None:
    run(app, organization, define())
    run(app, organization, record(60))
    with counted(Engine) as statements:
        run(app, organization, record(70, month=2))
    assert [statement for statement in statements if "FROM steelyard.event" in statement] == []


def test_the_first_command_of_a_process_folds_the_definitions_before_it_locks_the_head(
    app: App, organization: UUID
) -> None:
    run(app, organization, define())
    fresh = replace(app, definitions=DefinitionsCache())
    with counted(Engine) as statements:
        run(fresh, organization, record(60))
    marks = [mark for statement in statements for mark in ("AND NOT fact", "FOR UPDATE") if mark in statement]
    assert marks[:2] == ["AND NOT fact", "FOR UPDATE"]
    assert marks.count("AND NOT fact") == 1
