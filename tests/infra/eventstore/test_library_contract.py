"""The recorder passes the contract tests that the event sourcing library brings for recorders."""

import importlib
import sys
import types
from typing import TYPE_CHECKING

import pytest

from infra import clock
from infra.database import Database
from infra.eventstore.recorder import TenantRecorder
from tests.support.database import founded

if TYPE_CHECKING:
    from eventsourcing.tests.persistence import ApplicationRecorderTestCase, NonInterleavingNotificationIDsBaseCase
else:
    # The contract tests import the library's own cipher, which needs a package that nothing else here does.
    if importlib.util.find_spec("Crypto") is None:
        stand_in = types.ModuleType("eventsourcing.cipher")
        stand_in.AESCipher = object
        sys.modules["eventsourcing.cipher"] = stand_in
    contract = importlib.import_module("eventsourcing.tests.persistence")
    ApplicationRecorderTestCase = contract.ApplicationRecorderTestCase
    NonInterleavingNotificationIDsBaseCase = contract.NonInterleavingNotificationIDsBaseCase


class _OnOurDatabase:
    """Streams have text for names; each recorder gets an organization of its own."""

    database: Database

    @pytest.fixture(autouse=True)
    def _database(self, database: Database) -> None:
        self.database = database

    def new_originator_id(self) -> str:
        return f"stream/{clock.new_id()}"

    def create_recorder(self) -> TenantRecorder:
        tenant = founded(self.database)
        return TenantRecorder(lambda: self.database.transaction(tenant), tenant)


class TestApplicationRecorder(_OnOurDatabase, ApplicationRecorderTestCase[TenantRecorder]):
    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestNonInterleavingPositions(_OnOurDatabase, NonInterleavingNotificationIDsBaseCase):
    pass


# The cases themselves are abstract and would be collected by their names.
del ApplicationRecorderTestCase, NonInterleavingNotificationIDsBaseCase
