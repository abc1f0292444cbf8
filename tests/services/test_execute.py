"""execute(): one transaction, all or nothing, once for each key."""

from tests.support.app import App, found, bring_up


def test_an_organization_is_founded_with_its_first_owner(app: App) -> None:
    issued = found(app)
    with app.database.transaction(issued.organization) as connection:
        log = app.logs.bind(connection, issued.organization)
        assert [each.name for each in log.read(0, 10)] == ["organization-founded", "api-key-issued"]
    bring_up(app, issued.organization)
