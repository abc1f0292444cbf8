"""execute(): the one way in which anything is changed.

One transaction: claim the key -> lock the head -> decide each command on what the earlier ones left -> append ->
inline projections -> settle the answer -> commit -> wake. All or nothing.
"""

from collections.abc import Sequence

from domain.errors import DomainError
from domain.measurement.commands import MeasurementCommand
from services import routes
from services.bundle import App
from services.commands import Answer, Command, CommandKey, answer_of
from services.known import Known
from services.pointers import below
from services.transaction import Alongside, Decided, Work, transact
from tenants.access import Actor

__all__ = ["App", "TooManyCommands", "deciding", "execute"]

COMMANDS_MAX = 500
"""Commands of one request, which hold the organization's head together."""


class TooManyCommands(ValueError):
    """A caller inside the program sent more commands at once than may hold the head together."""


def execute(
    app: App,
    actor: Actor,
    commands: Sequence[Command],
    key: CommandKey,
    *,
    within: str | None = None,
    alongside: Alongside | None = None,
) -> Answer:
    """Do all the commands in order or nothing; the same key again gets the same answer and does nothing.

    `within` is the JSON pointer of the list the commands stand in: the pointer of a refusal then says which one it was.
    `alongside` writes rows of the directory in the same transaction.
    Raises Forbidden, DomainError, KeyReused, KeyInProgress, CatalogBehind, Unavailable.
    """
    if len(commands) > COMMANDS_MAX:
        raise TooManyCommands(f"at most {COMMANDS_MAX} commands at once")
    for command in commands:
        routes.check_permission(actor, command)
    meeting = [command for command in commands if isinstance(command, MeasurementCommand)]
    return transact(app, actor, key, deciding(commands, within), meeting=meeting, alongside=alongside)


def deciding(commands: Sequence[Command], within: str | None = None) -> Work:
    """The work of commands, each decided on what the earlier ones left."""

    def work(known: Known) -> Decided:
        duplicate = None
        for index, command in enumerate(commands):
            try:
                duplicate = routes.decide(known, command) or duplicate
            except DomainError as error:
                raise error if within is None else below(f"{within}/{index}", error) from None
        return Decided(tuple(known.events), lambda recorded, head: answer_of(recorded, head, duplicate, known.remarks))

    return work
