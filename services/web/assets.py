"""The static files of the pages, read once from the package: no path of a request ever reaches a file system."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

ROOT = "/static"
FOLDER = "static"
VERSION_CHARACTERS = 16
MEDIA_TYPES: Mapping[str, str] = {
    "css": "text/css",
    "js": "text/javascript",
    "svg": "image/svg+xml",
    "png": "image/png",
}
"""What is served; licences and lists beside them are for people who have the package."""


@dataclass(frozen=True, slots=True)
class Asset:
    content: bytes
    media_type: str
    digest: str


class Assets:
    """Every static file by its name below /static."""

    def __init__(self) -> None:
        self._assets = dict(_read(files("services.web").joinpath(FOLDER), ""))

    def find(self, name: str) -> Asset | None:
        return self._assets.get(name)

    def address(self, name: str) -> str:
        """Where a page finds the file: another content, another address, so that it may be cached for ever."""
        return f"{ROOT}/{name}?v={self._assets[name].digest[:VERSION_CHARACTERS]}"


def _read(folder: Traversable, prefix: str) -> Iterator[tuple[str, Asset]]:
    for entry in folder.iterdir():
        media_type = MEDIA_TYPES.get(entry.name.rpartition(".")[2])
        if entry.is_dir():
            yield from _read(entry, f"{prefix}{entry.name}/")
        elif media_type is not None:
            content = entry.read_bytes()
            yield prefix + entry.name, Asset(content, media_type, hashlib.sha256(content).hexdigest())
