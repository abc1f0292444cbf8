"""catch-up: events a second that one projection takes in, in batches of 500, each a transaction."""

from collections.abc import Callable
from uuid import UUID

from bench import history, raw_projections
from bench.history import Order
from bench.measure import Contestant, Sample, interleaved, timed
from bench.organizations import found
from bench.report import Case, Found
from bench.sizes import Sizes
from bench.world import House, World
from projections import readings, scores
from projections.projection import Projection
from projections.rebuild import drop, rebuild
from services.command_line.output import remark
from services.interpreter import settle_memory

NAME = "catch-up"
NOTE = "events/s at batch 500; raw = one SQL statement over the same columns, without transactions of 500"
REMARK = "raw of scores is a mean by month and scorecard: a bound for set-wise forms, not the same work"
BATCH = 500
ORDERS: tuple[Order, ...] = ("in order", "scattered")


def run(house: House, sizes: Sizes) -> Found:
    """Readings and scores, of values that came in order and of values in none."""
    cases = []
    with house.world(NAME) as world:
        settle_memory()  # as a worker does
        raw_projections.prepare(world.superuser_url)
        for order in ORDERS:
            remark(f"{NAME}: {sizes.catch_up_events:,} events {order}")
            made = found(world.app, order.replace(" ", "-")).organization
            history.fill(world.app, made, sizes.catch_up_events, sizes.kpis, order)
            history.bring_up(world.app, made, (readings.NAME,))
            for name in (readings.NAME, scores.NAME):
                own = Contestant(name, _turn(world, made, projection_named(world, name)))
                contestants = [*raw_projections.contestants(world, made, name), own]
                parameters = {"events": sizes.catch_up_events, "order": order, "projection": name}
                cases.append(Case(parameters, interleaved(contestants, sizes.rounds)))
    return Found(NAME, NOTE, cases, (REMARK,))


def projection_named(world: World, name: str) -> Projection:
    """One of the service's."""
    return next(each for each in world.app.projections if each.name == name)


def _turn(world: World, organization: UUID, projection: Projection) -> Callable[[], Sample]:
    """A generation from the first event to the head, which is then dropped."""
    app = world.app

    def turn() -> Sample:
        generation = 0

        def work() -> None:
            nonlocal generation
            generation = rebuild(app.store, organization, projection, events_max=BATCH)

        seconds = timed(work)
        with app.database.transaction(organization) as connection:
            events = app.logs.bind(connection, organization).head().position
            drop(connection, organization, projection, generation)
        return {"events/s": events / seconds}

    return turn
