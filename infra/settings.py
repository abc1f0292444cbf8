"""Everything that can be set, read from STEELYARD_* variables; the only place that looks at the environment.

`locate` tells where and how to run; `load` gives what production sets, `embedded` what one machine needs besides.
"""

import base64
import binascii
import os
from pathlib import Path
from typing import Annotated, Literal, Protocol, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from infra.secrets_file import GeneratedSecrets, SecretsFileUnfit, keep_secrets

PREFIX = "STEELYARD_"
KEY_SIZE_BYTES = 32
OPERATOR_KEY_CHARACTERS_MIN = 32
PASSWORD_CHARACTERS_MIN = 12
DISTINCT_CHARACTERS_MIN = 10  # "changeme" repeated has 7
EMBEDDED_DATABASE = "steelyard"
EMBEDDED_SUPERUSER = "postgres"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class SettingsError(Exception):
    """A variable is missing or unfit; the message names each, and shows no value."""


class EmbeddedAddresses(Protocol):
    """What settings need to know of the embedded servers."""

    @property
    def redis_url(self) -> str: ...

    def postgres_dsn(self, role: str, database: str) -> str: ...


def _libpq_uri(value: SecretStr) -> SecretStr:
    if urlsplit(value.get_secret_value()).scheme != "postgresql":
        raise ValueError("must be a libpq URI: postgresql://role:password@host:port/database")
    return value


def _redis_uri(value: SecretStr) -> SecretStr:
    if urlsplit(value.get_secret_value()).scheme not in {"redis", "rediss", "unix"}:
        raise ValueError("must start with redis://, rediss:// or unix://")
    return value


def _key(value: SecretStr) -> SecretStr:
    if len(_decoded(value)) != KEY_SIZE_BYTES:
        raise ValueError(f"must be {KEY_SIZE_BYTES} bytes in base64, e.g. from `openssl rand -base64 {KEY_SIZE_BYTES}`")
    return value


def _decoded(value: SecretStr) -> bytes:
    try:
        return base64.b64decode(value.get_secret_value(), validate=True)
    except binascii.Error:
        return b""


DatabaseUrl = Annotated[SecretStr, AfterValidator(_libpq_uri)]
RedisUrl = Annotated[SecretStr, AfterValidator(_redis_uri)]
Key = Annotated[SecretStr, AfterValidator(_key)]
Port = Annotated[int, Field(ge=1, le=65535)]
Count = Annotated[int, Field(ge=1, le=1_000)]
Size = Annotated[int, Field(ge=1_000, le=100_000_000)]


