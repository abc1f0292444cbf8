"""Rules of versions: a draft becomes one from a date on, and a scorecard ends."""

from datetime import date

from domain.calendar import checked_day
from domain.errors import Invalid, Refused
from domain.in_force import in_force
from domain.restatement import checked_mark, last_ended, restated
from domain.scorecard import lookup, rollup, tree
from domain.scorecard.commands import ArchiveScorecard, PublishVersion, ScorecardContext
from domain.scorecard.events import ScorecardArchived, VersionPublished
from domain.scorecard.limits import VERSIONS_MAX, refuse_beyond
from domain.scorecard.state import Card, Scorecard, Version
from domain.values import free_text


def published(command: PublishVersion, state: Scorecard, context: ScorecardContext) -> VersionPublished:
    """The draft as the next version.

    An earlier date than that of a published version is allowed: the new one then governs up to the next one's date
    (`governs_until`). Raises Refused `nothing-to-publish`, `empty-tree`, `all-weights-zero`, `restatement-unmarked`,
    `band-unknown` for a roll-up whose band the policy no longer has, and Invalid `reason-missing`.
    """
    effective_from = checked_day(command.effective_from)
    refuse_beyond(len(state.versions) + 1, VERSIONS_MAX, "too-many-versions")
    _check_fit(state.draft, context.bands)
    _check_new(state, effective_from)
    rewritten = restated(state.versions, effective_from, context.calendar, context.measured, context.as_of)
    restatement, reason = checked_mark(rewritten, command.restatement, command.reason)
    number = state.versions[-1].number + 1 if state.versions else 1
    return VersionPublished(command.scorecard, number, effective_from, restatement, reason)


def governs_until(versions: tuple[Version, ...], effective_from: date) -> date | None:
    """The date from which a later version governs instead of one published from `effective_from`; None if none does."""
    return min((v.effective_from for v in versions if v.effective_from > effective_from), default=None)


def archived(command: ArchiveScorecard, state: Scorecard, context: ScorecardContext) -> ScorecardArchived:
    """The end of a scorecard: after its last day it counts nowhere and nothing of it changes.

    Ended periods with values stay as they were: raises Refused `last-day-too-early` if the last day would cut one off.
    """
    last_day = checked_day(command.last_day, "/last_day")
    latest = date.min
    if state.versions:
        latest = last_ended(context.calendar, context.measured, context.as_of)
    if last_day < latest:
        detail = f"/last_day must be {latest} or later: a period that ended then has values, and its score stays"
        raise Refused("last-day-too-early", detail, "/last_day")
    reason = free_text(command.reason) if command.reason is not None else None
    return ScorecardArchived(command.scorecard, last_day, reason)


def _check_fit(card: Card, bands: frozenset[str]) -> None:
    """A version stays for ever, so what can be wrong with a tree is asked again."""
    if not tree.weights_of(card.root):
        raise Refused("empty-tree", "the draft has neither a perspective nor a KPI nor a child scorecard")
    weightless = sorted(tree.without_any_weight(card.root))
    if weightless:
        detail = f"all children of {lookup.shown(weightless[0])} have weight 0; give one of them a weight above 0"
        raise Refused("all-weights-zero", detail)
    for node in tree.walk(card.root):
        try:
            rollup.check(node.rollup, node, bands)
        except Invalid as invalid:
            raise Refused(invalid.code, f"the roll-up of {lookup.shown(node.id)}: {invalid.detail}") from invalid


def _check_new(state: Scorecard, effective_from: date) -> None:
    """A version that says what is in force on its date anyway would say nothing."""
    present = in_force(state.versions, effective_from)
    if present is not None and present.card == state.draft:
        detail = f"the draft says what version {present.number} says, which is in force on {effective_from} anyway"
        raise Refused("nothing-to-publish", detail, "/effective_from")
