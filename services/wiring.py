"""build(settings) -> App: the only place where things are made. Nothing is connected before it is first needed."""

from infra.broker import waker
from infra.database import Database
from infra.eventstore.log import LogFactory
from infra.eventstore.sealing import Sealer
from infra.settings import Settings
from projections.catalog import CATALOG
from projections.definitions_cache import DefinitionsCache
from projections.kept_answers import KeptAnswers
from projections.projection import Projection
from projections.readings import READINGS
from projections.score_answers import ScoreAnswers
from projections.scores import scores
from services import registry
from services.bundle import App


def build(settings: Settings) -> App:
    """The service as the settings say."""
    database = Database.connect(
        settings.database_url_app.get_secret_value(),
        settings.database_url_scheduler.get_secret_value(),
        settings.pool_size,
    )
    codec = registry.codec()
    logs = LogFactory(codec, Sealer(settings.sealing_key_bytes))
    definitions = DefinitionsCache()
    hints = waker(settings.redis_url.get_secret_value())
    return App(
        settings=settings,
        database=database,
        logs=logs,
        codec=codec,
        definitions=definitions,
        scores=ScoreAnswers(database, logs, definitions, KeptAnswers()),
        projections=all_projections(definitions),
        wake=hints.wake,
        shut=hints.close,
    )


def all_projections(definitions: DefinitionsCache) -> tuple[Projection, ...]:
    """Every projection, each after those whose rows it reads."""
    return (CATALOG, READINGS, scores(definitions))
