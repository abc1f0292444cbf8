"""What the log can say no to.

LogError
├── UnknownOrganization    there is no head for this tenant
├── OrganizationHeld       the log is closed for writing: it was found altered
├── UnknownEvent           a name or schema this program does not know
├── BodyUnfit              stored bytes that do not fit their event class
├── SealBroken             sealed text that was altered or moved, or another sealing key
├── KeyReused              an idempotency key came again with another request
└── KeyInProgress          the first request with this key is still at work
VersionConflict            the stream has grown since it was loaded: load and decide again
HeadMoved                  the head is not where it was locked: the same again later (infra.database_errors.Unavailable)
"""

from eventsourcing.persistence import IntegrityError

from infra.database_errors import Unavailable


class LogError(Exception):
    """The log cannot do what was asked."""


class UnknownOrganization(LogError):
    """No organization with this id has a log."""


class OrganizationHeld(LogError):
    """Nothing is written to this log until somebody has looked at it."""


class UnknownEvent(LogError):
    """An event this version of the program cannot read."""

    def __init__(self, name: str, schema: int, why: str) -> None:
        super().__init__(f"event {name!r} in schema {schema}: {why}")
        self.name = name
        self.schema = schema


class BodyUnfit(LogError):
    """Stored JSON that is no value of its class; `pointer` says where."""

    def __init__(self, why: str, pointer: str = "") -> None:
        super().__init__(f"{pointer or 'the body'}: {why}")
        self.why = why
        self.pointer = pointer

    def below(self, step: str | int) -> "BodyUnfit":
        """The same, seen from one level further out."""
        return BodyUnfit(self.why, f"/{step}{self.pointer}")


class SealBroken(LogError):
    """Sealed text does not open with its key: it, its place or the sealing key is not what it was."""


class KeyReused(LogError):
    """The key was used for another request."""


class KeyInProgress(LogError):
    """The key is used by a request that has not ended."""


class VersionConflict(IntegrityError):
    """Somebody appended to the stream first."""


class HeadMoved(Unavailable):
    """The head row was not found where it had been, or nothing came of moving it; nothing was appended."""
