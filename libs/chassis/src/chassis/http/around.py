"""What surrounds every request: its names, its span, its log line, its figures, its last answer."""

import re
import time
from collections.abc import MutableMapping
from typing import Any, Final
from uuid import uuid4

import structlog
from opentelemetry import propagate, trace
from prometheus_client import Counter, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.http.errors import TRACE, answer
from chassis.ids import from_uuid
from chassis.problems import ProblemTable, Trace
from chassis.telemetry import current_trace_id, describe, logged_with

log = structlog.get_logger()

REQUEST_ID: Final = "X-Request-Id"
UNKNOWN_ROUTE: Final = "unknown"
_OURS: Final = re.compile(r"req_[0-7][0-9a-hjkmnp-tv-z]{25}")
_ALWAYS: Final = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_OF_THE_OPERATORS: Final = frozenset({"/healthz", "/readyz", "/metrics"})

_REQUESTS = Counter("http_requests_total", "Requests.", ["method", "route", "status"])
_SECONDS = Histogram("http_request_duration_seconds", "Time to the answer.", ["method", "route"])
_tracer = trace.get_tracer("chassis")


class Around:
    """
    The outermost layer of every service.

    Spans and figures are named after the route's template: paths and queries hold ids that
    nobody should have to protect there.
    """

    def __init__(self, app: ASGIApp, *, problems: ProblemTable) -> None:
        self.app = app
        self.problems = problems

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        with _tracer.start_as_current_span(
            method_of(scope),
            context=propagate.extract(headers),
            kind=trace.SpanKind.SERVER,
            record_exception=False,  # its text may repeat what it was given
        ) as span:
            scope[TRACE] = Trace(request_id=_request_id(headers), trace_id=current_trace_id())
            with logged_with(request_id=scope[TRACE].request_id):
                status = await self._serve(scope, receive, send)
            name(span, scope, status)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> int:
        started, sent = time.perf_counter(), _Sent(send, scope)
        try:
            await self.app(scope, receive, sent)
        except Exception as error:  # noqa: BLE001 - the last to answer answers every error
            if sent.status is None:
                await answer(error, scope, self.problems)(scope, receive, sent)
            else:
                log.error("answer_broke_off", **describe(error))  # noqa: TRY400 - never its text
        status = sent.status or 0
        _note(scope, status, time.perf_counter() - started)
        return status


class _Sent:
    """Adds to every answer what all have, and remembers its status."""

    def __init__(self, send: Send, scope: Scope) -> None:
        self._send = send
        self._scope = scope
        self.status: int | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._complete(message)
        await self._send(message)

    def _complete(self, message: MutableMapping[str, Any]) -> None:
        headers = MutableHeaders(raw=message.setdefault("headers", []))
        for header, value in _ALWAYS.items():
            headers.setdefault(header, value)
        headers[REQUEST_ID] = self._scope[TRACE].request_id


def _request_id(headers: Headers) -> str:
    """Keep a caller's id if it is like ours, so that it cannot write into our logs."""
    given = headers.get(REQUEST_ID, "")
    return given if _OURS.fullmatch(given) else from_uuid("req", uuid4())


def route_of(scope: Scope) -> str:
    """Return the route's template, `/v1/cases/{case_id}`."""
    if scope["path"] in _OF_THE_OPERATORS:  # plain routes of Starlette, which leave no template
        path: str = scope["path"]
        return path
    return getattr(scope.get("route"), "path", UNKNOWN_ROUTE)


def method_of(scope: Scope) -> str:
    """Return the method; one of the caller's invention would live on in figures and logs."""
    method: str = scope["method"]
    return method if method in _METHODS else "other"


def name(span: trace.Span, scope: Scope, status: int) -> None:
    route = route_of(scope)
    span.update_name(f"{method_of(scope)} {route}")
    span.set_attributes(
        {
            "http.request.method": method_of(scope),
            "http.route": route,
            "http.response.status_code": status,
        }
    )


def _note(scope: Scope, status: int, seconds: float) -> None:
    method, route = method_of(scope), route_of(scope)
    _REQUESTS.labels(method, route, str(status)).inc()
    _SECONDS.labels(method, route).observe(seconds)
    if route not in _OF_THE_OPERATORS:
        log.info("request", method=method, route=route, status=status, ms=round(seconds * 1000, 1))
