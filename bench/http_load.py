"""A client that asks for pages over and over on many connections, and notes how long each answer took."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from urllib.parse import urlsplit

HEADER_END = b"\r\n\r\n"
LENGTH_HEADER = b"content-length:"
OK = b" 200 "


class NotOk(Exception):
    """The server answered, but not what was asked for."""


@dataclass(frozen=True, slots=True)
class Page:
    """What is asked for, with which key; all pages of one load are on one server."""

    url: str
    token: str

    @property
    def request(self) -> bytes:
        parts = urlsplit(self.url)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        lines = (f"GET {target} HTTP/1.1", f"Host: {parts.netloc}", f"Authorization: Bearer {self.token}", "", "")
        return "\r\n".join(lines).encode()


@dataclass(frozen=True, slots=True)
class Load:
    """`latencies` in seconds; `size_bytes` is that of the largest body."""

    seconds: float
    latencies: tuple[float, ...]
    size_bytes: int


def load(pages: Sequence[Page], connections: int, seconds: float) -> Load:
    """As many requests as are answered in that time, one after the other on each connection, which take turns in what
    they ask for."""
    where = urlsplit(pages[0].url)
    return asyncio.run(
        _load(where.hostname or "", where.port or 80, [page.request for page in pages], connections, seconds)
    )


async def _load(host: str, port: int, requests: Sequence[bytes], connections: int, seconds: float) -> Load:
    began = time.perf_counter()
    asking = (
        _ask(host, port, _turns(requests, number * len(requests) // connections), began + seconds)
        for number in range(connections)
    )
    answers = [each for answered in await asyncio.gather(*asking) for each in answered]
    elapsed = time.perf_counter() - began
    return Load(elapsed, tuple(latency for latency, _ in answers), max(size for _, size in answers))


def _turns(requests: Sequence[bytes], first: int) -> Iterator[bytes]:
    return islice(cycle(requests), first, None)


async def _ask(host: str, port: int, requests: Iterator[bytes], end: float) -> list[tuple[float, int]]:
    answers: list[tuple[float, int]] = []
    reader, writer = await asyncio.open_connection(host, port, limit=2**20)
    now = time.perf_counter()
    while not answers or now < end:
        writer.write(next(requests))
        size = await _answer(reader)
        before, now = now, time.perf_counter()
        answers.append((now - before, size))
    writer.close()
    return answers


async def _answer(reader: asyncio.StreamReader) -> int:
    """The size of the body, which is read and not looked at."""
    head = await reader.readuntil(HEADER_END)
    if OK not in head.split(b"\r\n", 1)[0]:
        raise NotOk(head.decode(errors="replace"))
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(LENGTH_HEADER)]
    size = int(lengths[0].removeprefix(LENGTH_HEADER))
    await reader.readexactly(size)
    return size
