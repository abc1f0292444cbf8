"""Backups that somebody has changed: with every sum in them right again, so that only the logs can tell."""

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from infra.backup.archive import Archive, written
from infra.backup.manifest import Manifest, Member
from infra.migrations import run as migrations
from services.app import App
from services.restoring import check, require_key, restore
from services.wiring import build
from tests.support.app import settings_for
from tests.support.database import TestDatabase

Row = dict[str, str]
Edit = Callable[[list[Row]], list[Row]]


def quiet(_what: str, _done: int, _size: int) -> None:
    """Nobody wants to know how far it is."""


def migrator(database: TestDatabase) -> str:
    """The address for backups and restores, as production has it: no superuser."""
    return database.url("steelyard_migrator")


def restored(app: App, database: TestDatabase, file: Path) -> Manifest:
    """Checked and brought in, as the command does it; what it was."""
    with Archive.opened(file) as archive:
        check(archive, quiet)
        require_key(archive, app.settings.sealing_key_bytes)
        restore(app, migrator(database), archive, quiet)
        return archive.manifest


def rewritten(
    file: Path, edits: dict[str, Edit], of_manifest: Callable[[Manifest], Manifest] = lambda made: made
) -> Path:
    """A copy with these tables edited, and their sums, numbers of rows and the sum of the file made anew."""
    target = file.with_name(f"{file.stem}-rewritten.backup")
    target.unlink(missing_ok=True)
    with Archive.opened(file) as archive, written(target) as copy:
        members = []
        for member in archive.manifest.members:
            pieces = archive.pieces(member)
            data = b"".join(pieces)
            rows = member.rows
            if member.table in edits:
                edited = edits[member.table](list(csv.DictReader(io.StringIO(data.decode(), newline=""))))
                data, rows = _csv(member, edited), len(edited)
            with copy.member(member.name) as writer:
                list(writer.through(iter([data])))
                writer.flush()
                members.append(replace(member, rows=rows, sha256=writer.sha256))
        copy.finish(of_manifest(replace(archive.manifest, members=tuple(members))))
    return target


def _csv(member: Member, rows: list[Row]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, member.columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


@contextmanager
def empty_installation(database: TestDatabase, redis_url: str, home: Path) -> Iterator[App]:
    """The service on that database, with the secrets of all tests."""
    migrations.migrate(database.superuser_url)
    app = build(settings_for(database, redis_url, home))
    try:
        yield app
    finally:
        app.close()
