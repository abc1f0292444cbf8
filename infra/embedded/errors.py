"""What can go wrong with the embedded servers; each message says what the operator can do."""

from pathlib import Path


class EmbeddedServerError(Exception):
    """The embedded servers cannot be used as asked."""


class ServerDidNotStart(EmbeddedServerError):
    def __init__(self, name: str, why: str, log: str) -> None:
        super().__init__(f"the embedded {name} did not start: {why}\n{log}".rstrip())


class ServersNotReady(EmbeddedServerError):
    def __init__(self, home: Path, seconds: float) -> None:
        super().__init__(f"another process holds the servers of {home}, but they were not ready within {seconds:g} s")


class DataOfAnotherMajor(EmbeddedServerError):
    def __init__(self, folder: Path, found: str, wanted: str) -> None:
        super().__init__(
            f"{folder} was written by PostgreSQL {found}; this version brings {wanted}, which cannot read it.\n"
            "Start the Steelyard version that wrote it, run `pg_dumpall` against its socket into a file, stop it.\n"
            f"Then move {folder} away, start this version once, and feed the file to `psql`."
        )


class SocketFolderNotOurs(EmbeddedServerError):
    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder} exists, but is no folder of mode 0700 that belongs to this user: remove it")


class NoUnprivilegedUser(EmbeddedServerError):
    def __init__(self, why: str) -> None:
        super().__init__(f"PostgreSQL refuses to run as root, and no other user can run it here: {why}")
