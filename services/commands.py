"""What every door hands to execute(): commands, the key that makes a repetition harmless, and the answer they get."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from msgspec import Struct, json

from domain.kpi.commands import KpiCommand
from domain.measurement.commands import MeasurementCommand
from domain.measurement.remarks import Remark
from domain.scorecard.commands import ScorecardCommand
from infra import clock
from infra.eventstore.log import Head, Recorded
from tenants.access import Permission
from tenants.organization.commands import OrganizationCommand

Outcome = Literal["recorded", "unchanged", "duplicate"]
Command = KpiCommand | ScorecardCommand | MeasurementCommand | OrganizationCommand


@dataclass(frozen=True, slots=True)
class CommandKey:
    """Names one request of one principal for 7 days; another fingerprint under the same key is another request."""

    key: str
    fingerprint: bytes
    request_id: str | None = None

    @staticmethod
    def of(key: str, *content: bytes, request_id: str | None = None) -> "CommandKey":
        """A key with the fingerprint of what is asked: method, route, canonical body."""
        lengths = b"".join(len(part).to_bytes(8) + part for part in content)
        return CommandKey(key, hashlib.sha256(lengths).digest(), request_id)

    @staticmethod
    def made(request_id: str | None = None) -> "CommandKey":
        """A key of our own, for a request without one: its outcome can still be looked up after a lost reply."""
        return CommandKey.of(f"made-{clock.new_id()}", request_id=request_id)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request got: canonical JSON that a repetition gets again byte for byte, and the position it shows."""

    body: bytes
    position: int
    replayed: bool


class EventView(Struct, frozen=True):
    """One event that the request put into the log."""

    position: int
    stream: str
    version: int
    name: str


class WarningView(Struct, frozen=True):
    """What was recorded and should be looked at again: `period-ahead` or `before-definition`."""

    code: str
    detail: str


class WrittenView(Struct, frozen=True, omit_defaults=True):
    """What a request did: `events` is empty when everything was so already (`unchanged`, `duplicate`).

    `position` is the last event's; of a duplicate that of the event already there; else that of the log's end.
    Without `warnings` there are none.
    """

    outcome: Outcome
    position: int
    recorded_at: datetime | None
    events: list[EventView]
    warnings: list[WarningView] = []


class Forbidden(Exception):
    """The actor lacks a permission."""

    def __init__(self, required: Permission) -> None:
        super().__init__(required.value)
        self.required = required


class OrganizationExists(Exception):
    """The code of the organization is taken."""


def written(answer: Answer) -> WrittenView:
    """The answer of execute() as a value."""
    return json.decode(answer.body, type=WrittenView)


def warnings_of(remarks: Iterable[Remark]) -> list[WarningView]:
    """As they stand in answers."""
    return [WarningView(remark.code, remark.detail) for remark in remarks]


def answer_of(
    recorded: tuple[Recorded, ...], head: Head, duplicate: int | None, remarks: Sequence[Remark] = ()
) -> tuple[bytes, int]:
    """The answer for what was recorded, and its position; `duplicate` is where the same content stands already."""
    view = written_view(recorded, head, duplicate, remarks)
    return json.encode(view), view.position


def written_view(
    recorded: tuple[Recorded, ...], head: Head, duplicate: int | None, remarks: Sequence[Remark] = ()
) -> WrittenView:
    """The same as a value."""
    outcome: Outcome
    if recorded:
        outcome, position = "recorded", recorded[-1].position
    elif duplicate is not None:
        outcome, position = "duplicate", duplicate
    else:
        outcome, position = "unchanged", head.position
    return WrittenView(
        outcome=outcome,
        position=position,
        recorded_at=recorded[-1].recorded_at if recorded else None,
        events=[EventView(each.position, each.stream, each.version, each.name) for each in recorded],
        warnings=warnings_of(remarks),
    )
