"""What can be wrong with a backup, and what a restore refuses.

BackupError
├── UnfitBackup            no backup, or not one for this program or this installation
└── Damaged                not the file that was written; a change inside a log is infra.eventstore.verify.LogAltered
"""


class BackupError(Exception):
    """Nothing was changed; the message says why and what to do."""


class UnfitBackup(BackupError):
    """This file cannot be restored here and now."""


class Damaged(BackupError):
    """Something in the file is not what was written; `where` is the member, or the file itself."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where} is damaged: {why}")
        self.where = where
