"""What an attacker tries next: forged cursors, odd bytes, invented methods, own headers."""

from base64 import urlsafe_b64encode
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import orjson
import pytest

from street import CANARY, House, Knock

CURSORS: tuple[list[Any], ...] = (
    [],
    ["x"],
    [None],
    [1],
    ["x", "y"],
    [2**53, "case_00000000000000000000000001"],
    ["2026-11-22T12:00:00+00:00", "nothing"],
    ["2026-11-22T12:00:00", "case_00000000000000000000000001"],
    ["2026-11-22T12:00:00+00:00", "case_00000000000000000000000001"],
    ["9999-12-31T23:59:59-23:59", "case_00000000000000000000000001"],
    ["cases.v1", CANARY],
    [True, True],
    ["a", "b", 10**15, 10**15],
    ["a", 10**15, 10**15],
)
ODD = (
    CANARY,
    "%00",
    "%ED%A0%80",
    "%F0%9F%8F%BA",
    "..%2f..%2fetc",
    "'%3B--",
    "9" * 400,
    "%0d%0aX-A:b",
)
HEADERS = (
    {"sellerworks-after": CANARY},
    {"sellerworks-after": "router=" + "9" * 30},
    {"if-match": CANARY},
    {"if-none-match": CANARY},
    {"x-request-id": CANARY},
    {"x-request-id": "req_a\nX"[:5]},
    {"traceparent": f"00-{CANARY}-x-01"},
    {"traceparent": "00-" + "f" * 32 + "-" + "f" * 16 + "-01", "tracestate": CANARY},
    {"last-event-id": CANARY},
    {"accept": CANARY},
    {"accept-language": CANARY},
    {"host": CANARY},
    {"x-forwarded-for": CANARY, "x-forwarded-host": CANARY, "forwarded": f"host={CANARY}"},
    {"x-http-method-override": "DELETE"},
)


def cursor(parts: object) -> str:
    return urlsafe_b64encode(orjson.dumps(parts)).rstrip(b"=").decode()


def with_odd_ids(house: House, knock: Knock, odd: str) -> Knock:
    template = knock.route.path_format
    path = template.format_map(dict.fromkeys(house.ids, odd))
    return replace(knock, path=path)


def readable(house: House) -> list[Knock]:
    return [one for one in house.protected() if not one.answers_stream]


class TestForgedCursors:
    async def test_are_refused_or_lead_to_a_page_of_ones_own(self, house: House) -> None:
        for knock in readable(house):
            if "cursor" not in knock.queries:
                continue
            for parts in CURSORS:
                asking = replace(knock, query={**knock.query, "cursor": cursor(parts)})
                answer = await house.knock(asking, house.harbour(knock.a_role))

                assert answer.status_code in {200, 422}, (knock.name, parts)

    async def test_of_a_stranger_show_a_stranger_nothing(self, house: House) -> None:
        for knock in readable(house):
            if "cursor" not in knock.queries:
                continue
            asking = replace(knock, query={**knock.query, "limit": "1"})
            for role in knock.bounded_roles:
                first = await house.knock(asking, house.harbour(role))
                following = first.json().get("next") if first.is_success else None
                if not following:
                    continue
                stolen = replace(asking, query={**asking.query, "cursor": following})
                stranger = house.harbour(role, marketplaces=["bazaar"])
                answer = await house.knock(stolen, stranger)

                assert answer.status_code == 404 or answer.json()["items"] == [], knock.name


class TestOddBytes:
    @pytest.mark.covers("SE-7")
    async def test_in_a_path_name_nothing(self, house: House) -> None:
        for knock in readable(house):
            if "{" not in knock.route.path:
                continue
            for odd in ODD:
                answer = await house.knock(
                    with_odd_ids(house, knock, odd), house.harbour(knock.a_role)
                )

                assert answer.status_code in {200, 403, 404, 405, 415, 422, 428}, (knock.name, odd)
                assert not answer.is_success or odd not in house.ids.values()

    async def test_in_a_query_are_refused_or_find_nothing(self, house: House) -> None:
        for knock in readable(house):
            for name in knock.queries:
                for odd in (*ODD, "-1", "0", "1e9", "2026-99-99"):
                    pairs = {**knock.query, name: "@"}
                    query = "&".join(f"{key}={quote(value)}" for key, value in pairs.items())
                    path = f"{knock.path}?{query.replace(f'{name}=%40', f'{name}={odd}')}"
                    asking = replace(knock, path=path)
                    answer = await house.knock(asking, house.harbour(knock.a_role), params=None)

                    assert answer.status_code < 500, (knock.name, name, odd)


class TestHeadersOfTheirOwn:
    async def test_change_nothing_and_are_not_echoed(self, house: House) -> None:
        for knock in readable(house):
            for headers in HEADERS:
                answer = await house.knock(knock, house.harbour(knock.a_role) | headers)

                told = (answer.text + str(answer.headers)).lower()
                assert CANARY.lower() not in told, (knock.name, headers)


class TestInventedMethods:
    async def test_are_refused_and_not_counted_by_name(self, house: House) -> None:
        for knock in readable(house):
            for method in ("DELETE", "PATCH", "TRACE", CANARY.upper().replace("-", "")):
                answer = await house.ask(method, knock.path, headers=house.harbour(knock.a_role))

                assert answer.status_code in {404, 405, 415}, (knock.name, method)
        figures = (await house.ask("GET", "/metrics")).text
        assert CANARY.upper().replace("-", "") not in figures
        assert not [one for one in house.ids.values() if "_0" in one and one in figures]
