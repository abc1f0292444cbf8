"""Between typed events and the library's StoredEvent: stable names, canonical JSON, sealing.

Overrides both directions, because the stock mapper reads `vars()`, skips `__init__`, and imports what a topic names.
"""

from dataclasses import dataclass

from eventsourcing.persistence import JSONTranscoder, Mapper, StoredEvent

from infra.eventstore.canonical import JsonObject, dumps
from infra.eventstore.codec import Codec, body_of, parse_topic, topic_of
from infra.eventstore.sealing import MARKER, Pen, Seals, holds_unsealed


@dataclass(frozen=True, slots=True)
class Envelope:
    """An event with its place. `sealed_as` is the version its texts are bound to: of a fact, its position to come."""

    originator_id: str
    originator_version: int
    event: object
    sealed_as: int
    pen: Pen | None = None


class EventMapper(Mapper[str]):
    """For one organization, within one transaction."""

    def __init__(self, codec: Codec, seals: Seals) -> None:
        super().__init__(JSONTranscoder())
        self._codec = codec
        self._seals = seals

    # The library types events by its own protocol; envelopes are the only ones this log sees.
    def to_stored_event(self, domain_event: Envelope) -> StoredEvent:  # type: ignore[override]
        """Raises TypeError for an event that is not in the registry."""
        name, schema, body = self._codec.encode(domain_event.event)
        stream = domain_event.originator_id
        if domain_event.pen and self._codec.holds_sealed(domain_event.event) and holds_unsealed(body):
            body = self._seals.seal(body, domain_event.pen, stream, domain_event.sealed_as)
        return StoredEvent(stream, domain_event.originator_version, topic_of(name, schema), dumps(body))

    def to_domain_event(self, stored_event: StoredEvent) -> Envelope:
        """Raises UnknownEvent, BodyUnfit, SealBroken."""
        name, schema = parse_topic(stored_event.topic)
        stream, version = str(stored_event.originator_id), stored_event.originator_version
        body = body_of(stored_event.state)
        event = self.event(name, schema, stream, version, body, sealed=MARKER in stored_event.state)
        return Envelope(stream, version, event, version)

    def event(self, name: str, schema: int, stream: str, version: int, body: JsonObject, *, sealed: bool) -> object:
        """The typed event of a stored body."""
        return self._codec.decode(name, schema, self._seals.open(body, stream, version) if sealed else body)
