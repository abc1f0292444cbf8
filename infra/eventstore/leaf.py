"""What is hashed of an event: one leaf of its organization's tree, the same here and in the append statement.

docs/log-format.md describes it byte by byte.
"""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

from infra.eventstore.merkle import leaf_hash

FORMAT = 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class StoredRow:
    """One row of steelyard.event, bytes as they are stored."""

    position: int
    stream: str
    version: int
    name: str
    schema: int
    body: bytes
    metadata: bytes
    recorded_at: datetime
    fact: bool
    leaf: bytes


def leaf_of(tenant: UUID, row: StoredRow) -> bytes:
    """The leaf hash of a row, computed from everything in it but the leaf it brings."""
    return leaf_hash(
        b"".join(
            (
                bytes((FORMAT,)),
                tenant.bytes,
                struct.pack(">q", row.position),
                _sized(row.stream),
                struct.pack(">q", row.version),
                bytes((row.fact,)),
                _sized(row.name),
                struct.pack(">i", row.schema),
                struct.pack(">q", (row.recorded_at - _EPOCH) // _MICROSECOND),
                sha256(row.body).digest(),
                sha256(row.metadata).digest(),
            )
        )
    )


def _sized(text: str) -> bytes:
    data = text.encode()
    return struct.pack(">i", len(data)) + data
