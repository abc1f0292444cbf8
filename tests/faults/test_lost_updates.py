"""Many writers on few scorecards: every accepted command is a version, and no version was decided on what was old."""

import threading
from random import Random
from uuid import UUID

import pytest
from sqlalchemy.exc import DBAPIError

from domain.scorecard.commands import RenameScorecard
from domain.streams import scorecard_stream
from domain.values import ScorecardId
from infra.database_errors import Unavailable, classify
from infra.eventstore import log
from infra.eventstore.errors import HeadMoved, VersionConflict
from projections.projection import CatalogBehind
from services import transaction
from services.app import App, execute
from services.commands import Answer, CommandKey
from tests.support.app import found, owner
from tests.support.commands import create
from tests.support.faults.drill import Drill
from tests.support.faults.scene import Scene

SCORECARDS = [ScorecardId(f"card-{number}") for number in range(10)]
ATTEMPTS_MAX = 100


def test_accepted_commands_are_as_many_as_versions(scene: Scene, drill: Drill) -> None:
    writers, commands = drill.size(12, 50), drill.size(10, 200)
    organization = _with_scorecards(scene.app)
    accepted = _raced(scene.app, organization, drill.random, writers, commands)
    drill.note("commands", writers * commands)
    drill.note("accepted", accepted)
    drill.note("versions", _versions(scene.app, organization))
    assert _versions(scene.app, organization) == accepted == writers * commands


def test_control_without_the_lock_and_with_conflicts_passed_over_updates_are_lost(
    scene: Scene, drill: Drill, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = transaction._once

    def careless(*arguments: object) -> Answer:
        try:
            return once(*arguments)  # type: ignore[arg-type]
        except (VersionConflict, HeadMoved, CatalogBehind):
            return Answer(b"{}", 1, replayed=False)

    monkeypatch.setattr(log, "_LOCK_HEAD", log._LOCK_HEAD.removesuffix(" FOR UPDATE"))
    monkeypatch.setattr(transaction, "_once", careless)
    organization = _with_scorecards(scene.app)
    accepted = _raced(scene.app, organization, drill.random, 12, 5)
    drill.note("lost", accepted - _versions(scene.app, organization))
    assert _versions(scene.app, organization) < accepted


def _with_scorecards(app: App) -> UUID:
    organization = found(app).organization
    execute(app, owner(organization), [create(str(code)) for code in SCORECARDS], CommandKey.made())
    return organization


def _raced(app: App, organization: UUID, random: Random, writers: int, commands: int) -> int:
    """How many were accepted; whoever is told to come back later does so with the same key."""
    accepted: list[str] = []

    def write(writer: int, random: Random) -> None:
        for number in range(commands):
            rename = RenameScorecard(random.choice(SCORECARDS), f"name {writer} {number}")
            _insist(app, organization, rename)
            accepted.append(rename.name)

    threads = [threading.Thread(target=write, args=(each, Random(random.random()))) for each in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(accepted)


def _insist(app: App, organization: UUID, rename: RenameScorecard) -> None:
    key = CommandKey.made()
    for _ in range(ATTEMPTS_MAX):
        try:
            execute(app, owner(organization), [rename], key)
        except (DBAPIError, Unavailable) as error:
            if not isinstance(classify(error), Unavailable):
                raise
        else:
            return
    raise AssertionError(f"not accepted in {ATTEMPTS_MAX} attempts")


def _versions(app: App, organization: UUID) -> int:
    """Renamings in the streams, which have no gap in their versions."""
    with app.database.transaction(organization) as connection:
        streams = [app.logs.bind(connection, organization).load(scorecard_stream(code)) for code in SCORECARDS]
    for events in streams:
        assert [each.version for each in events] == list(range(1, len(events) + 1))
    return sum(each.name == "scorecard-renamed" for events in streams for each in events)
