"""`steelyard backup` and `steelyard restore`: everything that must outlive the servers, in one file and back."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated
from uuid import UUID

import psycopg
import typer
from psycopg.errors import InsufficientPrivilege
from sqlalchemy.exc import DBAPIError

from infra.backup.archive import Archive
from infra.backup.errors import BackupError, Damaged, UnfitBackup
from infra.backup.manifest import Manifest, Organization
from infra.eventstore.verify import LogAltered
from services.backing_up import back_up
from services.command_line.comparisons import Compared, compare, comparisons_json, print_comparisons
from services.command_line.organizations import all_organizations
from services.command_line.output import AsJson, Json, print_json, print_table, progress, remark, say, telling
from services.command_line.session import Session, opened
from services.command_line.statuses import Status, Stopped, found_wrong, unfit
from services.restoring import check, require_key
from services.restoring import restore as bring_in

BackupFile = Annotated[Path, typer.Argument(help="The backup.", metavar="FILE")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check the whole file and restore nothing; needs no server.")]
_NUMBERS = frozenset({"Events"})


def backup(file: BackupFile, as_json: AsJson = False) -> None:
    """Write everything that must not be lost to a new file, while the service runs.

    Logs, organizations, digests of keys, answers under idempotency keys and
    projections, as of one moment; every log is verified on the way. The file
    appears when it is whole. It does not hold the secrets: without the sealing
    key its sealed texts cannot be read, so keep that too, and apart from it.
    In production STEELYARD_DATABASE_URL_MIGRATOR must be set.

    Examples:
      $ steelyard backup steelyard-2026-11-25.backup
    """
    if file.exists():
        raise unfit(f"{file} is there already: name a new file")
    with opened() as session:
        codes = {tenant: code for code, tenant, _ in all_organizations(session.app)}
        with progress() as bar, _refusals(file, codes):
            made = back_up(session.app, _migrator(session), file, telling(bar))
    _report(made, file, as_json)


def restore(file: BackupFile, dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Bring a backup into an empty installation, and compare what is read with the log.

    First the whole file is checked: if anything in it is damaged this ends with 1
    and names it, of a log the organization and the first bad position, and
    nothing is written. Then all of it goes in by one transaction and is verified
    there. At the end every projection is built anew from its log and compared.
    In production STEELYARD_DATABASE_URL_MIGRATOR must be set.

    Examples:
      $ steelyard restore steelyard-2026-11-25.backup --dry-run
      $ steelyard restore steelyard-2026-11-25.backup
    """
    with _refusals(file, {}), Archive.opened(file) as archive:
        made = archive.manifest
        with progress() as bar, _refusals(file, _codes(made)):
            check(archive, telling(bar))
        if dry_run:
            _report(made, file, as_json)
            return
        with opened(founding=True) as session, progress() as bar, _refusals(file, _codes(made)):
            tell = telling(bar)
            require_key(archive, session.app.settings.sealing_key_bytes)
            bring_in(session.app, _migrator(session), archive, tell)
            remark("restored and verified; building every projection anew to compare it")
            found = compare(session.app, [(each.code, each.organization) for each in made.organizations], tell)
    _report(made, file, as_json, found)
    if any(each.wrong for _code, each in found):
        raise found_wrong()


def _migrator(session: Session) -> str:
    url = session.app.settings.database_url_migrator
    if url is None:
        raise unfit("set STEELYARD_DATABASE_URL_MIGRATOR to the address of the database as steelyard_migrator")
    return url.get_secret_value()


def _codes(made: Manifest) -> dict[UUID, str]:
    return {each.organization: each.code for each in made.organizations}


@contextmanager
def _refusals(file: Path, codes: Mapping[UUID, str]) -> Iterator[None]:
    """What stops a backup or a restore, with the status and the words for it."""
    try:
        yield
    except UnfitBackup as error:
        raise unfit(str(error)) from None
    except Damaged as error:
        raise Stopped(Status.FOUND_WRONG, f"{file}: {error}") from None
    except BackupError as error:
        raise Stopped(Status.FOUND_WRONG, str(error)) from None
    except LogAltered as error:
        code = codes.get(error.tenant)
        raise Stopped(Status.FOUND_WRONG, f"{error} ({code})" if code else str(error)) from None
    except OSError as error:
        raise unfit(f"{error.filename or file}: {error.strerror}") from None
    except (psycopg.Error, DBAPIError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        if not isinstance(cause, InsufficientPrivilege):
            raise
        said = str(cause).partition("\n")[0]
        raise unfit(f"STEELYARD_DATABASE_URL_MIGRATOR: its role may not do this: {said}") from None


def _report(made: Manifest, file: Path, as_json: bool, found: Sequence[tuple[str, Compared]] | None = None) -> None:
    if as_json:
        print_json(_json(made, file) | ({} if found is None else {"projections": comparisons_json(found)}))
        return
    rows = [(each.code, str(each.position), each.root) for each in made.organizations]
    print_table("Logs", ("Organization", "Events", "Root"), rows, _NUMBERS)
    if found is not None:
        print_comparisons(found)
    moment = made.taken_at.strftime("%Y-%m-%d %H:%M:%S UTC")
    size = f"{file.stat().st_size:,} bytes"
    say(f"{file}: {len(rows)} organizations, {made.events:,} events, {made.rows:,} rows as of {moment}, {size}")


def _json(made: Manifest, file: Path) -> dict[str, Json]:
    return {
        "file": str(file),
        "bytes": file.stat().st_size,
        "taken_at": made.taken_at.isoformat(),
        "product": made.product,
        "revision": made.revision,
        "events": made.events,
        "organizations": [_organization(each) for each in made.organizations],
    }


def _organization(each: Organization) -> Json:
    return {
        "organization": each.code,
        "id": str(each.organization),
        "events": each.position,
        "root": each.root,
        "digests": {live.projection: live.digest for live in each.projections},
    }
