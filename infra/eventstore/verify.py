"""Whether a log is what was once appended: every leaf and the root recomputed from the stored bytes.

Reads page by page, so that memory does not grow with the log. An altered event differs from its leaf. Whoever alters
leaves as well changes the root, and is found by any older root that was kept elsewhere: hand it in as a checkpoint.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import Connection

from infra.eventstore.errors import UnknownOrganization
from infra.eventstore.leaf import StoredRow, leaf_of
from infra.eventstore.merkle import Frontier
from infra.eventstore.recorder import TenantRecorder

PAGE_SIZE = 1_000

_HEAD = "SELECT position, recorded_at, definition_position FROM steelyard.tenant_head WHERE tenant_id = %(tenant)s"
NO_CHECKPOINTS: Mapping[int, bytes] = MappingProxyType({})


class Flaw(StrEnum):
    """What can be wrong at a position."""

    MISSING = "missing"
    """No event stands here, though later ones or the head do."""
    ALTERED = "altered"
    """The event is not what its leaf says: body, name, stream, version, place, time or actor, or the leaf itself."""
    NOT_A_VERSION = "not-a-version"
    """A fact whose version is not its position."""
    BEFORE_ITS_TIME = "before-its-time"
    """Recorded before the event in front of it."""
    HEAD_TOO_SHORT = "head-too-short"
    """An event stands behind the head."""
    HEAD_TOO_EARLY = "head-too-early"
    """The head carries an earlier time than the last event."""
    OTHER_DEFINITION = "other-definition"
    """The head names another last definition than the log has, so definitions would be passed over or read in vain."""
    UNREADABLE = "unreadable"
    """In a backup: what stands here, or the file from here on, cannot be read."""
    NOT_THE_CHECKPOINT = "not-the-checkpoint"
    """The events up to here are in order, but not those whose root was kept: history was rewritten as a whole."""


_SENTENCES = {
    Flaw.MISSING: "there is no event, though the log goes on behind it",
    Flaw.ALTERED: "the stored event is not the one its leaf was made of",
    Flaw.NOT_A_VERSION: "a fact has a version that is not its position",
    Flaw.BEFORE_ITS_TIME: "the event was recorded before the one in front of it",
    Flaw.HEAD_TOO_SHORT: "there is an event behind the head",
    Flaw.HEAD_TOO_EARLY: "the head is older than the last event",
    Flaw.OTHER_DEFINITION: "the head names another event as the last definition",
    Flaw.UNREADABLE: "what stands here cannot be read",
    Flaw.NOT_THE_CHECKPOINT: "the root of the events up to here is not the one that was kept",
}


@dataclass(frozen=True, slots=True)
class Verified:
    """The log is whole; `root` is over all its `size` events."""

    size: int
    root: bytes


class LogAltered(Exception):
    """The log of `tenant` is not what was appended; `position` is the first at which that shows."""

    def __init__(self, tenant: UUID, position: int, flaw: Flaw) -> None:
        super().__init__(f"organization {tenant}, position {position}: {_SENTENCES[flaw]}")
        self.tenant = tenant
        self.position = position
        self.flaw = flaw


def verify_log(
    connection: Connection,
    tenant: UUID,
    progress: Callable[[int, int], None] = lambda done, size: None,
    checkpoints: Mapping[int, bytes] = NO_CHECKPOINTS,
) -> Verified:
    """Check positions 1 to the head; `progress` is told (done, size) after each page.

    `checkpoints` are roots by size, from earlier verifications. Raises LogAltered, UnknownOrganization.
    What is appended meanwhile is left to the next verification.
    """
    head = connection.exec_driver_sql(_HEAD, {"tenant": tenant}).one_or_none()
    if head is None:
        raise UnknownOrganization(str(tenant))
    check = LogCheck(tenant, checkpoints)
    recorder = TenantRecorder(lambda: nullcontext(connection), tenant)
    for page in _pages(recorder, head.position):
        for row in page:
            check.event(row)
        progress(check.frontier.size, head.position)
    check.head(head.position, head.recorded_at, head.definition_position)
    if recorder.log(after=head.position, limit=1):
        _refuse_overhang(connection, tenant, head.position)
    return Verified(check.frontier.size, check.frontier.root())


class LogCheck:
    """Where the check of one log has got to: its events in order, then its head. Raises LogAltered."""

    def __init__(self, tenant: UUID, checkpoints: Mapping[int, bytes] = NO_CHECKPOINTS) -> None:
        self.frontier = Frontier()
        self._tenant = tenant
        self._checkpoints = checkpoints
        self._recorded_at: datetime | None = None
        self._defined = 0

    def event(self, row: StoredRow) -> None:
        position = self.frontier.size + 1
        if row.position != position:
            self._refuse(position, Flaw.MISSING)
        if row.fact and row.version != position:
            self._refuse(position, Flaw.NOT_A_VERSION)
        if leaf_of(self._tenant, row) != row.leaf:
            self._refuse(position, Flaw.ALTERED)
        if self._recorded_at is not None and row.recorded_at < self._recorded_at:
            self._refuse(position, Flaw.BEFORE_ITS_TIME)
        self._recorded_at = row.recorded_at
        self._defined = self._defined if row.fact else position
        self.frontier.add(row.leaf)
        if position in self._checkpoints and self.frontier.root() != self._checkpoints[position]:
            self._refuse(position, Flaw.NOT_THE_CHECKPOINT)

    def head(self, position: int, recorded_at: datetime, definition_position: int) -> None:
        """The log reaches the head, which knows its last definition, and every checkpoint lies within it."""
        if self.frontier.size < max(position, *self._checkpoints, 0):
            self._refuse(self.frontier.size + 1, Flaw.MISSING)
        if self._recorded_at is not None and recorded_at < self._recorded_at:
            self._refuse(position, Flaw.HEAD_TOO_EARLY)
        if definition_position != self._defined:
            self._refuse(max(definition_position, self._defined), Flaw.OTHER_DEFINITION)

    def _refuse(self, position: int, flaw: Flaw) -> None:
        raise LogAltered(self._tenant, position, flaw)


def _pages(recorder: TenantRecorder, until: int) -> Iterator[tuple[StoredRow, ...]]:
    after = 0
    while after < until:
        page = recorder.log(after=after, limit=min(PAGE_SIZE, until - after))
        if not page:
            return
        yield page
        after = page[-1].position


def _refuse_overhang(connection: Connection, tenant: UUID, position: int) -> None:
    """An event behind the head: appended since, and then the head has moved as well, or put there."""
    if connection.exec_driver_sql(_HEAD, {"tenant": tenant}).one().position == position:
        raise LogAltered(tenant, position + 1, Flaw.HEAD_TOO_SHORT)
