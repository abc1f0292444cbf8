"""Switching the catalog to a new generation while commands come in."""

import threading
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Engine, event

from projections import progress
from projections.catalog import CATALOG
from projections.rebuild import cut_over, rebuild
from services.app import App, execute
from services.commands import CommandKey
from tests.support.app import found, owner
from tests.support.commands import define, record

PAUSE_SECONDS = 0.3


def test_a_command_that_meets_the_switch_moves_the_generation_that_is_read_afterwards(app: App) -> None:
    organization = found(app).organization
    execute(app, owner(organization), [define()], CommandKey.made())
    generation = rebuild(app.store, organization, CATALOG)
    switching = threading.Event()

    def pause(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if "UPDATE steelyard.projection_route" in statement:
            switching.set()
            threading.Event().wait(PAUSE_SECONDS)

    event.listen(Engine, "before_cursor_execute", pause)
    with ThreadPoolExecutor(1) as pool:
        switch = pool.submit(cut_over, app.store, organization, CATALOG, generation)
        assert switching.wait(5)
        answer = execute(app, owner(organization), [record(60)], CommandKey.made())
        switch.result()
    event.remove(Engine, "before_cursor_execute", pause)
    with app.database.transaction(organization) as connection:
        live = progress.live(connection, organization, [CATALOG.name])[CATALOG.name]
    assert (live.generation, live.position) == (generation, answer.position)
