"""PostgreSQL refuses to run as root: find a way to run its programs as somebody else.

A user namespace in which we are `nobody` needs no second account and no changed owner. Where it is refused, the
programs are copied to where an existing account can read them. No account is ever made, no parent's mode changed.
"""

import os
import pwd
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.embedded.errors import NoUnprivilegedUser
from infra.embedded.process import ENVIRONMENT, Account

NAMESPACE_ID = 65534
ACCOUNT_NAMES = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Privilege:
    """How to run a PostgreSQL program: words before it, the account it takes, the folder it comes from."""

    prefix: Sequence[str]
    account: Account | None
    programs: Path

    def own(self, folder: Path) -> None:
        """Hand a folder to the account that will write in it."""
        if self.account:
            os.chown(folder, self.account.uid, self.account.gid)


def choose_privilege(installation: Path, copy_to: Path, namespace_allowed: Callable[[], bool]) -> Privilege:
    """The least intrusive way to run the programs in `installation`/bin.

    Raises NoUnprivilegedUser if we are root and neither a namespace nor an existing account can be used.
    """
    if os.geteuid() != 0:
        return Privilege((), None, installation / "bin")
    if namespace_allowed():
        return Privilege(_namespace_prefix(), None, installation / "bin")
    account = _existing_account()
    _refuse_closed_path(copy_to.parent, account)
    return Privilege((), account, _copy_installation(installation, copy_to) / "bin")


def namespace_allowed() -> bool:
    if shutil.which("unshare", path=ENVIRONMENT["PATH"]) is None:
        return False
    command = (*_namespace_prefix(), "/bin/true")
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True).returncode == 0  # noqa: S603 - fixed words


def _namespace_prefix() -> Sequence[str]:
    return ("unshare", "--user", f"--map-user={NAMESPACE_ID}", f"--map-group={NAMESPACE_ID}", "--")


def _existing_account() -> Account:
    for name in ACCOUNT_NAMES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise NoUnprivilegedUser(f"no user namespaces, and no account named {' or '.join(ACCOUNT_NAMES)}")


def _refuse_closed_path(folder: Path, account: Account) -> None:
    # Opening a parent folder would show its other content to everybody; that is the operator's decision, not ours.
    command = ("/bin/ls", "-d", f"{folder}/.")  # the dot makes it enter the folder; a Path would drop it
    if subprocess.run(command, user=account.uid, group=account.gid, extra_groups=[], capture_output=True).returncode:  # noqa: S603
        raise NoUnprivilegedUser(
            f"{folder} is closed to uid {account.uid}; set STEELYARD_HOME to a folder it can enter"
        )


def _copy_installation(installation: Path, copy_to: Path) -> Path:
    """Copy the programs and the libraries the wheel keeps beside its package, keeping their relative places."""
    package = installation.parent
    target = copy_to / package.name / installation.name
    if not target.exists():
        side = copy_to.with_name(copy_to.name + ".new")
        shutil.rmtree(side, ignore_errors=True)
        shutil.copytree(installation, side / package.name / installation.name)
        libraries = package.with_name(package.name + ".libs")
        if libraries.exists():
            shutil.copytree(libraries, side / libraries.name)
        shutil.rmtree(copy_to, ignore_errors=True)
        side.rename(copy_to)
    return target
