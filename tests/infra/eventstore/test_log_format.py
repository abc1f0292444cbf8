"""docs/log-format.md, followed with code of its own: nothing here comes from the code that writes the log."""

import base64
import hashlib
import json
import re
import struct
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from infra.database import Database
from infra.eventstore.canonical import dumps
from infra.eventstore.verify import verify_log
from tests.infra.eventstore.world import ANN, BEN, SEALING_KEY, append, filled, noted, opened
from tests.support.database import TestDatabase

DOCUMENT = Path(__file__).parents[3] / "docs" / "log-format.md"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Row = tuple[UUID, int, str, int, str, int, bytes, bytes, datetime, bool, bytes]


def _rows(module_database: TestDatabase, tenant: UUID) -> list[Row]:
    return module_database.superuser(  # type: ignore[return-value]  # the columns named
        "SELECT tenant_id, position, stream, version, name, schema, body, metadata, recorded_at, fact, leaf"
        " FROM steelyard.event WHERE tenant_id = %s ORDER BY position",
        (tenant,),
    )


def _sized(text: str) -> bytes:
    return struct.pack(">i", len(text.encode())) + text.encode()


def _microseconds(instant: datetime) -> int:
    since = instant - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def leaf(row: Row) -> bytes:
    """Section 2."""
    tenant, position, stream, version, name, schema, body, metadata, recorded_at, fact, _leaf = row
    data = b"\x00" + b"\x01" + tenant.bytes + struct.pack(">q", position) + _sized(stream) + struct.pack(">q", version)
    data += (b"\x01" if fact else b"\x00") + _sized(name) + struct.pack(">i", schema)
    data += struct.pack(">q", _microseconds(recorded_at))
    data += hashlib.sha256(body).digest() + hashlib.sha256(metadata).digest()
    return hashlib.sha256(data).digest()


def tree(leaves: list[bytes]) -> bytes:
    """Section 3, as the RFC defines it."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + tree(leaves[:split]) + tree(leaves[split:])).digest()


def test_leaves_and_root_are_those_of_the_document(
    database: Database, tenant: UUID, module_database: TestDatabase
) -> None:
    append(database, tenant, [opened("box/ä☃", 1), filled(1), noted("secret")], ANN)
    append(database, tenant, [opened("box/ä☃", 2), *(filled(count) for count in range(20))], BEN)
    rows = _rows(module_database, tenant)
    assert [row[1] for row in rows] == list(range(1, 25))
    assert [leaf(row) for row in rows] == [row[10] for row in rows]
    with database.transaction(tenant) as connection:
        verified = verify_log(connection, tenant)
    assert (verified.size, verified.root) == (24, tree([row[10] for row in rows]))


def test_an_event_at_the_edge_of_time_has_the_leaf_of_the_document(
    database: Database, tenant: UUID, module_database: TestDatabase
) -> None:
    for instant in (
        datetime(2100, 2, 28, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2200, 1, 1, 0, 0, 0, 1, tzinfo=UTC),
    ):
        module_database.superuser(
            "UPDATE steelyard.tenant_head SET recorded_at = %s WHERE tenant_id = %s", (instant, tenant)
        )
        append(database, tenant, [filled(1)])
    for row in _rows(module_database, tenant):
        assert leaf(row) == row[10]


def test_the_example_of_the_document_is_right() -> None:
    row: Row = (
        UUID(int=1),
        1,
        "kpi/a",
        1,
        "owner-assigned",
        1,
        b'{"kpi":"a","owner":"x"}',
        b'{"actor":"x","command_id":"1"}',
        datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC),
        False,
        b"",
    )
    assert re.findall(r"`leaf = ([0-9a-f]{64})`", DOCUMENT.read_text()) == [leaf(row).hex()]


def _canonical(value: object) -> str:
    """Section 4."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{_canonical(key)}:{_canonical(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_canonical, value)) + "]"
    if isinstance(value, str):
        return '"' + "".join(map(_escaped, value)) + '"'
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)


def _escaped(character: str) -> str:
    short = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
    if character in short:
        return short[character]
    return f"\\u{ord(character):04x}" if ord(character) < 0x20 else character


def test_bodies_and_metadata_are_canonical(database: Database, tenant: UUID, module_database: TestDatabase) -> None:
    awkward = "".join(map(chr, range(0x80))) + "\u2028\ud7ff\U0001f600"
    append(database, tenant, [opened(awkward.replace("\x00", ""), 1), filled(1), noted(awkward)])
    for row in _rows(module_database, tenant):
        for data in (row[6], row[7]):
            assert _canonical(json.loads(data)) == data.decode()
    assert dumps({"b": [awkward, -1, True, None], "a": {}}).decode() == _canonical(
        {"a": {}, "b": [awkward, -1, True, None]}
    )


def test_a_sealed_text_opens_as_the_document_says(
    database: Database, tenant: UUID, module_database: TestDatabase
) -> None:
    append(database, tenant, [opened(), noted("nobody reads this ☃")])
    row = _rows(module_database, tenant)[1]
    sealed = json.loads(row[6])["note"]
    assert sealed.keys() == {"$key", "$sealed"}
    [(principal, wrapped)] = module_database.superuser(
        "SELECT principal, wrapped FROM steelyard.data_key WHERE tenant_id = %s AND key_id = %s",
        (tenant, sealed["$key"]),
    )
    assert isinstance(wrapped, bytes)
    place = b"steelyard data key 1" + tenant.bytes + UUID(sealed["$key"]).bytes + _sized(str(principal))
    key = AESGCM(SEALING_KEY).decrypt(wrapped[:12], wrapped[12:], place)
    data = base64.b64decode(sealed["$sealed"], validate=True)
    place = b"steelyard text 1" + tenant.bytes + _sized(row[2]) + struct.pack(">q", row[3]) + _sized("/note")
    assert AESGCM(key).decrypt(data[:12], data[12:], place).decode() == "nobody reads this ☃"


@pytest.mark.parametrize("index", range(10))
def test_every_part_of_an_event_is_in_its_leaf(index: int) -> None:
    row: Row = (UUID(int=1), 1, "s", 1, "n", 1, b"{}", b"{}", EPOCH, False, b"")
    other: Row = (UUID(int=2), 2, "t", 2, "m", 2, b"[]", b"[]", datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=UTC), True, b"")
    changed = (*row[:index], other[index], *row[index + 1 :])
    assert leaf(changed) != leaf(row)  # type: ignore[arg-type]  # still eleven columns
