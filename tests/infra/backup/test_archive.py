"""The file of a backup: whole or not there, and any change of it found."""

import stat
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from uuid import UUID

import pytest

from infra.backup import manifest
from infra.backup.archive import SUM_BYTES, Archive, written
from infra.backup.errors import Damaged, UnfitBackup
from infra.backup.manifest import Manifest, Member, Organization

ROWS = [b"code,number\n", *(f"row-{number},{number * 7919 % 1000}\n".encode() for number in range(5_000))]
ORGANIZATION = Organization(UUID(int=1), "acme", 3, "00" * 32, ())


def write(file: Path, pieces: Iterator[bytes], made_by: int = manifest.FORMAT) -> Path:
    with written(file) as archive:
        with archive.member("tables/things.csv.gz") as member:
            count = len(list(member.through(pieces))) - 1
            member.flush()
            told = Member("things", ("code", "number"), count, member.sha256)
        moment = datetime(2026, 11, 25, tzinfo=UTC)
        archive.finish(Manifest(made_by, "steelyard", "0001", moment, (told,), (ORGANIZATION,)))
    return file


def read(file: Path) -> bytes:
    """Everything there is to find out about a file."""
    with Archive.opened(file) as archive:
        data = b"".join(archive.pieces(archive.manifest.member("things")))
        archive.check_sum()
        return data


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write(tmp_path / "a.backup", iter(ROWS))


def test_what_was_written_is_read_and_belongs_to_its_owner_alone(file: Path) -> None:
    assert read(file) == b"".join(ROWS)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in file.parent.iterdir()] == [file.name]


def test_everybodys_tools_read_it(file: Path) -> None:
    python = "import sys, zipfile, gzip; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None;"
    python += "sys.stdout.buffer.write(gzip.decompress(z.read('tables/things.csv.gz')))"
    shown = subprocess.run(["python3", "-c", python, str(file)], check=True, capture_output=True)
    assert shown.stdout == b"".join(ROWS)
    summed = subprocess.run(f"head -c -64 {file} | sha256sum", shell=True, check=True, capture_output=True)
    assert summed.stdout[:SUM_BYTES] == file.read_bytes()[-SUM_BYTES:]


def test_the_same_rows_make_the_same_bytes(file: Path, tmp_path: Path) -> None:
    assert write(tmp_path / "b.backup", iter(ROWS)).read_bytes() == file.read_bytes()


def test_any_bit_that_is_flipped_is_found(file: Path) -> None:
    whole, random = file.read_bytes(), Random(5)
    ends = [*range(64), *(len(whole) - number for number in range(1, 800))]
    for place in [*ends, *(random.randrange(len(whole)) for _ in range(400))]:
        spoilt = bytearray(whole)
        spoilt[place] ^= 1 << random.randrange(8)
        file.write_bytes(spoilt)
        with pytest.raises((Damaged, UnfitBackup)):
            read(file)


def test_a_file_that_was_cut_off_or_grew_is_refused(file: Path) -> None:
    whole, random = file.read_bytes(), Random(6)
    for size in [0, 1, len(whole) - 1, *(random.randrange(len(whole)) for _ in range(50))]:
        file.write_bytes(whole[:size])
        with pytest.raises(Damaged):
            read(file)
    file.write_bytes(whole + b"x")
    with pytest.raises(Damaged):
        read(file)


def test_all_sound_rows_come_before_the_damage(file: Path) -> None:
    whole = bytearray(file.read_bytes())
    whole[len(whole) // 3] ^= 16
    file.write_bytes(whole)
    found = bytearray()
    with pytest.raises(Damaged) as damaged:
        read_into(found, file)
    assert damaged.value.where == "tables/things.csv.gz"
    sound = len(b"".join(ROWS)) // 5
    assert found[:sound] == b"".join(ROWS)[:sound]


def read_into(found: bytearray, file: Path) -> None:
    with Archive.opened(file) as archive:
        for piece in archive.pieces(archive.manifest.member("things")):
            found += piece


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_a_backup_that_is_broken_off_leaves_nothing(tmp_path: Path, error: type[BaseException]) -> None:
    def broken_off() -> Iterator[bytes]:
        yield ROWS[0]
        raise error

    with pytest.raises(error):
        write(tmp_path / "a.backup", broken_off())
    assert list(tmp_path.iterdir()) == []


def test_a_newer_format_is_refused_by_name(tmp_path: Path) -> None:
    file = write(tmp_path / "a.backup", iter(ROWS), manifest.FORMAT + 1)
    with pytest.raises(UnfitBackup, match="has format 2, and this version reads up to 1"):
        read(file)


def test_a_zip_of_somebody_else_is_no_backup(tmp_path: Path) -> None:
    file = tmp_path / "a.zip"
    subprocess.run(["python3", "-m", "zipfile", "-c", str(file), __file__], check=True)
    with pytest.raises(UnfitBackup, match="no backup of Steelyard"):
        read(file)
