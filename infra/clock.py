"""Where time and ids come from: the shell takes them here and hands them on as values."""

from datetime import UTC, datetime
from uuid import UUID

from uuid_utils.compat import uuid7


def now() -> datetime:
    """The present instant, aware, in UTC, to the microsecond."""
    return datetime.now(UTC)  # noqa: TID251 - the one place


def new_id() -> UUID:
    """A UUIDv7: sorts by the time it was made, so that new rows lie together in an index."""
    return uuid7()
