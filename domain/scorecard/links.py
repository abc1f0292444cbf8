"""Rules of cause and effect between objectives: no loops, no repetition."""

from domain.errors import Invalid, NotFound, Refused
from domain.scorecard import lookup, strategy_map
from domain.scorecard.commands import LinkObjectives, UnlinkObjectives
from domain.scorecard.events import ObjectivesLinked, ObjectivesUnlinked
from domain.scorecard.limits import LINKS_MAX, refuse_beyond
from domain.scorecard.state import Card, Link


def linked(command: LinkObjectives, card: Card) -> ObjectivesLinked:
    """Raises Invalid `link-to-itself`, Refused `link-exists` and `link-cycle`, which names the cycle."""
    cause = lookup.objective(card, command.cause, "/cause").id
    effect = lookup.objective(card, command.effect, "/effect").id
    if cause == effect:
        raise Invalid("link-to-itself", f"/effect: {effect!r} cannot be its own cause", "/effect")
    if Link(cause, effect) in card.links:
        raise Refused("link-exists", f"/effect: {cause!r} is already linked to {effect!r}", "/effect")
    edges = ((link.cause, link.effect) for link in card.links)
    cycle = strategy_map.cycle_closed_by(edges, (cause, effect))
    if cycle is not None:
        raise Refused("link-cycle", f"/effect: the link would close the cycle {' -> '.join(cycle)}", "/effect")
    refuse_beyond(len(card.links) + 1, LINKS_MAX, "too-many-links")
    return ObjectivesLinked(command.scorecard, cause, effect)


def unlinked(command: UnlinkObjectives, card: Card) -> ObjectivesUnlinked:
    """Raises NotFound `link-unknown`."""
    if Link(command.cause, command.effect) not in card.links:
        detail = f"there is no link from {command.cause!r} to {command.effect!r}"
        raise NotFound("link-unknown", detail)
    return ObjectivesUnlinked(command.scorecard, command.cause, command.effect)
