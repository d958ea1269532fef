"""The OpenAPI document: FastAPI's, with our headers, problems and security said on every route."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from chassis import idempotency, positions
from chassis.auth import PUBLIC
from chassis.http.calls import Calling
from chassis.problems import (
    MEDIA_TYPE,
    CaseOnHold,
    Forbidden,
    IdempotencyInFlight,
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
    Invalid,
    Malformed,
    NotCaughtUp,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
    Problem,
    ProblemTable,
    Refusal,
    TooLarge,
    Unauthenticated,
    Unavailable,
    UnsupportedMediaType,
    find_problem,
)

_ALWAYS: Final = (Unavailable,)
_KNOWN: Final = (Unauthenticated, Forbidden, NotFound, Invalid)
_BODY: Final = (Malformed, UnsupportedMediaType, TooLarge)
_CHANGING: Final = (NotCaughtUp, CaseOnHold, PreconditionFailed)
_KEYED: Final = (IdempotencyKeyMissing, IdempotencyKeyReused, IdempotencyInFlight)
_CREATED: Final = 201

PROBLEM_SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "description": "RFC 9457. Never repeats what was sent.",
    "required": ["type", "title", "status", "code", "request_id", "retryable", "errors"],
    "properties": {
        "type": {"type": "string", "description": "A page that says what to do."},
        "title": {"type": "string", "description": "The kind of problem."},
        "status": {"type": "integer", "description": "The HTTP status."},
        "detail": {"type": "string", "description": "What to do."},
        "instance": {"type": "string", "description": "This occurrence."},
        "code": {"type": "string", "description": "The kind, for programs."},
        "request_id": {"type": "string", "description": "The request, in our logs."},
        "trace_id": {"type": ["string", "null"], "description": "The trace, if there is one."},
        "retryable": {"type": "boolean", "description": "The same request may succeed later."},
        "errors": {
            "type": "array",
            "description": "What is wrong where.",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer into the body."},
                    "code": {"type": "string", "description": "What is wrong, for programs."},
                    "detail": {"type": "string", "description": "What is wrong."},
                },
            },
        },
    },
}


def describe(app: FastAPI, table: ProblemTable) -> dict[str, Any]:
    """Write the document. The same routes give the same document, byte for byte."""
    document = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        routes=app.routes,
        openapi_version=app.openapi_version,
    )
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Problem"] = dict(PROBLEM_SCHEMA)
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    }
    for route in api_routes(app):
        for method in sorted(route.methods or ()):
            operation = document["paths"].get(route.path_format, {}).get(method.lower())
            if operation is not None:
                _complete(operation, route, method, table)
    return document


def api_routes(app: FastAPI) -> Iterator[APIRoute]:
    yield from (route for route in app.routes if isinstance(route, APIRoute))


def calling_of(route: APIRoute) -> Calling | None:
    """Find by what a route declares its action."""
    dependencies = (dependency.call for dependency in route.dependant.dependencies)
    return next((call for call in dependencies if isinstance(call, Calling)), None)


def _complete(operation: dict[str, Any], route: APIRoute, method: str, table: ProblemTable) -> None:
    calling = calling_of(route)
    if calling is None:
        return
    operation["operationId"] = route.name
    if calling.action is not PUBLIC:
        operation["security"] = [{"bearer": []}]
        operation["x-action"] = calling.action.name
        operation["x-roles"] = sorted(calling.action.grants)
    operation.setdefault("parameters", []).extend(_headers(route, calling, method))
    if not operation["parameters"]:
        del operation["parameters"]
    operation["responses"].pop("422", None)
    own = [find_problem(kind.__new__(kind), table) for kind in calling.raises]
    common = [kind.problem for kind in _kinds(calling, method, route)]
    operation["responses"] |= _answers([*common, *(problem for problem in own if problem)])


def _kinds(calling: Calling, method: str, route: APIRoute) -> Iterator[type[Refusal]]:
    yield from _ALWAYS
    if calling.action is not PUBLIC:
        yield from _KNOWN
    if method == "GET":
        yield NotCaughtUp
        return
    yield from _BODY
    if calling.transient:
        return
    yield from _CHANGING
    yield from _KEYED if route.status_code == _CREATED else _KEYED[1:]
    if method in {"PUT", "PATCH"}:
        yield PreconditionRequired


def _headers(route: APIRoute, calling: Calling, method: str) -> Iterator[dict[str, Any]]:
    yield _header(
        positions.AFTER, "Wait until this service has heard that much: `router=3,resolution=5`."
    )
    if method == "GET" or calling.transient:
        return
    required = route.status_code == _CREATED
    yield _header(
        idempotency.HEADER, "A new one for each intent, 1 to 255 visible ASCII signs.", required
    )
    yield _header("If-Match", "The ETag that was read; refused when it has changed since.")


def _header(name: str, description: str, required: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002 - private, one flag
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": description,
        "schema": {"type": "string"},
    }


def _answers(problems: Iterable[Problem]) -> dict[str, Any]:
    by_status: defaultdict[str, dict[str, Problem]] = defaultdict(dict)
    for problem in problems:
        by_status[str(problem.status)][problem.slug] = problem
    return {status: _answer(by_status[status]) for status in sorted(by_status)}


def _answer(problems: Mapping[str, Problem]) -> dict[str, Any]:
    listed = "; ".join(f"`{slug}`: {problem.title}" for slug, problem in sorted(problems.items()))
    return {
        "description": listed,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
