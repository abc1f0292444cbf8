"""The first hour of the README goes as it is told there, and gives the numbers it promises."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.settings import PREFIX
from tests.services.programs import ROOT, environment, free_port, running
from tests.support.servers import new_folder

README = ROOT / "README.md"
SECTION = re.compile(r"^## The first hour$(.*?)^## ", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BASH = shutil.which("bash")
PRELUDE = f"""
set -euo pipefail
steelyard() {{ (cd "{ROOT}" && "{sys.executable}" -m services "$@"); }}
"""


@pytest.fixture
def home() -> Iterator[Path]:
    folder = new_folder()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.skipif(BASH is None or shutil.which("curl") is None, reason="the first hour is told with bash and curl")
def test_the_first_hour_goes_as_told(home: Path, tmp_path: Path) -> None:
    port = free_port()
    with running(home, port, "--no-examples") as machine:
        key = next(line.split()[-1] for line in machine.lines if line.startswith("Operator's key"))
        blocks = "\n".join(BLOCK.findall(SECTION.findall(README.read_text())[0]))
        script = PRELUDE + blocks.replace("http://127.0.0.1:8420", machine.url).replace(
            "OPERATOR_KEY=...", f"OPERATOR_KEY={key}"
        )
        script = script.replace("values.csv", str(tmp_path / "values.csv"))
        assert BASH is not None
        told = subprocess.run(
            [BASH, "-c", script], env=environment(home, PORT=str(port)), cwd=tmp_path, capture_output=True, text=True
        )
    assert told.returncode == 0, told.stdout[-2000:] + told.stderr[-2000:]
    answers = [json.loads(line) for line in told.stdout.splitlines() if line.startswith("{")]
    scores = [answer["tree"]["root"]["result"]["raw_score"] for answer in answers if "tree" in answer]
    assert scores == ["79.2", "80.4", "95"]
    batch = next(answer for answer in answers if "refused" in answer)
    assert (batch["recorded"], batch["refused"]) == (2, 1)
    assert "1 of 1 logs are whole" in told.stdout
    assert PREFIX not in told.stderr
