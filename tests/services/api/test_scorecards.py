"""Scorecards through the API: from nothing to a published version."""

from tests.support.http import Caller


def test_an_organization_is_built_through_the_api(caller: Caller) -> None:
    caller.built()
    shown = caller.get("/v1/scorecards/company")
    assert shown["name"] == "Company"
