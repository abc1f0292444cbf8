"""A client that asks for one page over and over on many connections, and notes how long each answer took."""

import asyncio
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

HEADER_END = b"\r\n\r\n"
LENGTH_HEADER = b"content-length:"
OK = b" 200 "


class NotOk(Exception):
    """The server answered, but not what was asked for."""


@dataclass(frozen=True, slots=True)
class Load:
    """`latencies` in seconds; `size_bytes` is that of one body."""

    seconds: float
    latencies: tuple[float, ...]
    size_bytes: int


def load(url: str, token: str, connections: int, seconds: float) -> Load:
    """As many requests as are answered in that time, one after the other on each connection."""
    parts = urlsplit(url)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    lines = (f"GET {target} HTTP/1.1", f"Host: {parts.netloc}", f"Authorization: Bearer {token}", "", "")
    request = "\r\n".join(lines).encode()
    return asyncio.run(_load(parts.hostname or "", parts.port or 80, request, connections, seconds))


async def _load(host: str, port: int, request: bytes, connections: int, seconds: float) -> Load:
    began = time.perf_counter()
    asking = (_ask(host, port, request, began + seconds) for _ in range(connections))
    answers = [each for answered in await asyncio.gather(*asking) for each in answered]
    elapsed = time.perf_counter() - began
    return Load(elapsed, tuple(latency for latency, _ in answers), max(size for _, size in answers))


async def _ask(host: str, port: int, request: bytes, end: float) -> list[tuple[float, int]]:
    answers: list[tuple[float, int]] = []
    reader, writer = await asyncio.open_connection(host, port, limit=2**20)
    now = time.perf_counter()
    while now < end:
        writer.write(request)
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
