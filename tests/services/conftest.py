"""What tests of the service may ask for besides: the service itself."""

from tests.services.production import production
from tests.services.programs import home, steelyard
from tests.support.app import app

__all__ = ["app", "home", "production", "steelyard"]
