"""App: everything the service needs, in one frozen bundle, made by services.wiring.build alone."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from infra.database import Database
from infra.eventstore.codec import Codec
from infra.eventstore.log import LogFactory
from infra.settings import Settings
from projections.definitions_cache import DefinitionsCache
from projections.projection import Projection, Store
from projections.score_answers import ScoreAnswers


@dataclass(frozen=True, slots=True)
class App:
    """Made by services.wiring.build alone. `wake` tells the worker that there is news; it is a hint and never fails."""

    settings: Settings
    database: Database
    logs: LogFactory
    codec: Codec
    definitions: DefinitionsCache
    scores: ScoreAnswers
    projections: tuple[Projection, ...]
    wake: Callable[[UUID, int], None]
    shut: Callable[[], None]

    @property
    def store(self) -> Store:
        """What projections run on."""
        return Store(self.database, self.logs)

    def close(self) -> None:
        """Close every connection."""
        self.shut()
        self.database.close()
