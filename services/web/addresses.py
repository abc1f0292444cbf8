"""Addresses of pages, all on this host."""

from urllib.parse import quote, urlencode


def organization_href(organization: str) -> str:
    """The list of scorecards; also the path of the viewer's cookie."""
    return f"/o/{quote(organization, safe='')}/"


def scorecard_href(organization: str, scorecard: str, period: str = "", version: str = "") -> str:
    """A scorecard in a period; without one, the latest with a score. Without a version, the one in force."""
    query = {"period": period, "version": "" if version == "in_force" else version}
    path = f"{organization_href(organization)}scorecards/{quote(scorecard, safe='')}"
    asked = urlencode({name: value for name, value in query.items() if value})
    return f"{path}?{asked}" if asked else path
