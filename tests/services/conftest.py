"""What tests of the service may ask for besides: the service itself."""

from tests.support.app import app

__all__ = ["app"]
