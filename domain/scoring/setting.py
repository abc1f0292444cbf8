"""Which structure and which policy an answer is under: the chosen one, or what is in force on its last day."""

from dataclasses import dataclass
from datetime import date

from domain.errors import NotFound
from domain.policy import DEFAULT_POLICY, PolicyKnown
from domain.scorecard.state import Card, Scorecard
from domain.scoring.in_force import in_force
from domain.scoring.inputs import Definitions, VersionChoice
from domain.values import ScorecardId


@dataclass(frozen=True, slots=True)
class Chosen:
    """The structure an answer is under; number and position are None for the draft."""

    card: Card
    number: int | None
    position: int | None
    restatement: bool


def policy_in_force(definitions: Definitions, day: date) -> PolicyKnown:
    """The organization's policy on that day; the built-in one before its first."""
    return in_force(definitions.policies, day) or DEFAULT_POLICY


def chosen(definitions: Definitions, scorecard: ScorecardId, day: date, version: VersionChoice) -> Chosen | None:
    """The structure asked for; None if the scorecard is archived before that day or has no version in force on it.

    Raises NotFound `scorecard-unknown`, `version-unknown`.
    """
    found = definitions.scorecards.get(scorecard)
    if found is None or not found.created:
        raise NotFound("scorecard-unknown", f"there is no scorecard {scorecard!r}")
    if version != "in_force" and version != "draft" and not 1 <= version <= len(found.versions):
        raise NotFound("version-unknown", f"scorecard {scorecard!r} has no version {version}", "/version")
    return _of(found, day, version)


def _of(scorecard: Scorecard, day: date, version: VersionChoice) -> Chosen | None:
    if scorecard.archived_after is not None and scorecard.archived_after < day:
        return None
    if version == "draft":
        return Chosen(scorecard.draft, None, None, restatement=False)
    known = in_force(scorecard.versions, day) if version == "in_force" else scorecard.versions[version - 1]
    if known is None:
        return None
    return Chosen(known.card, known.number, known.position, known.restatement)
