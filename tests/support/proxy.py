"""A wire between client and PostgreSQL that can be cut at the worst moment: around COMMIT."""

import contextlib
import re
import socket
import threading
from collections import Counter
from enum import Enum
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, quote, urlsplit

PORT = 5432
CHUNK_BYTES = 65_536
EARLY_SHARE = 0.2
_COMMIT = re.compile(rb"Q....COMMIT\x00", re.DOTALL)  # a simple query


class Cut(Enum):
    """When both connections are dropped."""

    BEFORE_COMMIT = "the server never hears of it"
    AFTER_COMMIT = "the server has committed, the client never hears of it"


class PostgresProxy:
    """Listens on a unix socket in `folder` and hands everything on; use as a context manager."""

    def __init__(self, superuser_url: str, folder: Path) -> None:
        self._upstream = f"{parse_qs(urlsplit(superuser_url).query)['host'][0]}/.s.PGSQL.{PORT}"
        self._folder = folder
        self._next: Cut | None = None
        self._random: Random | None = None
        self._share = 0.0
        self._delay_seconds_max = 0.0
        self._lock = threading.Lock()
        self.cuts: Counter[Cut] = Counter()
        self._listener = socket.socket(socket.AF_UNIX)

    def url(self, url: str) -> str:
        """The same address through the proxy."""
        return urlsplit(url)._replace(query=f"host={quote(str(self._folder), safe='')}&port={PORT}").geturl()

    def cut_next(self, cut: Cut) -> None:
        """Cut the connection that commits next."""
        self._next = cut

    def cut_often(self, random: Random, share: float, delay_seconds_max: float) -> None:
        """From now on lose a share of all replies to COMMIT, after a delay; a fifth of the cuts come before it."""
        self._random, self._share, self._delay_seconds_max = random, share, delay_seconds_max

    def __enter__(self) -> Self:
        self._listener.bind(str(self._folder / f".s.PGSQL.{PORT}"))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._upstream)
                threading.Thread(target=self._upwards, args=(client, server), daemon=True).start()

    def _upwards(self, client: socket.socket, server: socket.socket) -> None:
        """What the client says; the answers are passed down by a second thread, until they are to be lost."""
        deaf = threading.Event()
        threading.Thread(target=_downwards, args=(client, server, deaf), daemon=True).start()
        with contextlib.suppress(OSError), client, server:
            while data := client.recv(CHUNK_BYTES):
                cut = self._due() if _COMMIT.search(data) else None
                if cut is not None:
                    if cut is Cut.AFTER_COMMIT:
                        deaf.set()
                        server.sendall(data)
                        _wait_for_answer(deaf)
                    threading.Event().wait(self._delay())
                    for each in (client, server):
                        each.shutdown(socket.SHUT_RDWR)
                    return
                server.sendall(data)

    def _due(self) -> Cut | None:
        """What becomes of the COMMIT at hand."""
        with self._lock:
            cut, self._next = self._next, None
            if cut is None and self._random is not None and self._random.random() < self._share:
                cut = Cut.BEFORE_COMMIT if self._random.random() < EARLY_SHARE else Cut.AFTER_COMMIT
            if cut is not None:
                self.cuts[cut] += 1
            return cut

    def _delay(self) -> float:
        return self._random.random() * self._delay_seconds_max if self._random is not None else 0.0


def _downwards(client: socket.socket, server: socket.socket, deaf: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while data := server.recv(CHUNK_BYTES):
            if deaf.is_set():
                deaf.clear()  # the answer to COMMIT has come, and goes no further
                return
            client.sendall(data)


def _wait_for_answer(deaf: threading.Event) -> None:
    while deaf.is_set():
        threading.Event().wait(0.001)
