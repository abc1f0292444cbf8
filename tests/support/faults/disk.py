"""A disk of its own that can be filled to the last byte: a file system in memory, where mounting is allowed."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

REFILL_SECONDS = 0.05
CHUNK_BYTES = 65_536


class CannotMount(Exception):
    """This account may not mount."""


class SmallDisk:
    """Mounted at `folder`. What its users set free while it is full is taken at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    @contextmanager
    def filled(self) -> Iterator[None]:
        """Not a byte is free while the block runs."""
        end = threading.Event()
        filler = threading.Thread(target=self._fill, args=(end,))
        filler.start()
        try:
            yield
        finally:
            end.set()
            filler.join()
            self._ballast.unlink()

    def _fill(self, end: threading.Event) -> None:
        with self._ballast.open("wb", buffering=0) as file:
            while True:
                with suppress(OSError):
                    while True:
                        file.write(b"\0" * CHUNK_BYTES)
                if end.wait(REFILL_SECONDS):
                    return


@contextmanager
def mounted(folder: Path, size_bytes: int) -> Iterator[SmallDisk]:
    """A disk of that size. Raises CannotMount."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={size_bytes},mode=0755", "tmpfs", str(folder)]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise CannotMount(f"no disk of one's own can be mounted here: {error}") from error
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
