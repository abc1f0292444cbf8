"""Secrets an embedded installation makes for itself once and keeps in one file of mode 0600."""

import base64
import dataclasses
import json
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path

FILE_NAME = "secrets.json"
KEY_SIZE_BYTES = 32


class SecretsFileUnfit(Exception):
    """The file is open to others, or is not what we wrote."""


@dataclass(frozen=True, slots=True)
class GeneratedSecrets:
    """Each in base64 of 32 random bytes; the operator's key in its URL-safe form."""

    operator_key: str = field(repr=False)
    sealing_key: str = field(repr=False)
    token_key: str = field(repr=False)


def keep_secrets(home: Path) -> GeneratedSecrets:
    """The secrets of this home: read, or made on the first call. Raises SecretsFileUnfit."""
    home.mkdir(parents=True, exist_ok=True)
    path = home / FILE_NAME
    if not path.exists():
        _write_once(path, _generate())
    return _read(path)


def _generate() -> GeneratedSecrets:
    return GeneratedSecrets(secrets.token_urlsafe(KEY_SIZE_BYTES), _random_key(), _random_key())


def _random_key() -> str:
    return base64.b64encode(secrets.token_bytes(KEY_SIZE_BYTES)).decode()


def _write_once(path: Path, generated: GeneratedSecrets) -> None:
    """Whole or not at all; if two processes start at once, the first to link its file wins and both read that one."""
    side = path.with_name(f"{FILE_NAME}.{os.getpid()}")
    side.unlink(missing_ok=True)
    handle = os.open(side, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(dataclasses.asdict(generated), file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(side, path)
    except FileExistsError:
        pass
    finally:
        side.unlink()


def _read(path: Path) -> GeneratedSecrets:
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise SecretsFileUnfit(f"{path} can be read by others; `chmod 600` it, and replace its keys if others did")
    try:
        return GeneratedSecrets(**json.loads(path.read_text()))
    except (ValueError, TypeError) as error:
        raise SecretsFileUnfit(f"{path} is not a file of secrets of this version ({type(error).__name__})") from None
