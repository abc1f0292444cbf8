"""What commands decide on is never stale: not beside other processes, not after a rollback, not within one request."""

from dataclasses import replace
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import Connection

from domain import streams
from domain.decider import replay
from domain.errors import Refused
from domain.kpi.commands import AssignOwner
from domain.kpi.decide import KPI
from domain.kpi.events import KpiEvent
from domain.scorecard.commands import RenameScorecard
from domain.scorecard.decide import SCORECARD
from domain.scorecard.events import ScorecardEvent
from domain.values import KpiId, ScorecardId
from infra.eventstore.log import Log, Recorded
from projections.definitions_cache import DefinitionsCache
from services.app import App, execute
from services.commands import Command, CommandKey, written
from services.known import Known
from services.values_in_force import ValuesInForce
from tests.support.app import found, owner
from tests.support.commands import create, define, record

ROUNDS = 60
PROCESSES = 3
CARD, REVENUE = ScorecardId("company"), KpiId("revenue")


@pytest.fixture
def organization(app: App) -> UUID:
    return found(app).organization


def process(app: App) -> App:
    """As another process sees it: everything shared but what is kept in memory."""
    return replace(app, definitions=DefinitionsCache())


def run(app: App, organization: UUID, *commands: Command) -> list[int]:
    """The versions that the commands' events got."""
    answer = execute(app, owner(organization), commands, CommandKey.made())
    return [event.version for event in written(answer).events]


def run_and_roll_back(app: App, organization: UUID, *commands: Command) -> None:
    """Everything is done, and undone with the transaction's last step."""

    def broken(_connection: Connection, _recorded: tuple[Recorded, ...]) -> None:
        raise Refused("refused", "not today")

    with pytest.raises(Refused):
        execute(app, owner(organization), commands, CommandKey.made(), alongside=broken)


def test_each_process_decides_on_what_the_other_has_just_done(app: App, organization: UUID) -> None:
    one, other = process(app), process(app)
    run(one, organization, create(), define())
    assert run(other, organization, RenameScorecard(CARD, "A")) == [2]
    assert run(one, organization, RenameScorecard(CARD, "A")) == [], "it has that name already"
    assert run(one, organization, RenameScorecard(CARD, "B")) == [3]
    assert run(other, organization, RenameScorecard(CARD, "A")) == [4]


def test_a_process_that_only_measured_meanwhile_sees_what_another_defined(app: App, organization: UUID) -> None:
    one, other = process(app), process(app)
    run(one, organization, define(), record(1))
    run(other, organization, record(2, month=2))
    run(one, organization, AssignOwner(REVENUE, "ann"), record(3, month=3))
    run(other, organization, record(4, month=4))
    assert run(other, organization, AssignOwner(REVENUE, "ann")) == [], "she is the owner already"


def test_what_is_rolled_back_is_not_known_afterwards(app: App, organization: UUID) -> None:
    run(app, organization, create())
    run_and_roll_back(app, organization, RenameScorecard(CARD, "A"), define())
    assert run(app, organization, RenameScorecard(CARD, "A")) == [2]
    assert run(app, organization, define()) == [1]


def test_commands_of_one_request_go_on_from_each_other(app: App, organization: UUID) -> None:
    names = [RenameScorecard(CARD, name) for name in ("A", "B", "B", "A")]
    assert run(app, organization, create(), *names) == [1, 2, 3, 4]
    assert run(app, organization, *names, define(), AssignOwner(REVENUE, "ann")) == [5, 6, 1, 2]


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_every_process_knows_what_the_streams_say(app: App, organization: UUID, seed: int) -> None:
    random = Random(seed)
    processes = [process(app) for _ in range(PROCESSES)]
    run(random.choice(processes), organization, create(), define())
    for number in range(ROUNDS):
        at = random.choice(processes)
        commands = random.sample(_commands(number), k=random.randint(1, 3))
        (run if random.random() < 0.7 else run_and_roll_back)(at, organization, *commands)
        _check(random.choice(processes), organization)


def _commands(number: int) -> list[Command]:
    return [
        RenameScorecard(CARD, f"name {number}"),
        AssignOwner(REVENUE, f"owner-{number}"),
        define(f"kpi-{number}"),
        create(f"card-{number}"),
        record(number, month=number % 12 + 1, code="revenue") if number < 12 else AssignOwner(REVENUE, f"o-{number}"),
    ]


def _check(app: App, organization: UUID) -> None:
    """The states a command would decide on, and the versions it would go on from, are those of the streams."""
    with app.database.transaction(organization) as connection:
        log = app.logs.bind(connection, organization)
        values = ValuesInForce(connection, organization)
        known = Known(owner(organization), log, log.lock_head(), app.definitions, values)
        for code in [*known.kpis(), KpiId("nobody")]:
            stream = streams.kpi_stream(code)
            assert known.state(KPI, stream) == replay(KPI.evolve, KPI.initial(code), _of_kpi(log, stream))
            assert known._versions[stream] == len(log.load(stream))
        for card in known.scorecards():
            stream = streams.scorecard_stream(card)
            history = _of_scorecard(log, stream)
            assert known.state(SCORECARD, stream) == replay(SCORECARD.evolve, SCORECARD.initial(card), history)
            assert known._versions[stream] == len(log.load(stream))


def _of_kpi(log: Log, stream: str) -> list[tuple[KpiEvent, int]]:
    return [(each.event, each.position) for each in log.load(stream) if isinstance(each.event, KpiEvent)]


def _of_scorecard(log: Log, stream: str) -> list[tuple[ScorecardEvent, int]]:
    return [(each.event, each.position) for each in log.load(stream) if isinstance(each.event, ScorecardEvent)]
