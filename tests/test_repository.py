"""What the repository ships beside its code: locks, containers, and a name of its own for each package."""

import importlib.metadata
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.txt", "requirements-dev.txt", "requirements-uv.txt")
PACKAGES = ("domain", "tenants", "projections", "infra", "services", "tests")
SERVICES = ("postgres", "valkey", "migrate", "api", "worker")
ENDS_BY_ITSELF = "migrate"
UNPRIVILEGED_USERS = {"postgres", "valkey", "10001:10001"}

Yaml = Mapping[str, object]


@pytest.mark.parametrize("package", PACKAGES)
def test_no_dependency_brings_a_package_of_our_name(package: str) -> None:
    owners = set(importlib.metadata.packages_distributions().get(package, []))
    assert owners <= {"steelyard"}, f"`import {package}` could find the one of {owners}"


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_a_version_and_hashes_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    logical_lines = text.replace("\\\n", " ").splitlines()
    packages = [line for line in logical_lines if line and not line.lstrip().startswith("#")]
    assert packages
    for line in packages:
        assert re.match(r"[a-z0-9.\-]+(\[[a-z,]+\])?==\S+", line), line
        assert "--hash=sha256:" in line, line


def test_the_development_lock_holds_the_versions_of_the_runtime_lock() -> None:
    runtime, development = (set(_pins(ROOT / lock)) for lock in LOCKS[:2])
    assert runtime <= development


def _pins(lock: Path) -> list[str]:
    return [line.split()[0] for line in lock.read_text().splitlines() if "==" in line and not line.startswith("#")]


def test_every_declared_dependency_is_locked() -> None:

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    declared = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    names = {re.split(r"[\[<>=~! ]", each)[0].lower() for each in declared}
    assert names <= {pin.split("==")[0].split("[")[0] for pin in _pins(ROOT / "requirements-dev.txt")}


@pytest.fixture(scope="module")
def compose() -> Yaml:
    return cast(Yaml, yaml.safe_load((ROOT / "docker-compose.yml").read_text()))


def _service(compose: Yaml, name: str) -> Yaml:
    return cast(Mapping[str, Yaml], compose["services"])[name]


def test_compose_has_the_five_services(compose: Yaml) -> None:
    assert tuple(cast(Yaml, compose["services"])) == SERVICES


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_is_unprivileged_and_has_an_init(compose: Yaml, name: str) -> None:
    service = _service(compose, name)
    assert service["user"] in UNPRIVILEGED_USERS
    assert service["init"] is True
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service


@pytest.mark.parametrize("name", [name for name in SERVICES if name != ENDS_BY_ITSELF])
def test_each_lasting_service_has_a_health_check(compose: Yaml, name: str) -> None:
    assert cast(Yaml, _service(compose, name)["healthcheck"])["test"]


def test_valkey_keeps_its_queue_and_refuses_to_forget(compose: Yaml) -> None:
    words = " ".join(cast(list[str], _service(compose, "valkey")["command"]))
    assert "--appendonly yes" in words
    assert "--maxmemory-policy noeviction" in words


def test_only_the_migration_may_change_the_schema(compose: Yaml) -> None:
    holders = [
        name
        for name in SERVICES
        if "STEELYARD_DATABASE_URL_MIGRATOR" in cast(Yaml, _service(compose, name).get("environment", {}))
    ]
    assert holders == ["migrate"]


def test_every_variable_of_compose_is_required_and_explained_and_the_example_sets_none() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    used = set(re.findall(r"\$\{([A-Z_]+)", text))
    required = set(re.findall(r"\$\{([A-Z_]+):\?", text))
    example = dict(
        line.split("=", 1) for line in (ROOT / ".env.example").read_text().splitlines() if re.match(r"[A-Z_]+=", line)
    )
    assert used == required == set(example)
    assert set(example.values()) == {""}


def test_no_password_stands_in_the_repository_files_of_production() -> None:
    text = (ROOT / "docker-compose.yml").read_text() + (ROOT / "Dockerfile").read_text()
    written = re.findall(r"(?:PASSWORD|KEY): (\S+)", text)
    assert written
    assert all(value.startswith("${") for value in written)


def test_the_image_runs_as_a_plain_user() -> None:
    users = re.findall(r"^USER (\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert users == ["10001:10001"]


def test_dev_py_explains_itself_and_refuses_unknown_commands() -> None:
    shown = subprocess.run(
        [sys.executable, "dev.py", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for command in ("run", "test", "check", "lock"):
        assert f"\n  {command} " in shown
    assert subprocess.run([sys.executable, "dev.py", "dance"], cwd=ROOT, capture_output=True).returncode == 2


def test_the_makefile_names_the_same_commands_as_dev_py() -> None:
    targets = re.findall(r"^help (.*):$", (ROOT / "Makefile").read_text(), re.MULTILINE)[0].split()
    assert set(targets) == set(re.findall(r"^  (\w+)  +", _help(), re.MULTILINE)) - {"help"}


def _help() -> str:
    return subprocess.run([sys.executable, "dev.py"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
