"""Whether the logs in a backup are whole: the same check as of a log in the database, on rows as they come by."""

from collections.abc import Callable, Iterator, Mapping
from uuid import UUID

from infra.backup.errors import Damaged
from infra.backup.rows import EventRow, UnreadableRow
from infra.eventstore.log import Head
from infra.eventstore.verify import Flaw, LogAltered, LogCheck, Verified

EVENTS_PER_REPORT = 1_000


def verified(
    heads: Mapping[UUID, Head], rows: Iterator[EventRow], tell: Callable[[int], None] = lambda done: None
) -> dict[UUID, Verified]:
    """Every log up to its head, in order of organization and position; `tell` hears how many events are done.

    Raises LogAltered at the first position that is not what was appended, also where rows cannot be read any further;
    Damaged if something is wrong behind the last event.
    """
    walk = _Walk(rows, tell)
    found = {tenant: walk.log(tenant, head) for tenant, head in sorted(heads.items())}
    walk.end()
    return found


class _Walk:
    """Where the check has got to; `_ahead` is the next row, None after the last."""

    def __init__(self, rows: Iterator[EventRow], tell: Callable[[int], None]) -> None:
        self._rows = rows
        self._tell = tell
        self._done = 0
        self._broken: Exception | None = None
        self._ahead: EventRow | None = None
        self._step()

    def log(self, tenant: UUID, head: Head) -> Verified:
        check = LogCheck(tenant)
        while self._ahead is not None and self._ahead.organization == tenant:
            check.event(self._ahead.row)
            self._step()
        size = check.frontier.size
        if self._broken and size < head.position:
            raise LogAltered(tenant, size + 1, Flaw.UNREADABLE) from None
        if size > head.position:
            raise LogAltered(tenant, head.position + 1, Flaw.HEAD_TOO_SHORT)
        check.head(head.position, head.recorded_at, head.definition_position)
        return Verified(size, check.frontier.root())

    def end(self) -> None:
        if self._ahead is not None:
            raise LogAltered(self._ahead.organization, self._ahead.row.position, Flaw.HEAD_TOO_SHORT)
        if self._broken:
            raise self._broken
        self._tell(self._done)

    def _step(self) -> None:
        """A break is kept until it is known which event was to come."""
        try:
            self._ahead = next(self._rows, None)
        except (Damaged, UnreadableRow) as error:
            self._ahead, self._broken = None, error
        self._done += self._ahead is not None
        if not self._done % EVENTS_PER_REPORT:
            self._tell(self._done)
