"""A comparison of projections with their rebuild, asked for and shown: `verify --projections` and `restore`."""

from collections.abc import Sequence
from uuid import UUID

from services.app import App
from services.backing_up import Tell
from services.command_line.output import Json, print_table, say
from services.comparing import Compared, compared

__all__ = ["Compared", "compare", "comparisons_json", "print_comparisons"]

Found = Sequence[tuple[str, Compared]]
"""With the code of the organization."""


def compare(app: App, organizations: Sequence[tuple[str, UUID]], tell: Tell) -> list[tuple[str, Compared]]:
    """Every projection of these organizations."""
    found: list[tuple[str, Compared]] = []
    for done, (code, tenant) in enumerate(organizations):
        tell("comparing projections", done, len(organizations))
        found += [(code, each) for each in compared(app, tenant)]
    return found


def comparisons_json(found: Found) -> Json:
    """Each on its own."""
    return [
        {"organization": code, "projection": each.projection, "position": each.position, "wrong": each.wrong or None}
        for code, each in found
    ]


def print_comparisons(found: Found) -> None:
    """Those that are wrong, and how many are not."""
    wrong = [(code, each.projection, str(each.position), each.wrong) for code, each in found if each.wrong]
    if wrong:
        print_table("Projections", ("Organization", "Projection", "Position", "Wrong"), wrong, frozenset({"Position"}))
    say(f"{len(found) - len(wrong)} of {len(found)} projections equal their rebuild")
