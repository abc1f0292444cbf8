"""Following a log by looking at its head: nothing can be committed between a look and a LISTEN, since there is none."""

import threading
from collections import deque
from collections.abc import Sequence

from eventsourcing.persistence import ApplicationRecorder, Notification, Subscription

PAGE_SIZE = 500
POLL_SECONDS = 0.02


class HeadSubscription(Subscription[ApplicationRecorder]):
    """Yields what is in the log, then blocks until there is more; ends when stopped, from any thread."""

    def __init__(self, recorder: ApplicationRecorder, gt: int | None = None, topics: Sequence[str] = ()) -> None:
        super().__init__(recorder, gt, topics)
        self._after = gt or 0
        self._page: deque[Notification] = deque()
        self._stopped = threading.Event()

    def stop(self) -> None:
        """End the iteration, also one that waits."""
        super().stop()
        self._stopped.set()

    def __next__(self) -> Notification:
        while not self._stopped.is_set():
            if self._page:
                return self._page.popleft()
            if not self._pull():
                self._stopped.wait(POLL_SECONDS)
        raise StopIteration

    def _pull(self) -> bool:
        """Fetch the next page; False if the head has not moved."""
        head = self._recorder.max_notification_id() or 0
        if head <= self._after:
            return False
        found = self._recorder.select_notifications(
            self._after, PAGE_SIZE, head, self._topics, inclusive_of_start=False
        )
        self._page.extend(found)
        self._after = found[-1].id if len(found) == PAGE_SIZE else head
        return True
