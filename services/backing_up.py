"""A backup: every table of one snapshot in one file, each log checked while it is written.

Writes go on meanwhile, and what is appended after the snapshot is left to the next backup. The file appears when it is
whole. What a log holds that was not appended is found here, and then no file is made: it could not be restored.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection

from infra.backup import history, rows
from infra.backup.archive import ArchiveWriter, written
from infra.backup.errors import UnfitBackup
from infra.backup.manifest import FORMAT, LiveProjection, Manifest, Member, Organization
from infra.backup.owner import one_snapshot
from infra.backup.tables import EVENT, HEAD, ORGANIZATION, copied_out, kept_tables
from infra.eventstore.verify import Verified
from infra.migrations.run import revision_of
from projections import progress
from projections.digest import digest
from services.app import App

PRODUCT = "steelyard"

Tell = Callable[[str, int, int], None]
"""What is being done, how far it is, and of how many."""


def back_up(app: App, url_migrator: str, file: Path, tell: Tell) -> Manifest:
    """Write the file, and say what is in it. Raises UnfitBackup, LogAltered, OSError."""
    with written(file) as archive, one_snapshot(url_migrator) as connection:
        source = _Source(connection, tell)
        members, logs = source.tables_into(archive)
        made = Manifest(
            format=FORMAT,
            product=f"{PRODUCT} {version(PRODUCT)}",
            revision=revision_of(connection),
            taken_at=source.taken_at,
            members=members,
            organizations=source.organizations(app, logs),
        )
        archive.finish(made)
    return made


class _Source:
    """The snapshot a backup is taken from."""

    def __init__(self, connection: Connection, tell: Tell) -> None:
        self._connection = connection
        self._tell = tell
        self.taken_at = _now(connection)
        self._tables = {table.name: table for table in kept_tables(connection)}
        with copied_out(connection, self._tables[HEAD]) as pieces:
            self._heads = rows.heads(pieces)
        with copied_out(connection, self._tables[ORGANIZATION]) as pieces:
            self._codes = rows.codes(pieces)
        if not self._heads:
            raise UnfitBackup("there are no organizations here, so there is nothing to keep: is it the right database?")

    def tables_into(self, archive: ArchiveWriter) -> tuple[tuple[Member, ...], dict[UUID, Verified]]:
        """A member for each table, and what the logs come to."""
        logs: dict[UUID, Verified] = {}
        members = []
        for table in self._tables.values():
            with (
                archive.member(f"tables/{table.name}.csv.gz") as member,
                copied_out(self._connection, table) as pieces,
            ):
                counted = _Counted(member.through(pieces))
                if table.name == EVENT:
                    logs = history.verified(self._heads, rows.events(counted), self._events_done)
                deque(counted, maxlen=0)
                member.flush()
                members.append(Member(table.name, table.columns, counted.count - 1, member.sha256))
        return tuple(members), logs

    def organizations(self, app: App, logs: Mapping[UUID, Verified]) -> tuple[Organization, ...]:
        """Each with its root and the digests of what is read of it."""
        found = []
        for done, (tenant, log) in enumerate(logs.items(), 1):
            live = live_projections(self._connection, app, tenant)
            found.append(Organization(tenant, self._codes.get(tenant, ""), log.size, log.root.hex(), live))
            self._tell("projections", done, len(logs))
        return tuple(found)

    def _events_done(self, done: int) -> None:
        self._tell("events", done, sum(head.position for head in self._heads.values()))


class _Counted:
    """Pieces as they come by: the line of columns, then one a row."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self.count = 0

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        piece = next(self._pieces)
        self.count += 1
        return piece


def _now(connection: Connection) -> datetime:
    """By the clock that the events carry. The first statement: the snapshot is of this moment."""
    found = connection.exec_driver_sql("SELECT now()").scalar()
    assert isinstance(found, datetime)
    return found


def live_projections(connection: Connection, app: App, tenant: UUID) -> tuple[LiveProjection, ...]:
    """What is read of each projection that has begun, as this transaction sees it."""
    begun = progress.live(connection, tenant, [projection.name for projection in app.projections])
    return tuple(
        LiveProjection(each.name, live.generation, live.position, digest(connection, tenant, each, live.generation))
        for each in app.projections
        if (live := begun.get(each.name)) is not None
    )
