"""The file of a backup: a zip of gzip members, whose last 64 bytes are the SHA-256 of all bytes before them.

Zip and gzip are read by everybody's tools; the sum at the end is the comment of the zip. `tail -c 64 FILE` shows it,
`head -c -64 FILE | sha256sum` computes it.
"""

import gzip
import os
import struct
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, Self, cast
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from infra.backup import manifest
from infra.backup.errors import Damaged, UnfitBackup
from infra.backup.manifest import Manifest, Member

SUM_BYTES = 64
PIECE_BYTES = 65_536
COMPRESSION_LEVEL = 3
MANIFEST_BYTES_MAX = 1_000_000_000
_MODE = 0o600 << 16
_GZIP = 16 + zlib.MAX_WBITS
_UNREADABLE = (BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, LookupError, ValueError)
"""What zipfile and zlib raise for bytes that are not what they wrote."""


class MemberWriter:
    """Takes the CSV of one table; `sha256` is that of everything written so far."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._waiting = bytearray()
        self._hashed = sha256()

    def through(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """Write every piece, and hand it on."""
        for piece in pieces:
            self._waiting += piece
            if len(self._waiting) >= PIECE_BYTES:
                self.flush()
            yield piece

    def flush(self) -> None:
        """Write what is waiting: rows come one at a time, and each call of the compressor has its price."""
        self._hashed.update(self._waiting)
        self._file.write(self._waiting)
        self._waiting.clear()

    @property
    def sha256(self) -> str:
        return self._hashed.hexdigest()


@dataclass(frozen=True, slots=True)
class ArchiveWriter:
    """Members in the order written, the manifest last."""

    _zip: ZipFile

    @contextmanager
    def member(self, name: str) -> Iterator[MemberWriter]:
        """Compressed as it is written."""
        with (
            self._zip.open(_info(name), "w", force_zip64=True) as stored,
            gzip.GzipFile(fileobj=stored, mode="wb", compresslevel=COMPRESSION_LEVEL, filename="", mtime=0) as file,
        ):
            writer = MemberWriter(cast(IO[bytes], file))
            yield writer
            writer.flush()

    def finish(self, made: Manifest) -> None:
        self._zip.writestr(_info(manifest.NAME), manifest.encode(made))


@contextmanager
def written(file: Path) -> Iterator[ArchiveWriter]:
    """The file appears, whole and on disk, at the end of the block; after any error nothing is left.

    Readable by its owner alone: it holds what organizations wrote, and digests of keys. Raises OSError.
    """
    try:
        handle, side = tempfile.mkstemp(prefix=f".{file.name}.", suffix=".part", dir=file.parent)  # of mode 0600
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(file)) from None  # the name that was asked for
    try:
        with os.fdopen(handle, "w+b") as stream:
            with ZipFile(stream, "w", ZIP_STORED) as container:
                container.comment = b"0" * SUM_BYTES
                yield ArchiveWriter(container)
            _write_sum(stream)
        Path(side).replace(file)
        _keep_name(file.parent)
    except BaseException:
        Path(side).unlink(missing_ok=True)
        raise


def _info(name: str) -> ZipInfo:
    """With the same date for all: one state of the data makes one sequence of bytes."""
    info = ZipInfo(name)
    info.external_attr = _MODE
    return info


def _write_sum(stream: IO[bytes]) -> None:
    found = _sum(stream)
    stream.seek(-SUM_BYTES, os.SEEK_END)
    stream.write(found.encode())
    stream.flush()
    os.fsync(stream.fileno())


def _keep_name(folder: Path) -> None:
    """A rename is kept once its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sum(stream: IO[bytes]) -> str:
    left = stream.seek(0, os.SEEK_END) - SUM_BYTES
    stream.seek(0)
    hashed = sha256()
    while left > 0:
        piece = stream.read(min(PIECE_BYTES, left))
        if not piece:
            break
        hashed.update(piece)
        left -= len(piece)
    return hashed.hexdigest()


@dataclass(frozen=True, slots=True)
class Archive:
    """A backup that is open for reading; what is damaged shows when it is read."""

    manifest: Manifest
    _stream: IO[bytes]
    _zip: ZipFile

    @classmethod
    @contextmanager
    def opened(cls, file: Path) -> Iterator[Self]:
        """Raises OSError, UnfitBackup, Damaged."""
        with file.open("rb") as stream:
            try:
                container = ZipFile(stream)
            except _UNREADABLE:
                raise Damaged("the file", "it was cut off, its end was changed, or it never was a backup") from None
            with container:
                yield cls(_manifest(container, file), stream, container)

    def pieces(self, member: Member) -> Iterator[bytes]:
        """The CSV of a table. Raises Damaged, at the latest after the last piece; before that come all sound bytes."""
        hashed = sha256()
        try:
            with self._zip.open(member.name) as stored:
                for piece in _inflated(_raw(stored, self._zip.getinfo(member.name).file_size)):
                    hashed.update(piece)
                    yield piece
        except _UNREADABLE:
            raise Damaged(member.name, "it cannot be unpacked") from None
        if hashed.hexdigest() != member.sha256:
            raise Damaged(member.name, "its rows are not those that were written")

    def check_sum(self) -> None:
        """The last look: at every byte, also those that no reader needs. Raises Damaged."""
        found = _sum(self._stream)
        if self._stream.read(SUM_BYTES) != found.encode():
            raise Damaged("the file", "its last 64 bytes are not the SHA-256 of those before")


def _manifest(container: ZipFile, file: Path) -> Manifest:
    try:
        if container.getinfo(manifest.NAME).file_size > MANIFEST_BYTES_MAX:
            raise Damaged(manifest.NAME, "it is too large")
        data = container.read(manifest.NAME)
    except KeyError:
        raise UnfitBackup(f"{file} is no backup of Steelyard: there is no {manifest.NAME} in it") from None
    except _UNREADABLE:
        raise Damaged(manifest.NAME, "it cannot be read") from None
    found = manifest.format_of(data)
    if found > manifest.FORMAT:
        raise UnfitBackup(
            f"{file} has format {found}, and this version reads up to {manifest.FORMAT}: take the version that made it"
        )
    return manifest.decode(data)


def _raw(stored: IO[bytes], size_bytes: int) -> Iterator[bytes]:
    """Zipfile compares its own sum with the last byte and then hands out nothing, so that byte is read alone."""
    left = size_bytes - 1
    while left > 0 and (piece := stored.read(min(PIECE_BYTES, left))):
        yield piece
        left -= len(piece)
    yield stored.read()


def _inflated(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Unpacked piece by piece; of a broken one, everything before the break."""
    inflater = zlib.decompressobj(_GZIP)
    for piece in pieces:
        before = inflater.copy()
        try:
            yield inflater.decompress(piece)
        except zlib.error:
            with suppress(zlib.error):
                for byte in piece:
                    yield before.decompress(bytes((byte,)))
            raise
    if not inflater.eof or inflater.unused_data:
        raise EOFError("the member has no end")
