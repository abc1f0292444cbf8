"""A Python program as a process of its own that can be killed and started again; its words go to a file."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from tests.services.programs import ROOT

_numbers = count(1)


class Program:
    """`python -m WORDS`; started by `with`, gone at its end."""

    def __init__(self, words: Sequence[str], variables: Mapping[str, str], logs: Path) -> None:
        self._words = [sys.executable, "-m", *words]
        self._variables = dict(variables)
        self._log = logs / f"{words[-1]}-{next(_numbers)}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def start(self) -> None:
        """Start it; the last one must be dead."""
        assert self._process is None or self._process.poll() is not None
        with self._log.open("ab") as output:
            self._process = self._started(output)

    def _started(self, output: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._words, cwd=ROOT, env=self._variables, stdout=output, stderr=output)

    def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    @property
    def lives(self) -> bool:
        """Whether it has not ended."""
        return self._process is not None and self._process.poll() is None

    def said(self) -> str:
        """Everything it printed."""
        return self._log.read_text(errors="replace")
