"""Operations on the log itself: events, root, proofs."""

from typing import Annotated

from msgspec import Struct
from pydantic import Field

from infra.eventstore import merkle
from infra.eventstore.codec import Codec
from infra.eventstore.log import Recorded
from infra.eventstore.scalars import instant_text
from infra.eventstore.shape import Unsealed
from services.api.operation import Call, Operation, Reply
from services.api.problems import Problem
from services.api.reads import Reading, reading
from services.api.values import Query
from tenants.access import Permission

EVENTS_MAX = 200
EVENTS_DEFAULT = 50


class LogQuery(Query):
    """Which stretch of the log."""

    after: Annotated[int, Field(ge=0, le=2**62, description="show events after this position")] = 0
    limit: Annotated[int, Field(ge=1, le=EVENTS_MAX)] = EVENTS_DEFAULT


class ProofQuery(Query):
    """For which size of the log."""

    size: int | None = Field(default=None, ge=1, le=2**62, description="up to this position; the log's end by default")


class MetadataView(Struct, frozen=True):
    """Who did it and how."""

    actor: str
    command_id: str
    role: str | None
    key_id: str | None
    request_id: str | None
    on_behalf_of: str | None


class LogEventView(Struct, frozen=True):
    """An event. `sealed` are the pointers of texts that are ciphertext in the log and were opened by your right."""

    position: int
    stream: str
    version: int
    recorded_at: str
    name: str
    schema: int
    body: dict[str, object]
    sealed: list[str]
    metadata: MetadataView


class LogView(Struct, frozen=True):
    """Events in order; `next_after` asks for the following ones and is null at the end of the log."""

    events: list[LogEventView]
    next_after: int | None
    position: int


class RootView(Struct, frozen=True):
    """The Merkle root (RFC 6962, hexadecimal) over all events up to `size`."""

    size: int
    root: str


class ProofView(Struct, frozen=True):
    """That the event at a position is in the log of that size: leaf, audit path and root, hexadecimal."""

    position: int
    size: int
    leaf: str
    path: list[str]
    root: str


def _events(call: Call) -> Reply:
    query = call.query_as(LogQuery)
    with reading(call) as read:
        recorded = read.log.read(query.after, query.limit, until=read.head.position)
        events = [_view(call.app.codec, each) for each in recorded]
        last = recorded[-1].position if recorded else query.after
        view = LogView(events, last if last < read.head.position else None, read.head.position)
    return Reply.of(view, view.position)


def _view(codec: Codec, recorded: Recorded) -> LogEventView:
    _, _, body = codec.encode(recorded.event)
    metadata = recorded.metadata
    return LogEventView(
        position=recorded.position,
        stream=recorded.stream,
        version=recorded.version,
        recorded_at=instant_text(recorded.recorded_at),
        name=recorded.name,
        schema=recorded.schema,
        body={name: str(value) if isinstance(value, Unsealed) else value for name, value in body.items()},
        sealed=[f"/{name}" for name, value in body.items() if isinstance(value, Unsealed)],
        metadata=MetadataView(
            metadata.actor,
            metadata.command_id,
            metadata.role,
            metadata.key_id,
            metadata.request_id,
            metadata.on_behalf_of,
        ),
    )


def _root(call: Call) -> Reply:
    with reading(call) as read:
        size = read.head.position
        view = RootView(size, merkle.root(read.log.leaves(size)).hex())
    return Reply.of(view, size)


def _proof(call: Call) -> Reply:
    asked = call.path["position"]
    with reading(call) as read:
        size = call.query_as(ProofQuery).size or read.head.position
        position = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 19 else 0
        if not 1 <= position <= size <= read.head.position:
            raise Problem("not-found", "there is no such event in a log of that size")
        return Reply.of(_proved(read, position, size), read.head.position)


def _proved(read: Reading, position: int, size: int) -> ProofView:
    leaves = read.log.leaves(size)
    path = merkle.inclusion_proof(leaves, position - 1)
    leaf, root = leaves[position - 1], merkle.root(leaves)
    return ProofView(position, size, leaf.hex(), [each.hex() for each in path], root.hex())


OPERATIONS = (
    Operation(
        name="readLog",
        method="GET",
        path="/v1/log",
        tag="log",
        permission=Permission.READ_LOG,
        summary="Read the log",
        description="Every event of the organization in order: who, when, what. Texts that people wrote are "
        "ciphertext in the log; `sealed` names them, and they are opened here by right of the permission.",
        handle=_events,
        answer=LogView,
        query=LogQuery,
    ),
    Operation(
        name="getRoot",
        method="GET",
        path="/v1/log/root",
        tag="log",
        permission=Permission.PROVE,
        summary="Show the root of the log",
        description="One hash that every event goes into (RFC 6962). Keep it: any later change of an event shows.",
        handle=_root,
        answer=RootView,
    ),
    Operation(
        name="proveInclusion",
        method="GET",
        path="/v1/log/proofs/{position}",
        tag="log",
        permission=Permission.PROVE,
        summary="Prove that an event is in the log",
        description="An inclusion proof (RFC 9162) for the event at that position, in the log of `size` events.",
        handle=_proof,
        answer=ProofView,
        query=ProofQuery,
        problems=(404,),
    ),
)
