"""Requests as an organization's key would send them, and a small organization built through the API."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast
from uuid import UUID

from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient

from infra import clock
from services.app import App
from tenants.access import Role
from tests.support.app import found, key_of

Json = dict[str, object]

REVENUE: Json = {
    "kpi": "revenue",
    "name": "Revenue",
    "unit": "EUR",
    "kind": "flow",
    "direction": "higher",
    "frequency": "month",
    "aggregation": "sum",
    "indicator": "lag",
    "effective_from": "2026-01-01",
    "scale": {"preset": "direct"},
}


@dataclass(frozen=True)
class Caller:
    """One key of one organization."""

    app: App
    client: TestClient[Litestar]
    organization: UUID
    token: str

    @classmethod
    def founded(cls, app: App, client: TestClient[Litestar], code: str | None = None) -> "Caller":
        """The owner of a new organization."""
        issued = found(app, code)
        return cls(app, client, issued.organization, issued.token)

    def with_role(self, role: Role) -> "Caller":
        """Another key of the same organization."""
        return replace(self, token=key_of(self.app, self.organization, role).token)

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        content: bytes | None = None,
        key: str | None = "fresh",
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Send a request; writes get a fresh Idempotency-Key unless one is given, or None for none."""
        sent = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        if key is not None and method != "GET":
            sent["Idempotency-Key"] = str(clock.new_id()) if key == "fresh" else key
        if content is not None:
            sent.setdefault("Content-Type", "application/json")
            return self.client.request(method, path, content=content, headers=sent)
        if body is None:
            return self.client.request(method, path, headers=sent)
        return self.client.request(method, path, json=body, headers=sent)

    def get(self, path: str, **headers: str) -> Json:
        """The body of a read that works."""
        return answered(self.send("GET", path, headers=headers), 200)

    def done(self, method: str, path: str, body: object = None) -> Json:
        """The body of a write that works."""
        return answered(self.send(method, path, body), 200, 201)

    def built(self) -> "Caller":
        """With the KPI `revenue`, placed in the published scorecard `company`, and one value."""
        self.done("POST", "/v1/kpis", REVENUE)
        self.done("POST", "/v1/scorecards", {"scorecard": "company", "name": "Company"})
        changes = [
            {"change": "add-objective", "objective": "growth", "perspective": "financial", "name": "Grow"},
            {"change": "place-kpi", "node": "growth", "kpi": "revenue"},
        ]
        self.done("POST", "/v1/scorecards/company/changes", {"changes": changes})
        self.done("POST", "/v1/scorecards/company/versions", {"effective_from": "2026-01-01"})
        self.done("POST", "/v1/measurements", {"kpi": "revenue", "period": "2026-01", "value": "60"})
        return self


def answered(response: Response, *statuses: int) -> Json:
    """The body of an answer with one of these statuses."""
    assert response.status_code in statuses, f"{response.status_code}: {response.text}"
    return cast(Json, response.json())


def refused(response: Response, status: int, slug: str) -> Json:
    """The problem of an answer."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    problem = cast(Json, response.json())
    assert (response.status_code, str(problem["type"]).rpartition("/")[2]) == (status, slug), problem
    return problem


def listed(body: Json, name: str) -> list[Json]:
    """A list in a body."""
    return cast(list[Json], body[name])


def part(body: Json, *names: str) -> Json:
    """An object within a body."""
    for name in names:
        body = cast(Json, body[name])
    return body
