"""The OpenAPI 3.1 document, made from the table of operations, the pydantic bodies and the msgspec answers."""

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import cast

import msgspec
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from services.api.headers import IDEMPOTENCY_KEY_CHARACTERS_MAX
from services.api.operation import OPERATOR_ONLY, Operation
from services.api.problem_types import PROBLEM_TYPES
from services.api.problems import MEDIA_TYPE, ProblemView, type_url
from services.api.values import CODE_PATTERN

Json = dict[str, object]

TITLE = "Steelyard"
VERSION = "1"
REF = "#/components/schemas/{model}"
REF_OF_ANSWERS = "#/components/schemas/{name}"
UUID_PARAMETERS = frozenset({"key_id"})
WHOLE_PARAMETERS = frozenset({"position"})
ALWAYS = (400, 401, 403, 406, 500, 503)
WITH_BODY = (408, 413, 415, 422)
WRITING = (409, 422)

DESCRIPTION = """Balanced scorecards for many organizations, event-sourced, verifiable.

Every change is an event in the organization's own log; everything read is a projection of it. Numbers are exact:
decimal strings, or JSON numbers of at most 15 digits. A write answers with `Steelyard-Position`; send it as
`Steelyard-Min-Position` to read what was written. Errors are application/problem+json and name field and rule."""


def document(table: Sequence[Operation], public_url: str) -> Json:
    """The whole document."""
    paths: dict[str, Json] = {}
    for operation in table:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "version": VERSION, "description": DESCRIPTION},
        # Relative: tried out from the documentation page, under whatever address that was opened.
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": _schemas(table, public_url),
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "a key of an organization"},
                OPERATOR_ONLY: {"type": "http", "scheme": "bearer", "description": "the key of the operator"},
            },
            "responses": {str(status): _problem_response(status) for status in _statuses()},
        },
        "tags": [{"name": name} for name in dict.fromkeys(operation.tag for operation in table)],
    }


def _operation(operation: Operation) -> Json:
    found: Json = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": operation.description,
        "x-permission": operation.permission,
        "security": [{OPERATOR_ONLY if operation.permission == OPERATOR_ONLY else "key": []}],
        "parameters": [*_path_parameters(operation), *_query_parameters(operation), *_headers(operation)],
        "responses": _responses(operation),
    }
    if operation.body is not None:
        media: Json = {"schema": {"$ref": REF.format(model=operation.body.__name__)}}
        if operation.example is not None:
            media["example"] = dict(operation.example)
        found["requestBody"] = {"required": True, "content": {"application/json": media}}
    return found


def _path_parameters(operation: Operation) -> list[Json]:
    return [
        {"name": name, "in": "path", "required": True, "schema": _path_schema(name), "example": _path_example(name)}
        for name in re.findall(r"{(\w+)}", operation.path)
    ]


def _path_schema(name: str) -> Json:
    if name in UUID_PARAMETERS:
        return {"type": "string", "format": "uuid"}
    if name in WHOLE_PARAMETERS:
        return {"type": "integer", "minimum": 1}
    return {"type": "string", "pattern": CODE_PATTERN}


def _path_example(name: str) -> object:
    if name in UUID_PARAMETERS:
        return "0192f0c1-7a5e-7b1c-9d0e-4f7c2d1a0b3e"
    return {"kpi": "revenue", "scorecard": "company", "position": 7}[name]


def _query_parameters(operation: Operation) -> list[Json]:
    if operation.query is None:
        return []
    schema = operation.query.model_json_schema(ref_template=REF)
    properties = cast(dict[str, Json], schema["properties"])
    return [
        {"name": name, "in": "query", "required": name in schema.get("required", ()), "schema": each}
        for name, each in properties.items()
    ]


def _headers(operation: Operation) -> list[Json]:
    found = [_header("X-Request-Id", "your id of the request, echoed", {"type": "string"})]
    if operation.writes:
        schema: Json = {"type": "string", "minLength": 1, "maxLength": IDEMPOTENCY_KEY_CHARACTERS_MAX}
        schema["pattern"] = r"^[!-~]([ -~]*[!-~])?$"
        text = "your key of the request: a repetition with it has one effect and gets the same answer, for 7 days"
        found.append(_header("Idempotency-Key", text, schema, operation.required_key))
    else:
        text = "a position that the answer must show: waits up to 2 seconds, else 503"
        found.append(_header("Steelyard-Min-Position", text, {"type": "integer", "minimum": 0, "maximum": 2**53}))
    return found


def _header(name: str, description: str, schema: Json, required: bool = False) -> Json:
    return {"name": name, "in": "header", "required": required, "description": description, "schema": schema}


def _responses(operation: Operation) -> Json:
    answer = {"schema": {"$ref": REF_OF_ANSWERS.format(name=operation.answer.__name__)}}
    headers = {
        "X-Request-Id": {"schema": {"type": "string"}},
        "Steelyard-Position": {"schema": {"type": "integer"}, "description": "the position written or shown"},
    }
    success = {"description": operation.summary, "headers": headers, "content": {"application/json": answer}}
    found: Json = {str(status): success for status in operation.statuses}
    for status in problems_of(operation):
        found[str(status)] = {"$ref": f"#/components/responses/{status}"}
    return found


def problems_of(operation: Operation) -> tuple[int, ...]:
    """Every status of a problem that the operation can answer with."""
    found = {*ALWAYS, *operation.problems}
    if operation.writes:
        found |= {*WRITING}
    if operation.body is not None:
        found |= {*WITH_BODY}
    if "{" in operation.path:
        found.add(404)
    return tuple(sorted(found))


def _statuses() -> list[int]:
    return sorted({each.status for each in PROBLEM_TYPES})


def _problem_response(status: int) -> Json:
    types = [each for each in PROBLEM_TYPES if each.status == status]
    lines = "\n".join(f"- `{each.slug}`: {each.title}" for each in types)
    return {
        "description": f"One of these problems:\n\n{lines}",
        "headers": {"X-Request-Id": {"schema": {"type": "string"}}},
        "content": {MEDIA_TYPE: {"schema": {"$ref": REF.format(model="ProblemView")}}},
    }


def _schemas(table: Sequence[Operation], public_url: str) -> Json:
    bodies = list(dict.fromkeys(operation.body for operation in table if operation.body is not None))
    _, definitions = models_json_schema(
        [(body, "validation") for body in cast(Sequence[type[BaseModel]], bodies)], ref_template=REF
    )
    answers = [*dict.fromkeys(operation.answer for operation in table), ProblemView]
    _, components = msgspec.json.schema_components(answers, schema_hook=_anything, ref_template=REF_OF_ANSWERS)
    schemas = {**cast(Json, definitions["$defs"]), **cast(Json, components)}
    problem = cast(dict[str, Json], deepcopy(schemas["ProblemView"]))
    problem["properties"]["type"] = {
        "type": "string",
        "examples": [type_url(public_url, PROBLEM_TYPES[0].slug)],
        "description": "the page that explains the problem",
    }
    return {**schemas, "ProblemView": problem}


def _anything(kind: type) -> Json:
    """Bodies of events are described by docs/log-format.md, not here."""
    if kind is object:
        return {"description": "depends on the name and schema of the event"}
    raise NotImplementedError(kind)


def operations_in(found: Mapping[str, object]) -> list[tuple[str, str, Json]]:
    """Method, path and operation of everything in a document."""
    paths = cast(Mapping[str, Mapping[str, Json]], found["paths"])
    return [(method.upper(), path, operation) for path, item in paths.items() for method, operation in item.items()]