class Location(BaseSettings):
    """Where data and caches live, and whether servers are brought along."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="ignore", hide_input_in_errors=True, validate_default=True
    )

    home: Annotated[Path, AfterValidator(Path.absolute)] = Path(".steelyard")
    mode: Literal["embedded", "production"] = "embedded"


class Settings(Location):
    """All settings, complete and checked.

    Database addresses are libpq URIs (`postgresql://...`): psycopg takes them as they are, SQLAlchemy with the driver
    name `postgresql+psycopg`. They differ by role: `app` serves requests under row-level security, `scheduler` sees the
    heads and progress of all organizations, `migrator` may change the schema and is set for the migrate command alone.
    """

    database_url_app: DatabaseUrl
    database_url_scheduler: DatabaseUrl
    database_url_migrator: DatabaseUrl | None = None
    redis_url: RedisUrl

    operator_key: SecretStr
    """Presented by whoever may found organizations."""
    sealing_key: Key
    """Wraps the keys of organizations, which wrap those of people: without it no name and no note can be read again."""
    token_key: Key
    """Signs cookies and page tokens; changing it ends the sessions of the read-only pages."""

    host: str = "127.0.0.1"
    port: Port = 8420
    public_url: str = Field(default_factory=lambda data: f"http://{data.get('host')}:{data.get('port')}")

    threads: Count = 8
    """Requests handled at a time by one process."""
    worker_threads: Count = 4
    """Jobs handled at a time by one process."""
    pool_size: Count = 12
    """Database connections of one process; it may do both kinds of work, so at least the sum of both."""

    body_bytes_max: Size = 1_000_000
    bulk_body_bytes_max: Size = 10_000_000
    body_seconds_max: Count = 60
    """Whoever sends a body more slowly is not waited for."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def secure_cookies(self) -> bool:
        """Whether a browser may send cookies over TLS only; false for a page served by plain HTTP on this machine."""
        return urlsplit(self.public_url).scheme == "https"

    @property
    def sealing_key_bytes(self) -> bytes:
        return _decoded(self.sealing_key)

    @property
    def token_key_bytes(self) -> bytes:
        return _decoded(self.token_key)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        problems = [*self._unfit_sizes(), *self._unfit_public_url()]
        if self.mode == "production":
            problems += [*self._weak_secrets(), *self._weak_passwords()]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _unfit_sizes(self) -> list[str]:
        wanted = self.threads + self.worker_threads
        if self.pool_size >= wanted:
            return []
        return [f"{PREFIX}POOL_SIZE must be at least {PREFIX}THREADS + {PREFIX}WORKER_THREADS = {wanted}"]

    def _unfit_public_url(self) -> list[str]:
        parts = urlsplit(self.public_url)
        if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK):
            return []
        if parts.scheme == "http" and self.mode == "embedded":
            return []
        return [f"{PREFIX}PUBLIC_URL must start with https:// unless it is this machine itself"]

    def _weak_secrets(self) -> list[str]:
        problems = []
        operator_key = self.operator_key.get_secret_value()
        if len(operator_key) < OPERATOR_KEY_CHARACTERS_MIN:
            problems.append(f"{PREFIX}OPERATOR_KEY must have at least {OPERATOR_KEY_CHARACTERS_MIN} characters")
        secrets = {"OPERATOR_KEY": operator_key.encode(), "SEALING_KEY": self.sealing_key_bytes}
        secrets["TOKEN_KEY"] = self.token_key_bytes
        for name, secret in secrets.items():
            if len(set(secret)) < DISTINCT_CHARACTERS_MIN:
                problems.append(f"{PREFIX}{name} is a pattern, not a random secret")
        if len(set(secrets.values())) < len(secrets):
            problems.append(f"{', '.join(PREFIX + name for name in secrets)} must differ from each other")
        return problems

    def _weak_passwords(self) -> list[str]:
        urls = {"APP": self.database_url_app, "SCHEDULER": self.database_url_scheduler}
        if self.database_url_migrator:
            urls["MIGRATOR"] = self.database_url_migrator
        return [
            f"{PREFIX}DATABASE_URL_{name} has a password of fewer than {PASSWORD_CHARACTERS_MIN} characters"
            for name, url in urls.items()
            # No password at all is right where the server knows its clients by certificate or by socket.
            if 0 < len(urlsplit(url.get_secret_value()).password or "") < PASSWORD_CHARACTERS_MIN
        ]


def locate() -> Location:
    """Where and how to run. Raises SettingsError."""
    try:
        return Location()
    except ValidationError as error:
        raise _named(error) from None


def load() -> Settings:
    """The settings of a deployment, all from the environment. Raises SettingsError."""
    try:
        return Settings(home=locate().home, mode="production")
    except ValidationError as error:
        raise _named(error) from None


def embedded(home: Path, servers: EmbeddedAddresses, database: str = EMBEDDED_DATABASE) -> Settings:
    """The settings of one machine with embedded servers; secrets not set are made once and kept below `home`.

    The migrator is the superuser of that server, who makes the roles on the first start. Raises SettingsError.
    """
    try:
        kept = keep_secrets(home)
        return Settings(
            home=home,
            mode="embedded",
            database_url_app=SecretStr(servers.postgres_dsn("steelyard_app", database)),
            database_url_scheduler=SecretStr(servers.postgres_dsn("steelyard_scheduler", database)),
            database_url_migrator=SecretStr(servers.postgres_dsn(EMBEDDED_SUPERUSER, database)),
            redis_url=SecretStr(servers.redis_url),
            operator_key=_set_or_kept("operator_key", kept),
            sealing_key=_set_or_kept("sealing_key", kept),
            token_key=_set_or_kept("token_key", kept),
        )
    except SecretsFileUnfit as error:
        raise SettingsError(str(error)) from None
    except ValidationError as error:
        raise _named(error) from None


def _set_or_kept(name: Literal["operator_key", "sealing_key", "token_key"], kept: GeneratedSecrets) -> SecretStr:
    return SecretStr(os.environ.get(PREFIX + name.upper()) or getattr(kept, name))


def _named(error: ValidationError) -> SettingsError:
    """The same complaint in terms of variables, without any value."""
    lines = []
    for problem in error.errors(include_input=False, include_url=False, include_context=False):
        message = problem["msg"].removeprefix("Value error, ")
        field = str(problem["loc"][0]).upper() if problem["loc"] else ""
        lines.append(f"{PREFIX}{field}: {message}" if field else message)
    return SettingsError("\n".join(lines))
