"""The tables of presets and of permissions in the documentation are those of the code."""

import re
from pathlib import Path

from domain.kpi.presets import PRESETS
from tenants.access import MATRIX, SCOPES, Extent, Permission, Role, Scope

DOCS = Path(__file__).resolve().parents[3] / "docs"


def cells(file: str, first: str) -> list[list[str]]:
    """The rows below the header that begins with that cell."""
    text = (DOCS / file).read_text()
    found = re.search(rf"^\| {first} \|.*\n\|[-|:]+\|\n((?:\|.*\n)+)", text, re.MULTILINE)
    assert found is not None
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in found[1].splitlines()]


def codes(cell: str) -> set[str]:
    return set(re.findall(r"`([^`]+)`", cell))


def test_every_preset_is_told_with_its_arguments() -> None:
    told = {preset.strip("`"): codes(arguments) for preset, arguments, _ in cells("scoring.md", "Preset")}
    assert told == {name: set(preset.arguments) for name, preset in PRESETS.items()}


def test_the_table_of_permissions_is_the_matrix() -> None:
    extents = {"-": None, "all": Extent.ALL, "own": Extent.OWN}
    for permission, *told, scopes in cells("api.md", "Permission"):
        asked = Permission(permission.strip("`"))
        assert [extents[cell] for cell in told] == [MATRIX[role].get(asked) for role in Role]
        assert codes(scopes) == {scope.value for scope in Scope if asked in SCOPES[scope]}
    assert len(cells("api.md", "Permission")) == len(Permission)
