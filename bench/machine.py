"""Under what the figures were measured: they mean nothing without it."""

import os
import platform
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median

import psycopg

Facts = Mapping[str, str | int | float]

FLUSHES = 30
PAGE_SIZE_BYTES = 8_192
_DURABILITY = ("fsync", "synchronous_commit", "full_page_writes", "shared_buffers")
IN_MEMORY = frozenset({"tmpfs", "ramfs"})


def facts(folder: Path, superuser_url: str) -> Facts:
    """Processors, load, disk, and the settings of the server that decide what a commit costs."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        found = [connection.execute("SELECT current_setting(%s)", (name,)).fetchone() for name in _DURABILITY]
        version = connection.execute("SHOW server_version").fetchone()
    settings = {name: str(row[0]) for name, row in zip(_DURABILITY, found, strict=True) if row}
    return {
        "processors": os.cpu_count() or 0,
        "load": load(),
        "python": platform.python_version(),
        "postgres": str(version[0]) if version else "",
        **settings,
        "folder": str(folder),
        "file_system": file_system(folder),
        "flush_ms": round(flush_milliseconds(folder), 3),
    }


def load() -> float:
    """Processes that wanted to run in the last minute, ours among them."""
    return round(os.getloadavg()[0], 2)


def file_system(folder: Path) -> str:
    """Its type, such as ext4; a figure from tmpfs says nothing about a disk."""
    try:
        lines = Path("/proc/self/mounts").read_text().splitlines()
    except OSError:
        return "unknown"
    mounts = [(fields[1], fields[2]) for fields in (line.split() for line in lines)]
    inside = [(point, kind) for point, kind in mounts if folder.resolve().is_relative_to(point)]
    return max(inside, key=lambda mount: len(mount[0]), default=("", "unknown"))[1]


def flush_milliseconds(folder: Path) -> float:
    """The median of writing and flushing one page: no commit of a lone writer is faster."""
    probe = folder / "flush"
    taken = []
    with probe.open("wb") as file:
        for _ in range(FLUSHES):
            began = time.perf_counter()
            file.write(b"x" * PAGE_SIZE_BYTES)
            file.flush()
            os.fsync(file.fileno())
            taken.append(time.perf_counter() - began)
    probe.unlink()
    return median(taken) * 1000
