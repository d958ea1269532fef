import gzip
import json
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from chassis.problems import Refusal, Trace, headers_of, render
from chassis.strict_json import BODY, LARGEST_BODY, StrictJson

JSON = {"content-type": "application/json"}


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the body as the application behind the reader gets it."""
    body = await Request(scope, receive).body()
    await Response(body, headers={"parsed": json.dumps(scope.get(BODY))})(scope, receive, send)


async def refuse(scope: Scope, refusal: Refusal, send: Send) -> None:
    headers = headers_of(refusal.problem, refusal)
    body = render(refusal.problem, Trace(request_id="req_1"), refusal)
    response = Response(body, status_code=refusal.problem.status, headers=headers)

    async def nothing() -> dict[str, str]:
        return {"type": "http.disconnect"}

    await response(scope, nothing, send)


def limit_of(scope: Scope) -> int | None:
    return {"/files": None, "/batches": 2 * LARGEST_BODY}.get(scope["path"], LARGEST_BODY)


def client() -> httpx.AsyncClient:
    app = StrictJson(echo, answer=refuse, limit=limit_of)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://reader")


async def send(content: bytes, path: str = "/", **headers: str) -> httpx.Response:
    named = JSON | {name.replace("_", "-"): value for name, value in headers.items()}
    async with client() as http:
        return await http.post(path, content=content, headers=named)


class TestStrictJson:
    async def test_hands_on_the_body_untouched(self) -> None:
        answer = await send(b'{"a":  "\xc3\xa9"}')

        assert (answer.status_code, answer.content) == (200, b'{"a":  "\xc3\xa9"}')

    async def test_leaves_what_it_read_for_those_who_compare_it(self) -> None:
        answer = await send(b'{"a": 1}')

        assert json.loads(answer.headers["parsed"]) == {"a": 1}

    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            pytest.param(b'{"a": "\\u0000"}', 400, "malformed-json", id="NUL"),
            pytest.param(b'{"a": "\\ud800"}', 400, "malformed-json", id="lone surrogate"),
            pytest.param(b'{"a": NaN}', 400, "malformed-json", id="NaN"),
            pytest.param(b'{"a": 1e999}', 400, "malformed-json", id="1e999"),
            pytest.param(b"9" * 5000, 400, "malformed-json", id="5,000 digits"),
            pytest.param(b'{"a": 1, "a": 1}', 400, "malformed-json", id="duplicate keys"),
            pytest.param('"a"'.encode("utf-16"), 400, "malformed-json", id="UTF-16"),
            pytest.param(b"\xef\xbb\xbf1", 400, "malformed-json", id="byte order mark"),
            pytest.param(b"[" * 100_000, 400, "malformed-json", id="100,000 deep"),
            pytest.param(b'{"a": 9007199254740992}', 422, "invalid-body", id="2^53"),
            pytest.param(b" " * 20_000_000, 413, "too-large", id="20 MB"),
        ],
    )
    async def test_answers(self, body: bytes, status: int, code: str) -> None:
        answer = await send(body)

        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.headers["content-type"] == "application/problem+json"

    @pytest.mark.parametrize(
        "content_type",
        ["text/plain", "application/jsonp", "application/json; charset=utf-16", "", "a" * 500],
    )
    async def test_refuses_other_types(self, content_type: str) -> None:
        answer = await send(b"{}", content_type=content_type)

        assert answer.status_code == 415

    @pytest.mark.parametrize(
        "content_type",
        ["application/json", "Application/JSON; charset=UTF-8", 'application/json;charset="utf-8"'],
    )
    async def test_takes_json_however_it_is_spelt(self, content_type: str) -> None:
        answer = await send(b"{}", content_type=content_type)

        assert answer.status_code == 200

    @pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "identity, gzip"])
    async def test_unpacks_nothing(self, encoding: str) -> None:
        bomb = gzip.compress(b" " * 1_000_000)

        answer = await send(bomb, content_encoding=encoding)

        assert answer.status_code == 415

    async def test_stops_reading_a_body_without_a_length(self) -> None:
        read = 0

        async def endless() -> AsyncIterator[bytes]:
            nonlocal read
            while True:
                read += 1
                yield b" " * 64 * 1024

        async with client() as http:
            answer = await http.post("/", content=endless(), headers=JSON)

        assert answer.status_code == 413
        assert read <= LARGEST_BODY // (64 * 1024) + 1

    async def test_does_not_believe_a_short_length(self) -> None:
        answer = await send(b" " * (LARGEST_BODY + 1), content_length="10")

        assert answer.status_code == 413

    async def test_does_not_read_what_claims_to_be_long(self) -> None:
        answer = await send(b"{}", content_length="99999999999999999999")

        assert answer.status_code == 413

    async def test_takes_as_much_as_the_route_does(self) -> None:
        taken = await send(b" " * LARGEST_BODY + b"{}", path="/batches")
        refused = await send(b" " * (2 * LARGEST_BODY + 1), path="/batches")

        assert (taken.status_code, refused.status_code) == (200, 413)

    async def test_lets_an_empty_body_pass_without_a_type(self) -> None:
        async with client() as http:
            answer = await http.post("/")

        assert answer.status_code == 200

    async def test_leaves_exempt_paths_to_themselves(self) -> None:
        answer = await send(b"\xff" * (LARGEST_BODY + 1), path="/files", content_type="text/plain")

        assert answer.status_code == 200

    async def test_shows_nothing_of_the_body(self) -> None:
        answer = await send(b'{"canary-5c1f": nonsense-5c1f}')

        assert b"5c1f" not in answer.content
