"""The problem document (RFC 9457): what it says, and what an error may add."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias

import orjson

MEDIA_TYPE = "application/problem+json"
_UNAUTHENTICATED = 401


@dataclass(frozen=True, slots=True)
class Problem:
    """How one kind of error looks from outside. `slug` is API: never renamed, only retired."""

    slug: str
    title: str
    status: int
    help: str = field(default="", kw_only=True)
    retryable: bool = field(default=False, kw_only=True)
    retry_after: int | None = field(default=None, kw_only=True)


ProblemTable: TypeAlias = Mapping[type[Exception], Problem]


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong where. `pointer` is a JSON pointer into the body, or `/query/…`."""

    pointer: str
    code: str
    detail: str

    def as_json(self) -> dict[str, str]:
        return {"pointer": self.pointer, "code": self.code, "detail": self.detail}


class Refusal(Exception):
    """
    An error that has its own problem, and may show more of itself.

    `public` holds members that are safe to show: never input, never text of another error.
    """

    problem: ClassVar[Problem]

    def __init__(
        self, *, errors: Iterable[FieldError] = (), public: Mapping[str, object] | None = None
    ) -> None:
        super().__init__(self.problem.title)
        self.errors = tuple(errors)
        self.public = dict(public or {})


INTERNAL = Problem(
    "internal-error",
    "Something failed on our side",
    500,
    help="Tell the operators the request id: the logs say what happened under it.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """How the caller and our logs name one request."""

    request_id: str
    trace_id: str | None = None


def render(problem: Problem, trace: Trace, error: Exception | None = None) -> bytes:
    """Write the document: what the tables say and the error made public, nothing else of it."""
    document: dict[str, object] = {
        "type": f"/problems/{problem.slug}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.help or problem.title,
        "instance": f"urn:request:{trace.request_id}",
        "code": problem.slug,
        "request_id": trace.request_id,
        "trace_id": trace.trace_id,
        "retryable": bool(getattr(error, "retryable", problem.retryable)),
        "errors": [item.as_json() for item in getattr(error, "errors", ())],
    }
    return orjson.dumps(document | dict(getattr(error, "public", {})), default=str)


def headers_of(problem: Problem, error: Exception | None = None) -> dict[str, str]:
    """Say what goes with the document: its type, and when to come back."""
    headers = {"content-type": MEDIA_TYPE, "cache-control": "no-store"}
    wait = getattr(error, "retry_after", None) or problem.retry_after
    if wait is not None:
        headers["retry-after"] = str(wait)
    if problem.status == _UNAUTHENTICATED:
        headers["www-authenticate"] = 'Bearer error="invalid_token"'
    return headers
