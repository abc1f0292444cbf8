"""Every operation of the OpenAPI document as a door that can be knocked at, with codes to one's liking."""

from dataclasses import dataclass
from typing import cast

from httpx import Response

from services.api import operations
from services.api.openapi import document, operations_in
from tests.support.http import Caller, Json

QUERIES = {"kpi": "revenue", "period": "2026-01"}


@dataclass(frozen=True)
class Door:
    """One operation as the document describes it."""

    method: str
    path: str
    name: str
    permission: str
    body: Json | None
    parameters: tuple[str, ...]

    @property
    def names_things(self) -> bool:
        """Whether a caller can name something of an organization in path or query."""
        return "{" in self.path or "kpi" in self.parameters

    def knock(self, caller: Caller, names: dict[str, str], body: object = "example") -> Response:
        """Send the example with other names for what the path and the query ask for."""
        path = self.path.format_map(names)
        asked = {name: names.get(name, value) for name, value in QUERIES.items() if name in self.parameters}
        if self.name == "explainScore":
            asked.pop("kpi")
        query = "&".join(f"{name}={value}" for name, value in asked.items())
        return caller.send(self.method, f"{path}?{query}" if query else path, self.body if body == "example" else body)


def doors() -> list[Door]:
    """All of them, in the order of the document."""
    return [
        Door(
            method=method,
            path=path,
            name=str(operation["operationId"]),
            permission=str(operation["x-permission"]),
            body=_example(operation),
            parameters=tuple(
                each["name"] for each in cast(list[dict[str, str]], operation["parameters"]) if each["in"] == "query"
            ),
        )
        for method, path, operation in operations_in(document(operations.ALL, "http://localhost"))
    ]


def _example(operation: Json) -> Json | None:
    body = cast(dict[str, dict[str, dict[str, Json]]] | None, operation.get("requestBody"))
    return None if body is None else body["content"]["application/json"]["example"]
