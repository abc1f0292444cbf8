"""The benches work: the smallest of each kind runs and tells its figures as JSON; how fast is not asked here."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

import pytest

from tests.services.programs import ROOT, environment
from tests.support.servers import new_folder

RUN_SECONDS_MAX = 300
NAMES = ("scoring", "append", "catch-up", "rebuild", "freshness", "reads", "start-up")

Json = Mapping[str, object]


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """In memory: what commits cost is of no interest."""
    folder = new_folder()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def found(home: Path) -> Json:
    """All benches in one run."""
    file = home / "found.json"
    words = [sys.executable, "-m", "bench", "--smallest", "--json", str(file)]
    done = subprocess.run(
        words, cwd=ROOT, env=environment(home), capture_output=True, text=True, timeout=RUN_SECONDS_MAX
    )
    assert done.returncode == 0, done.stderr
    assert "to raw" in done.stdout
    return cast(Json, json.loads(file.read_text()))


def _benches(found: Json) -> Sequence[Json]:
    return cast(Sequence[Json], found["benches"])


def _figures(bench: Json) -> Sequence[Json]:
    cases = cast(Sequence[Json], bench["cases"])
    return [figures for case in cases for figures in cast(Sequence[Json], case["figures"])]


def test_every_bench_runs_and_says_under_what_it_was_measured(found: Json) -> None:
    assert tuple(bench["name"] for bench in _benches(found)) == NAMES
    assert {"processors", "load", "fsync", "file_system", "flush_ms"} <= set(cast(Json, found["machine"]))


@pytest.mark.parametrize("name", NAMES)
def test_each_bench_compares_with_a_raw_baseline_of_the_same_run(found: Json, name: str) -> None:
    figures = next(_figures(bench) for bench in _benches(found) if bench["name"] == name)
    baseline = [each for each in figures if each["contestant"] == "raw"]
    assert baseline
    compared = [each for each in figures if each["contestant"] != "raw" and each["to_raw"] is not None]
    assert compared
    assert all(cast(float, each["median"]) > 0 for each in figures)


def test_the_growth_bench_compares_every_size_with_the_smallest_and_runs_by_its_name_alone(
    found: Json, home: Path
) -> None:
    file = home / "growth.json"
    words = [sys.executable, "-m", "bench", "growth", "--smallest", "--json", str(file)]
    done = subprocess.run(
        words, cwd=ROOT, env=environment(home), capture_output=True, text=True, timeout=RUN_SECONDS_MAX
    )
    assert done.returncode == 0, done.stderr
    assert "to smallest" in done.stdout
    (growth,) = _benches(cast(Json, json.loads(file.read_text())))
    assert growth["name"] not in [bench["name"] for bench in _benches(found)]
    assert all(cast(float, each["to_raw"]) > 0 for each in _figures(growth))


def test_an_unknown_bench_is_refused_by_name(home: Path) -> None:
    words = [sys.executable, "-m", "bench", "dance"]
    done = subprocess.run(words, cwd=ROOT, env=environment(home), capture_output=True, text=True)
    assert done.returncode == 2
    assert "there is no bench 'dance'" in done.stderr
