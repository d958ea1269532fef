"""Every body of the table of security.md §3 gets its status at every route, and leaves nothing."""

import gzip
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from street import CANARY, House, Knock

JSON = "application/json"
TOO_LONG = 20_000_000
# What it is, its bytes, its headers, the status, the code.
BODIES: tuple[tuple[str, bytes, dict[str, str], int, str], ...] = (
    ("NUL", b'{"a": "\\u0000"}', {}, 400, "malformed-json"),
    ("lone surrogate", b'{"a": "\\ud800"}', {}, 400, "malformed-json"),
    ("NaN", b'{"a": NaN}', {}, 400, "malformed-json"),
    ("infinite", b'{"a": 1e999}', {}, 400, "malformed-json"),
    ("5,000 digits", b'{"a": ' + b"9" * 5000 + b"}", {}, 400, "malformed-json"),
    ("a key twice", b'{"a": 1, "a": 2}', {}, 400, "malformed-json"),
    ("UTF-16", json.dumps({"a": CANARY}).encode("utf-16"), {}, 400, "malformed-json"),
    ("declared UTF-16", b"{}", {"content-type": f"{JSON}; charset=utf-16"}, 415, ""),
    ("byte order mark", b"\xef\xbb\xbf{}", {}, 400, "malformed-json"),
    ("100,000 deep", b"[" * 100_000, {}, 400, "malformed-json"),
    ("33 deep", b"[" * 33 + b"]" * 33, {}, 400, "malformed-json"),
    ("no JSON", CANARY.encode(), {}, 400, "malformed-json"),
    ("a list", b"[]", {}, 422, "invalid-body"),
    ("a text", json.dumps(CANARY).encode(), {}, 422, "invalid-body"),
    ("2^53", b'{"a": 9007199254740992}', {}, 422, "invalid-body"),
    ("a form", b"a=1", {"content-type": "application/x-www-form-urlencoded"}, 415, ""),
    ("no type", b'{"a": 1}', {"content-type": ""}, 415, "unsupported-media-type"),
    ("packed", gzip.compress(b"{}"), {"content-encoding": "gzip"}, 415, "unsupported-media-type"),
    ("20 MB", b'"' + b"x" * TOO_LONG + b'"', {}, 413, "too-large"),
    ("a lie about its length", b"{}", {"content-length": "99999999999"}, 413, "too-large"),
)
# Members that no client may set, added to a body that is otherwise right.
NOT_YOURS: tuple[dict[str, Any], ...] = (
    {"role": "operator"},
    {"status": "resolved"},
    {"sequence": 1},
    {"created_by": "agent:mem_00000000000000000000000001"},
    {"marketplace": "bazaar"},
    {"unheard_of": CANARY},
)


class TestBadBodies:
    @pytest.mark.fault(100)
    async def test_get_their_status_everywhere(self, house: House) -> None:
        before = await house.remains()

        for knock in json_routes(house):
            sender = house.harbour(knock.a_role) | {"content-type": JSON}
            for what, raw, headers, status, code in BODIES:
                answer = await house.knock(knock, sender | headers, content=raw, json=None)

                seen = (answer.status_code, answer.json()["code"])
                assert seen == (status, code or seen[1]), (knock.name, what)
        assert await house.remains() == before

    async def test_without_a_length_are_cut_off(self, house: House) -> None:
        knock = next(json_routes(house))
        read = 0

        async def endless() -> AsyncIterator[bytes]:
            nonlocal read
            while read < TOO_LONG:
                read += 65_536
                yield b" " * 65_536

        sender = house.harbour(knock.a_role) | {"content-type": JSON}
        answer = await house.knock(knock, sender, content=endless(), json=None)

        assert answer.status_code == 413

    @pytest.mark.covers("SE-7")
    async def test_with_members_that_are_not_theirs_are_refused(self, house: House) -> None:
        before = await house.remains()

        for knock in json_routes(house):
            for extra in NOT_YOURS:
                body = {**(knock.body or {}), **extra}
                answer = await house.knock(knock, house.harbour(knock.a_role), json=body)

                assert answer.status_code in {404, 422}, (knock.name, extra)
        assert await house.remains() == before

    async def test_do_not_come_to_the_parser_of_files(self, house: House) -> None:
        """Routes that take files read for themselves: JSON is no form."""
        before = await house.remains()

        for knock in (one for one in house.protected() if one.calling.upload):
            sender = house.harbour(knock.a_role)
            for raw, kind in ((b'{"a": NaN}', JSON), (b"\x00" * 4096, "multipart/form-data")):
                headers = sender | {"content-type": kind}
                answer = await house.knock(knock, headers, content=raw, data=None, files=None)

                assert answer.status_code in {400, 415}, (knock.name, kind)
        assert await house.remains() == before


def json_routes(house: House) -> Iterator[Knock]:
    return (one for one in house.protected() if one.takes_json)
