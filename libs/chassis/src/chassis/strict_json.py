"""The strict reader: what a body has to be before anything else looks at it (security.md §3)."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeAlias

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.json_text import NotJson, parse
from chassis.problems import (
    FieldError,
    Invalid,
    Malformed,
    Refusal,
    TooLarge,
    UnsupportedMediaType,
)

LARGEST_BODY = 256 * 1024
BODY = "sellerworks.body"
"""Where in the ASGI scope the parsed body lies, for those who compare it (idempotency)."""

_WITH_BODY = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_UTF_8 = frozenset({"utf-8", "utf8", "us-ascii"})

Answer: TypeAlias = Callable[[Scope, Refusal, Send], Awaitable[None]]
Limit: TypeAlias = Callable[[Scope], int | None]
"""How many bytes a request's body may have; None where the route reads it for itself."""


class Gone(Exception):
    """The client left before its body was complete."""


class StrictJson:
    """
    Hands on bodies that are strict JSON, and answers all others.

    Type and encoding are looked at first, then the length while it arrives (whatever
    Content-Length claims), then the text. Routes that take files are exempt and read for
    themselves.
    """

    def __init__(self, app: ASGIApp, *, answer: Answer, limit: Limit) -> None:
        self.app = app
        self.answer = answer
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        limit = self._limit(scope)
        if limit is None:
            await self.app(scope, receive, send)
            return
        try:
            raw = await read_body(Headers(scope=scope), receive, limit=limit)
            scope[BODY] = _parsed(raw)
        except Refusal as refusal:
            await self.answer(scope, refusal, send)
        except Gone:
            return
        else:
            await self.app(scope, _replay(raw, receive), send)

    def _limit(self, scope: Scope) -> int | None:
        has_body = scope["type"] == "http" and scope["method"] in _WITH_BODY
        return self.limit(scope) if has_body else None


async def read_body(headers: Headers, receive: Receive, *, limit: int = LARGEST_BODY) -> bytes:
    """
    Read a body of at most `limit` bytes; an empty one needs no type.

    Raises:
        UnsupportedMediaType: Neither JSON in UTF-8 nor empty, or compressed.
        TooLarge: Longer than the limit, claimed or real.
        Gone: The client has left.
    """
    if headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise UnsupportedMediaType
    claimed = headers.get("content-length", "0")
    if claimed.isdecimal() and (len(claimed) > len(str(limit)) or int(claimed) > limit):
        raise TooLarge
    is_json = _is_json(headers.get("content-type", ""))
    chunks, length = [], 0
    async for chunk in _chunks(receive):
        length += len(chunk)
        if length and not is_json:
            raise UnsupportedMediaType
        if length > limit:
            raise TooLarge
        chunks.append(chunk)
    return b"".join(chunks)


async def _chunks(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        yield message.get("body", b"")
        more = message.get("more_body", False)


def _is_json(content_type: str) -> bool:
    kind, *parameters = (part.strip().lower() for part in content_type.split(";"))
    named = dict(part.partition("=")[::2] for part in parameters)
    charset = named.get("charset", "utf-8").strip('"')
    return kind == "application/json" and charset in _UTF_8


def _parsed(raw: bytes) -> Any:  # noqa: ANN401 - a JSON value can be anything
    if not raw:
        return None
    try:
        parsed = parse(raw)
    except NotJson as error:
        raise Malformed(error.reason) from error
    if parsed.too_large:
        raise Invalid(
            FieldError(pointer, "integer-too-large", "integers reach to 2^53 - 1")
            for pointer in parsed.too_large
        )
    return parsed.value


def _replay(raw: bytes, receive: Receive) -> Receive:
    """Hand the body on as one message; after it, only that the client left is news."""
    waiting = [{"type": "http.request", "body": raw, "more_body": False}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay
