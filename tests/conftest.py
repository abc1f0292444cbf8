"""What every test may ask for: one plugin per kind of support."""

pytest_plugins = ["tests.support.servers", "tests.support.database"]
