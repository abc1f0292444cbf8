"""Publishing a version, and what its publisher is told: its number, and the date from which another one governs."""

from datetime import date

from msgspec import json

from domain import streams
from domain.scorecard.commands import PublishVersion
from domain.scorecard.decide import SCORECARD
from domain.scorecard.publishing import governs_until
from infra.eventstore.log import Head, Recorded
from services import routes
from services.app import App
from services.commands import Answer, CommandKey, WrittenView, written_view
from services.known import Known
from services.transaction import Decided, transact
from tenants.access import Actor


class PublishedView(WrittenView, frozen=True, kw_only=True):
    """What a publication did, and the number of the version.

    `governs_until` is the date from which a version governs that is published already; null: this one governs until
    another one is published.
    """

    version: int
    governs_until: date | None


def publish(app: App, actor: Actor, command: PublishVersion, key: CommandKey) -> Answer:
    """Publish the draft; the answer's body is a PublishedView. Raises what execute() raises."""
    routes.check_permission(actor, command)
    return transact(app, actor, key, lambda known: _published(known, command))


def _published(known: Known, command: PublishVersion) -> Decided:
    routes.decide(known, command)
    versions = known.state(SCORECARD, streams.scorecard_stream(command.scorecard)).versions
    version = versions[-1]
    until = governs_until(versions, version.effective_from)

    def answer(recorded: tuple[Recorded, ...], head: Head) -> tuple[bytes, int]:
        done = written_view(recorded, head, None)
        view = PublishedView(
            outcome=done.outcome,
            position=done.position,
            recorded_at=done.recorded_at,
            events=done.events,
            version=version.number,
            governs_until=until,
        )
        return json.encode(view), view.position

    return Decided(tuple(known.events), answer)
