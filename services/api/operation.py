"""An operation of the API as one value: path, permission, input, output, what can go wrong.

The server, the permission check, the OpenAPI document and the tests all read the same table of operations.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from msgspec import Struct, json
from pydantic import BaseModel

from domain.errors import DomainError
from domain.values import code as checked_code
from services.api.problems import Problem
from services.app import App
from services.commands import Answer, CommandKey
from tenants.access import Actor, Permission

OPERATOR_ONLY: Literal["operator"] = "operator"

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Tag = Literal["organization", "keys", "scorecards", "KPIs", "measurements", "scores", "log"]
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Call:
    """One request, authenticated and checked. `key` is made by us when the client gave none."""

    app: App
    caller: Actor | None
    path: Mapping[str, str]
    body: BaseModel | None
    query: BaseModel | None
    key: CommandKey
    min_position: int = 0

    @property
    def actor(self) -> Actor:
        """Who acts; only the operator acts for no organization."""
        assert self.caller is not None, "operator operations have no actor"
        return self.caller

    def code(self, name: str) -> str:
        """A code in the path. Raises Problem `not-found` for anything that cannot be one."""
        try:
            return checked_code(self.path[name])
        except DomainError:
            raise Problem("not-found", f"there is no such {name}") from None

    def body_as(self, model: type[Model]) -> Model:
        """The body, which the operation declares to be of that model."""
        assert isinstance(self.body, model)
        return self.body

    def query_as(self, model: type[Model]) -> Model:
        """The query, which the operation declares to be of that model."""
        assert isinstance(self.query, model)
        return self.query


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes out; `position` is the one shown or written, `status` other than the operation's own if given."""

    content: bytes
    position: int | None = None
    status: int | None = None
    replayed: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)

    @staticmethod
    def of(view: Struct, position: int | None = None) -> "Reply":
        """A view as JSON."""
        return Reply(json.encode(view), position)

    @staticmethod
    def written(answer: Answer, status: int | None = None, location: str | None = None) -> "Reply":
        """The answer of a command, with where its thing is now to be found."""
        headers = {} if location is None else {"Location": location}
        return Reply(answer.body, answer.position, status, answer.replayed, headers)


@dataclass(frozen=True, slots=True)
class Operation:
    """`statuses` are all successful ones, the usual one first; `problems` those beyond what every operation can say.

    `required_key` demands an Idempotency-Key; `bulk` allows the larger body; `example` is a body that works.
    """

    name: str
    method: Method
    path: str
    tag: Tag
    permission: Permission | Literal["operator"]
    summary: str
    description: str
    handle: Callable[[Call], Reply]
    answer: type[Struct]
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    statuses: tuple[int, ...] = (200,)
    problems: tuple[int, ...] = ()
    required_key: bool = False
    bulk: bool = False
    example: Mapping[str, object] | None = None

    @property
    def writes(self) -> bool:
        """Whether the operation changes anything."""
        return self.method != "GET"
