"""Replies to COMMIT get lost: every caller is told what happened, or 503 until it is known; nothing happens twice."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from pydantic import SecretStr

from domain.errors import Refused
from infra import clock
from services import transaction
from services.app import App, execute
from services.commands import Answer, CommandKey
from services.transaction import Task
from services.wiring import build
from tenants.access import Actor
from tests.support.app import bring_up, found, owner
from tests.support.commands import define
from tests.support.faults.caller import Caller
from tests.support.faults.company import Company
from tests.support.faults.drill import Drill
from tests.support.faults.load import position_in, writing
from tests.support.faults.oracle import wrongs
from tests.support.faults.scene import Scene
from tests.support.http import REVENUE
from tests.support.proxy import Cut, PostgresProxy

SHARE = 0.3
DELAY_SECONDS_MAX = 0.02
WRITERS = 3
CONTROL_COMMANDS = 10


def test_lost_replies_leave_one_effect_and_its_true_answer(scene: Scene, drill: Drill, tmp_path: Path) -> None:
    """One caller defines KPIs, where a lost reply that is not looked up shows as a conflict with oneself."""
    company = Company.founded(scene.app, WRITERS)
    with (
        PostgresProxy(scene.database.superuser_url, tmp_path) as proxy,
        scene.api(proxy.url(scene.database.app_url)) as api,
        writing([company], api.port, drill.random, WRITERS) as load,
    ):
        definer = Caller(api.port, company.token)
        load.callers.append(definer)
        proxy.cut_often(Random(drill.random.random()), SHARE, DELAY_SECONDS_MAX)
        positions = _defined(definer, proxy.cuts, drill.size(50, 500))
        proxy.cut_often(drill.random, 0.0, 0.0)
    drill.note("replies to COMMIT lost", proxy.cuts[Cut.AFTER_COMMIT])
    drill.note("COMMITs lost", proxy.cuts[Cut.BEFORE_COMMIT])
    drill.note("statuses seen", dict(load.seen))
    assert not set(positions) & set(company.told), "a position was given twice"
    assert Counter(_names(scene.app, company)) == {
        "organization-founded": 1,
        "api-key-issued": 1,
        "scale-set": WRITERS + len(positions),
        "kpi-defined": WRITERS + len(positions),
        "scorecard-created": 1,
        "objective-added": 1,
        "kpi-placed": WRITERS,
        "version-published": 1,
        **_told(company),
    }
    bring_up(scene.app, company.organization)
    assert wrongs(scene.app, [company]) == []


def _defined(caller: Caller, cuts: Counter[Cut], wanted: int) -> list[int]:
    """KPIs, one after another, until enough replies were lost; where each was put."""
    positions: list[int] = []
    while cuts[Cut.AFTER_COMMIT] < wanted:
        body = {**REVENUE, "kpi": f"new-{len(positions)}"}
        positions.append(position_in(caller.insist("/v1/kpis", body)))
    caller.close()
    return positions


def _names(app: App, company: Company) -> list[str]:
    with app.database.transaction(company.organization) as connection:
        return [each.name for each in app.logs.bind(connection, company.organization).read(0, 1_000_000)]


def _told(company: Company) -> dict[str, int]:
    names = {"not_applicable": "value-declared-not-applicable"}
    kinds = Counter(step.kind for step in company.told.values())
    return {names.get(kind, f"measurement-{kind}"): count for kind, count in kinds.items()}


def test_control_without_looking_a_lost_command_up_ones_own_write_is_a_conflict(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = transaction._once

    def forgetful(app: App, actor: Actor, key: CommandKey, task: Task) -> Answer:
        return once(app, actor, replace(key, key=str(clock.new_id())), task)

    monkeypatch.setattr(transaction, "_once", forgetful)
    organization = found(scene.app).organization
    with PostgresProxy(scene.database.superuser_url, tmp_path) as proxy:
        url = SecretStr(proxy.url(scene.database.app_url))
        app = build(scene.settings.model_copy(update={"database_url_app": url}))
        execute(app, owner(organization), [define("before")], CommandKey.made())  # definitions are folded from here on
        for number in range(CONTROL_COMMANDS):
            proxy.cut_next(Cut.AFTER_COMMIT)
            with pytest.raises(Refused):
                execute(app, owner(organization), [define(f"kpi-{number}")], CommandKey.made())
        app.close()
