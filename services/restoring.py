"""A restore: the whole file is checked, then brought into an empty installation in one transaction, or nothing of it.

Before the commit the database itself is asked: every leaf, root and digest must be what the backup says. A restore that
is killed leaves the installation as empty as it was.
"""

from uuid import UUID

import psycopg
from sqlalchemy import Connection

from infra.backup import history, rows
from infra.backup.archive import Archive
from infra.backup.errors import BackupError, Damaged, UnfitBackup
from infra.backup.manifest import Manifest, Organization
from infra.backup.owner import one_change
from infra.backup.rows import UnreadableRow
from infra.backup.tables import (
    DATA_KEY,
    EVENT,
    HEAD,
    ORGANIZATION,
    KeptTable,
    analyze,
    copy_in,
    filled,
    kept_tables,
    lock,
)
from infra.eventstore.errors import SealBroken
from infra.eventstore.log import Head
from infra.eventstore.sealing import Sealer, key_place
from infra.eventstore.verify import Verified, verify_log
from infra.migrations import run
from services.app import App
from services.backing_up import Tell, live_projections

CODES_SHOWN = 3


class NotAsBackedUp(BackupError):
    """The database made something else of the rows than the backup says; nothing of it was kept."""


def check(archive: Archive, tell: Tell) -> None:
    """Read the whole file, and find out whether it is what was written and every log in it whole.

    Raises LogAltered with the first bad position of a log, Damaged for anything else, UnfitBackup for a file of
    another revision of the schema. Nothing but the file is needed.
    """
    made = archive.manifest
    _refuse_other_revision(made)
    heads = _heads(archive)
    for member in made.members:
        pieces = archive.pieces(member)
        if member.table == EVENT:
            logs = history.verified(heads, rows.events(pieces), lambda done: tell("checking events", done, made.events))
            _compare_roots(made, logs)
        for _piece in pieces:
            pass
    archive.check_sum()


def require_key(archive: Archive, sealing_key: bytes) -> None:
    """Every data key opens with the sealing key of these settings. Raises UnfitBackup."""
    sealer = Sealer(sealing_key)
    for key in rows.data_keys(archive.pieces(archive.manifest.member(DATA_KEY))):
        try:
            sealer.unwrap(key.wrapped, key_place(key.organization, key.key_id, key.principal))
        except SealBroken:
            raise UnfitBackup(
                "the sealing key of these settings (STEELYARD_SEALING_KEY, or sealing_key in secrets.json) is not the "
                "one of the service that was backed up: put that one there, no sealed text can be read without it"
            ) from None


def restore(app: App, url_migrator: str, archive: Archive, tell: Tell) -> None:
    """Bring a checked backup in. Raises UnfitBackup for an installation that is not empty, NotAsBackedUp, Damaged."""
    made = archive.manifest
    with one_change(url_migrator) as connection:
        tables = _tables(connection, made)
        lock(connection, tables)
        _refuse_filled(connection, tables)
        for done, table in enumerate(tables, 1):
            _copy(connection, archive, table)
            tell("restoring tables", done, len(tables))
        analyze(connection, tables)
        for done, organization in enumerate(made.organizations, 1):
            _compare(connection, app, organization)
            tell("verifying", done, len(made.organizations))


def _refuse_other_revision(made: Manifest) -> None:
    wanted = run.latest()
    if made.revision == wanted:
        return
    known = {script.revision for script in run.scripts().walk_revisions()}
    if made.revision in known:
        raise UnfitBackup(
            f"the backup was made by {made.product} at revision {made.revision} of the schema, this version has "
            f"{wanted}: restore it with {made.product}, then start this version, which brings the schema up to date "
            "(in production `steelyard migrate`)"
        )
    raise UnfitBackup(
        f"the backup was made by {made.product} at revision {made.revision} of the schema, which this version does not "
        "know: restore it with that version"
    )


def _heads(archive: Archive) -> dict[UUID, Head]:
    """Raises Damaged unless they are those the manifest tells of."""
    member = archive.manifest.member(HEAD)
    try:
        heads = rows.heads(archive.pieces(member))
    except UnreadableRow:
        raise Damaged(member.name, "a row cannot be read") from None
    told = {each.organization: each.position for each in archive.manifest.organizations}
    if told != {tenant: head.position for tenant, head in heads.items()}:
        raise Damaged(member.name, "its heads are not those of the manifest")
    return heads


def _compare_roots(made: Manifest, logs: dict[UUID, Verified]) -> None:
    for organization in made.organizations:
        _compare_root(organization, logs[organization.organization])


def _compare_root(organization: Organization, log: Verified) -> None:
    if (organization.position, organization.root) != (log.size, log.root.hex()):
        raise NotAsBackedUp(
            f"organization {organization.code} ({organization.organization}): the root over its {log.size} events is "
            f"{log.root.hex()}, the backup was made with {organization.root}: history was rewritten as a whole"
        )


def _tables(connection: Connection, made: Manifest) -> tuple[KeptTable, ...]:
    """Those of the database, if the backup has the same."""
    tables = kept_tables(connection)
    there = {table.name: table.columns for table in tables}
    brought = {member.table: member.columns for member in made.members}
    other = sorted(name for name in there | brought if there.get(name) != brought.get(name))
    if other:
        raise UnfitBackup(f"the backup has other tables or columns than this database: {', '.join(other)}")
    return tables


def _refuse_filled(connection: Connection, tables: tuple[KeptTable, ...]) -> None:
    counts = filled(connection, tables)
    if not counts:
        return
    shown = connection.exec_driver_sql("SELECT code FROM steelyard.organization ORDER BY code LIMIT 3").scalars().all()
    named = f" ({', '.join(shown)}{', ...' if counts.get(ORGANIZATION, 0) > CODES_SHOWN else ''})" if shown else ""
    others = ", ".join(name for name in counts if name not in (ORGANIZATION, EVENT))
    raise UnfitBackup(
        f"the installation is not empty: {counts.get(ORGANIZATION, 0)} organizations{named}, "
        f"{counts.get(EVENT, 0)} events{', rows in ' if others else ''}{others}; a backup is restored into an empty one"
    )


def _copy(connection: Connection, archive: Archive, table: KeptTable) -> None:
    member = archive.manifest.member(table.name)
    try:
        count = copy_in(connection, table, archive.pieces(member))
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        raise Damaged(member.name, f"PostgreSQL refuses a row of it ({type(error).__name__})") from None
    if count != member.rows:
        raise Damaged(member.name, f"it has {count} rows instead of {member.rows}")


def _compare(connection: Connection, app: App, organization: Organization) -> None:
    """What now stands in the database with what the backup was made of. Raises LogAltered, NotAsBackedUp."""
    tenant = organization.organization
    _compare_root(organization, verify_log(connection, tenant))
    found = live_projections(connection, app, tenant)
    for wanted in organization.projections:
        if wanted not in found:
            raise NotAsBackedUp(
                f"organization {organization.code} ({tenant}): projection {wanted.projection} does not have the rows, "
                f"generation or position it was backed up with"
            )
