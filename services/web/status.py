"""How a status looks: a tone for colour, a shape and a word, so that colour never speaks alone.

Bands are the organization's own: their order, not their names, decides tone and shape.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.policy import Band
from services.web.words import state_label

TONES = ("low", "lowish", "middle", "highish", "high")
UNSCORED_TONE = "none"


@dataclass(frozen=True, slots=True)
class Status:
    """`tone` names a CSS class and a shape of the sprite."""

    label: str
    tone: str


def tone(bands: Sequence[Band], name: str | None) -> str:
    """The tone of a band by its rank; a band of an older policy that is no longer known has none."""
    names = [band.name for band in bands]
    if name not in names:
        return UNSCORED_TONE
    if len(names) == 1:
        return TONES[-1]
    return TONES[round(names.index(name) * (len(TONES) - 1) / (len(names) - 1))]


def status(bands: Sequence[Band], band: str | None, state: str, reason: str | None) -> Status:
    """The status of a node or KPI: its band, or its state where it has none."""
    if band is None:
        return Status(state_label(state, reason), UNSCORED_TONE)
    return Status(band[:1].upper() + band[1:], tone(bands, band))
