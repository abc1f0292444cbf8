"""Scorecards through the API: from nothing to a published version."""

from tests.support.http import Caller


def test_an_organization_is_built_through_the_api(caller: Caller) -> None:
    caller.built()
    shown = caller.get("/v1/scorecards/company")
    assert shown["name"] == "Company"


def test_who_publishes_with_an_earlier_date_is_told_until_when_that_version_governs(caller: Caller) -> None:
    caller.built()
    path = "/v1/scorecards/company"
    caller.done("POST", f"{path}/changes", {"changes": [{"change": "rename", "name": "Group"}]})
    earlier = caller.done("POST", f"{path}/versions", {"effective_from": "2025-10-01"})
    assert (earlier["version"], earlier["governs_until"], earlier["outcome"]) == (2, "2026-01-01", "recorded")
    caller.done("POST", f"{path}/changes", {"changes": [{"change": "rename", "name": "Holding"}]})
    latest = caller.done("POST", f"{path}/versions", {"effective_from": "2027-01-01"})
    assert (latest["version"], latest["governs_until"]) == (3, None)
