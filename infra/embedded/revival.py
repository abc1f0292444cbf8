"""A server that is started again when it dies: begun at one look, ready at a later one, so that no look ever waits."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from infra.embedded.errors import ServerDidNotStart
from infra.embedded.process import log_tail


@dataclass(slots=True)
class Revivable:
    """`begin` makes a new child; `ready` says whether one takes work. Recovery takes the time it needs."""

    name: str
    child: subprocess.Popen[bytes]
    begin: Callable[[], subprocess.Popen[bytes]]
    ready: Callable[[subprocess.Popen[bytes]], bool]
    log: Path
    is_starting: bool = False

    def came_back(self) -> bool:
        """Look after it; whether it is ready again since the last look. Raises ServerDidNotStart."""
        if self.child.poll() is not None:
            has_failed, said = self.is_starting, log_tail(self.log)
            self.child, self.is_starting = self.begin(), True
            if has_failed:
                raise ServerDidNotStart(self.name, f"see {self.log}", said)
            return False
        if self.is_starting and self.ready(self.child):
            self.is_starting = False
            return True
        return False
