"""Settings name what is wrong, refuse weak secrets in production, and show no secret."""

import base64
import os
from pathlib import Path

import pytest

from infra.secrets_file import FILE_NAME
from infra.settings import PREFIX, SettingsError, embedded, load, locate

STRONG = "kL3vQ9xT2mW7pR5sZ8bN1cF4hJ6dG0aY"
GOOD = {
    "MODE": "production",
    "DATABASE_URL_APP": "postgresql://steelyard_app:correct-horse-1@db:5432/steelyard",
    "DATABASE_URL_SCHEDULER": "postgresql://steelyard_scheduler:correct-horse-2@db:5432/steelyard",
    "REDIS_URL": "redis://valkey:6379/0",
    "OPERATOR_KEY": STRONG,
    "SEALING_KEY": base64.b64encode(bytes(range(32))).decode(),
    "TOKEN_KEY": base64.b64encode(bytes(range(32, 64))).decode(),
    "PUBLIC_URL": "https://scores.example.org",
}


class Addresses:
    redis_url = "unix:///run/valkey.sock"

    def postgres_dsn(self, role: str, database: str) -> str:
        return f"postgresql://{role}@/{database}?host=%2Frun"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)


def set_all(monkeypatch: pytest.MonkeyPatch, **changes: str | None) -> None:
    for name, value in {**GOOD, **changes}.items():
        if value is not None:
            monkeypatch.setenv(PREFIX + name, value)


def test_production_takes_everything_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, THREADS="5")
    settings = load()
    assert settings.threads == 5
    assert settings.secure_cookies
    assert settings.sealing_key_bytes == bytes(range(32))
    assert settings.database_url_migrator is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL_APP", None),
        ("DATABASE_URL_APP", "mysql://x/y"),
        ("DATABASE_URL_APP", "postgresql://steelyard_app:short@db/steelyard"),
        ("DATABASE_URL_SCHEDULER", None),
        ("REDIS_URL", "http://valkey"),
        ("OPERATOR_KEY", None),
        ("OPERATOR_KEY", "short"),
        ("OPERATOR_KEY", "changeme" * 8),
        ("SEALING_KEY", None),
        ("SEALING_KEY", "not base64"),
        ("SEALING_KEY", base64.b64encode(bytes(31)).decode()),
        ("SEALING_KEY", base64.b64encode(bytes(32)).decode()),
        ("TOKEN_KEY", GOOD["SEALING_KEY"]),
        ("PUBLIC_URL", "http://scores.example.org"),
        ("PORT", "0"),
        ("POOL_SIZE", "3"),
    ],
)
def test_an_unfit_variable_is_named_and_its_value_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str | None
) -> None:
    set_all(monkeypatch, **{name: value})
    with pytest.raises(SettingsError) as refusal:
        load()
    assert PREFIX + name in str(refusal.value)
    if value and len(value) > 1:
        assert value not in str(refusal.value)
    assert refusal.value.__cause__ is None


def test_an_unknown_mode_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEELYARD_MODE", "staging")
    with pytest.raises(SettingsError, match="STEELYARD_MODE"):
        locate()


def test_no_secret_shows_in_the_representation(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch)
    shown = repr(load()) + str(load())
    for secret in ("correct-horse-1", STRONG, GOOD["SEALING_KEY"], GOOD["TOKEN_KEY"]):
        assert secret not in shown


def test_embedded_secrets_are_kept_over_restarts_in_a_private_file(tmp_path: Path) -> None:
    first = embedded(tmp_path / "home", Addresses())
    second = embedded(tmp_path / "home", Addresses())
    assert first == second
    assert (tmp_path / "home" / FILE_NAME).stat().st_mode & 0o777 == 0o600
    assert embedded(tmp_path / "other", Addresses()).operator_key != first.operator_key
    assert [path.name for path in (tmp_path / "home").iterdir()] == [FILE_NAME]


def test_a_secrets_file_open_to_others_is_refused(tmp_path: Path) -> None:
    embedded(tmp_path, Addresses())
    (tmp_path / FILE_NAME).chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        embedded(tmp_path, Addresses())


def test_a_key_in_the_environment_wins_over_the_kept_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STEELYARD_OPERATOR_KEY", STRONG)
    assert embedded(tmp_path, Addresses()).operator_key.get_secret_value() == STRONG
