"""What can be seen of a running service: logs without values, traces without paths, figures."""

import logging
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from types import TracebackType
from typing import Any, Final

import structlog
from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, ParentBased
from sqlalchemy.exc import DBAPIError
from structlog.types import EventDict, Processor
from typing_extensions import override

from chassis.door import sqlstate

DROPPED: Final = "[dropped]"
CLASSIFIED: Final = frozenset(
    {
        "account",
        "address",
        "authorization",
        "bank_account",
        "bearer",
        "body",
        "buyer",
        "content",
        "cookie",
        "description",
        "display_name",
        "email",
        "exception",
        "file_name",
        "filename",
        "full_name",
        "handle",
        "headers",
        "iban",
        "input",
        "key_material",
        "login",
        "message_body",
        "note",
        "params",
        "parameters",
        "password",
        "payload",
        "phone",
        "plaintext",
        "private_key",
        "query",
        "ref",
        "reply_token",
        "salt",
        "sealed",
        "secret",
        "seller_name",
        "seller_ref",
        "statement",
        "subject_line",
        "tag_key",
        "text",
        "token",
        "value",
        "values",
        "variables",
        "words",
    }
)
"""Names under which people's words, data or secrets travel: their values never reach a log."""

_DEEPEST_LINE = 12
_QUIET = ("aiokafka", "asyncpg", "httpx", "httpcore", "sqlalchemy")
_OWN_HANDLERS = ("uvicorn", "uvicorn.error", "uvicorn.access")


def start(service: str, *, otlp_endpoint: str | None = None, level: int = logging.INFO) -> None:
    """
    Set up logs (JSON, one line each, on standard output) and traces of this process.

    Without an endpoint nothing is recorded, and yet every request has a trace id, which travels
    with its events: log lines and problems of all services carry the same.
    """
    _start_logs(service, level)
    trace.set_tracer_provider(tracer_provider(service, otlp_endpoint))


def _start_logs(service: str, level: int) -> None:
    processors: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        partial(with_service, service),
        with_trace,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        without_texts_of_errors,
        without_classified_values,
        structlog.processors.JSONRenderer(),
    ]
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stdout),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[Foreign()], level=level, force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in _OWN_HANDLERS:
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True


class Foreign(logging.Handler):
    """Writes what libraries log as our own lines: the template and its figures, never texts."""

    @override
    def emit(self, record: logging.LogRecord) -> None:
        write = structlog.get_logger().bind(logger=record.name)
        error = record.exc_info[1] if record.exc_info else None
        write.log(record.levelno, line_of(record), exc_info=error)


def line_of(record: logging.LogRecord) -> str:
    """
    Fill a library's template with figures: process ids, ports, counts.

    A text may repeat what somebody wrote, a path or an error's words, and is dropped.
    """
    template = record.msg if isinstance(record.msg, str) else type(record.msg).__name__
    if not record.args:
        return template
    args = record.args
    shown = (
        {name: _figure(value) for name, value in args.items()}
        if isinstance(args, Mapping)
        else tuple(_figure(value) for value in args)
    )
    try:
        return template % shown
    except (KeyError, TypeError, ValueError):
        # The library's mistake, or a dropped text where it wants a number: the line is kept.
        return template


def _figure(value: object) -> int | float | str:
    return value if isinstance(value, int | float) else DROPPED


def with_service(
    service: str,
    _: object,
    __: str,
    event: EventDict,
) -> EventDict:
    return {"service": service, **event}


def with_trace(_: object, __: str, event: EventDict) -> EventDict:
    """Name the trace in each line, so that one leads to the other."""
    if trace_id := current_trace_id():
        event.setdefault("trace_id", trace_id)
    return event


def without_texts_of_errors(_: object, __: str, event: EventDict) -> EventDict:
    """Replace an exception by its type and places: its text may repeat what it was given."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, tuple):
        error = error[1]
    return {**event, **describe(error)} if isinstance(error, BaseException) else event


def without_classified_values(_: object, __: str, event: EventDict) -> EventDict:
    """Drop the values of classified fields, also inside what is logged as a whole."""
    return {name: _clean(name, value) for name, value in event.items()}


def _clean(name: str, value: Any) -> Any:  # noqa: ANN401 - whatever is logged
    if name in CLASSIFIED:
        return DROPPED
    if isinstance(value, Mapping):
        return {str(key): _clean(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(name, inner) for inner in value]
    return value if isinstance(value, str | int | float | bool | None) else type(value).__name__


def describe(error: BaseException) -> dict[str, Any]:
    """Say what failed and where: type, SQLSTATE, constraint, places. Never the error's text."""
    described: dict[str, Any] = {"error": type(error).__name__, "at": _places(error.__traceback__)}
    if code := sqlstate(error):
        inner = error.orig if isinstance(error, DBAPIError) else error
        cause = getattr(inner, "__cause__", None) or inner
        described |= {"sqlstate": code, "constraint": getattr(cause, "constraint_name", None)}
    return described


def _places(found: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(found)[-_DEEPEST_LINE:]
    return [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]


def _short(path: str) -> str:
    return "/".join(path.split("/")[-2:])


def tracer_provider(service: str, endpoint: str | None = None) -> TracerProvider:
    """Make what gives traces their ids, and sends spans if there is somewhere to send them to."""
    provider = TracerProvider(
        resource=Resource.create({"service.name": service}),
        sampler=ParentBased(ALWAYS_ON if endpoint else ALWAYS_OFF),
    )
    if endpoint:
        exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
        provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


def stop() -> None:
    """Send the spans that still wait."""
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        provider.shutdown()


def current_trace_id() -> str | None:
    """Return the id of the trace we are in, 32 hex digits."""
    return _trace_id_of(trace.get_current_span())


def trace_id_in(headers: Mapping[str, str]) -> str | None:
    """Return the id of the trace that a request or a record came with."""
    return _trace_id_of(trace.get_current_span(propagate.extract(headers)))


def _trace_id_of(span: trace.Span) -> str | None:
    context = span.get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else None


@contextmanager
def logged_with(**bound: str | None) -> Iterator[None]:
    """Name these in every line that is logged meanwhile."""
    with structlog.contextvars.bound_contextvars(**{k: v for k, v in bound.items() if v}):
        yield
