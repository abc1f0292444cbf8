"""docs/api.md tells every limit as it is in the code, and names every operation's family."""

import re
from importlib import import_module
from pathlib import Path

import pytest

from infra.settings import Settings

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "api.md").read_text()
LIMITS = re.findall(r"^\| [^|]+ \| ([\d,]+)[^|]* \| `([\w.]+)` \|$", TEXT, re.MULTILINE)


def test_the_table_is_read() -> None:
    assert len(LIMITS) > 25


@pytest.mark.parametrize(("number", "name"), LIMITS, ids=[name for _, name in LIMITS])
def test_a_limit_is_what_the_text_says(number: str, name: str) -> None:
    if name.startswith("STEELYARD_"):
        found = Settings.model_fields[name.removeprefix("STEELYARD_").lower()].default
    else:
        module, _, constant = name.rpartition(".")
        found = getattr(import_module(module), constant)
    assert found == int(number.replace(",", ""))
