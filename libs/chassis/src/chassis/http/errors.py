"""From an error to an answer: one way, whatever raised it."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import asyncpg
import structlog
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError, TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Scope

from chassis.door import sqlstate
from chassis.failures import Kind, classify
from chassis.json_text import pointer_token
from chassis.outbox import MayNotSpeak, PayloadTooLarge
from chassis.problems import (
    INTERNAL,
    FieldError,
    Invalid,
    Malformed,
    MethodNotAllowed,
    NotFound,
    Problem,
    ProblemTable,
    Refusal,
    TooLarge,
    Trace,
    Unavailable,
    UnsupportedMediaType,
    find_problem,
    headers_of,
    render,
)
from chassis.problems.sentences import code_of, sentence
from chassis.telemetry import describe
from chassis.views import CaseNotFound

log = structlog.get_logger()

TRACE: Final = "sellerworks.trace"
"""Where in the ASGI scope the names of the request lie."""

_TRY_AGAIN: Final = frozenset({"40001", "40P01", "55P03", "57014"})
_OF_THE_DATABASE: Final = (
    DBAPIError,
    PoolTimeout,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    OSError,
)
_BY_STATUS: Final[Mapping[int, type[Refusal]]] = {
    404: NotFound,
    405: MethodNotAllowed,
    413: TooLarge,
    415: UnsupportedMediaType,
}


def answer(error: Exception, scope: Scope, table: ProblemTable) -> Response:
    """Say what the tables say of this error: neither its text nor the input gets out."""
    meant = _translated(error)
    problem = find_problem(meant, table)
    if problem is None:
        log.error("request_failed", **describe(error))
        problem, meant = INTERNAL, Exception()
    elif meant is not error and problem.status == Unavailable.problem.status:
        log.warning("request_refused_for_now", **describe(error))
    return respond(problem, scope, meant)


def respond(problem: Problem, scope: Scope, error: Exception | None = None) -> Response:
    trace = scope.get(TRACE) or Trace(request_id="unknown")
    return Response(
        render(problem, trace, error),
        status_code=problem.status,
        headers=headers_of(problem, error),
    )


def _translated(error: Exception) -> Exception:
    """Turn errors of the framework, the door and the database into ours."""
    if isinstance(error, RequestValidationError):
        return _invalid(error.errors())
    if isinstance(error, HTTPException):
        return _BY_STATUS.get(error.status_code, _unreadable)()
    return _of_the_chassis(error)


def _of_the_chassis(error: Exception) -> Exception:
    if isinstance(error, CaseNotFound):
        return NotFound(error.case_id)
    if isinstance(error, PayloadTooLarge):
        return TooLarge()
    is_for_now = isinstance(error, MayNotSpeak) or is_outage(error)
    return Unavailable() if is_for_now else error


def _unreadable() -> Refusal:
    return Malformed("it could not be read")


def is_outage(error: Exception) -> bool:
    """Say whether the database is away, or asks to be asked again: nothing was committed."""
    if not isinstance(error, _OF_THE_DATABASE) or isinstance(error, asyncpg.DataError):
        return False
    return classify(error) is Kind.SYSTEMIC or sqlstate(error) in _TRY_AGAIN


def _invalid(errors: Iterable[Mapping[str, Any]]) -> Refusal:
    listed = [(tuple(map(str, error["loc"])), error) for error in errors]
    if any(place[0] == "path" for place, _ in listed):
        return NotFound()  # an id that can be none names nothing
    return Invalid(
        FieldError(_pointer(place), code_of(error), sentence(error)) for place, error in listed
    )


def _pointer(place: tuple[str, ...]) -> str:
    """Point into the body, or at a parameter: `/facts/amount`, `/query/limit`."""
    steps = place[1:] if place[0] == "body" else place
    return "".join(f"/{pointer_token(step)}" for step in steps)
