"""Whatever is posted as a case: never a 5xx, and nothing is kept of what is refused."""

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings, strategies as st

from extent import short_or_full
from intake_stand import FRONT_END, SELLER, Stand, a_case

GENERATED = short_or_full(500, 10_000)
CANARY = "canary-93aa"


async def send(stand: Stand, raw: bytes, **headers: str) -> httpx.Response:
    usual = {"content-type": "application/json"} | headers
    return await stand.client.post(
        "/v1/cases",
        content=raw,
        headers=stand.headers(FRONT_END, Idempotency_Key=uuid4().hex) | usual,
    )


def with_description(text: str) -> bytes:
    """Write a filing whose description is that JSON text, as it stands."""
    return json.dumps(a_case(description="HERE")).replace('"HERE"', text).encode()


AMPHORAS = '"' + "\\ud83c\\udffa" * 20_000 + '"'
BAD_BODIES: list[tuple[str, bytes, int, str]] = [
    ("NUL in a text", with_description('"\\u0000"'), 400, "malformed-json"),
    ("lone surrogate", with_description('"\\ud800"'), 400, "malformed-json"),
    ("not a number", with_description("NaN"), 400, "malformed-json"),
    ("infinite number", with_description("1e999"), 400, "malformed-json"),
    ("5,000 digits", with_description("1" * 5000), 400, "malformed-json"),
    ("key twice", with_description('"a", "description": "b"'), 400, "malformed-json"),
    ("UTF-16", json.dumps(a_case()).encode("utf-16"), 400, "malformed-json"),
    ("100,000 deep", b"[" * 100_000, 400, "malformed-json"),
    ("33 deep", with_description("[" * 40 + "]" * 40), 400, "malformed-json"),
    ("not UTF-8", b"\xff{}", 400, "malformed-json"),
    ("nothing", b"", 422, "invalid-body"),
    ("no object", b"[]", 422, "invalid-body"),
    ("unknown member", json.dumps(a_case(role="operator")).encode(), 422, "invalid-body"),
    ("20 MB", b'{"a": "' + b"x" * 20_000_000 + b'"}', 413, "too-large"),
    ("too large for an event", with_description(AMPHORAS), 413, "too-large"),
]
FACTS_GIVEN = a_case()["facts"]
WRONG_FIELDS: list[tuple[dict[str, Any], str]] = [
    ({"facts": {"payout_ref": "PO-1"}}, "/facts/amount"),
    ({"facts": FACTS_GIVEN | {"amount": 5}}, "/facts/amount"),
    ({"facts": FACTS_GIVEN | {"hold_code": CANARY}}, "/facts/hold_code"),
    ({"facts": FACTS_GIVEN | {"hold_since": "yesterday"}}, "/facts/hold_since"),
    ({"facts": FACTS_GIVEN | {"unheard_of": 1}}, "/facts/unheard_of"),
    ({"facts": FACTS_GIVEN | {"payout_ref": "4111111111111111"}}, "/facts/payout_ref"),
    ({"facts": {"x": 2**53}, "issue_type": "of_tomorrow"}, "/facts/x"),
    ({"facts": {"x": [{"y": -(2**63)}]}, "issue_type": "of_tomorrow"}, "/facts/x/0/y"),
    ({"external_ref": "not a number"}, "/external_ref"),
    ({"external_ref": "GB82WEST12345698765432"}, "/external_ref"),
    ({"channel": "by carrier pigeon"}, "/channel"),
    ({"seller": a_case()["seller"] | {"ref": ""}}, "/seller/ref"),
    ({"seller": {"ref": "clay"}}, "/seller/tier"),
    ({"subject": "x" * 201}, "/subject"),
    ({"description": "x" * 20_001}, "/description"),
    ({"evidence_on_file": [{"kind": "x", "valid_until": 1}]}, "/evidence_on_file/0/valid_until"),
    ({"perspective": "mine"}, "/perspective"),
    ({"marketplace": "Harbour!"}, "/marketplace"),
]


class TestBadBodies:
    @pytest.mark.fault(100, 19)
    async def test_get_the_answer_that_was_agreed(self, stand: Stand) -> None:
        for what, raw, status, code in BAD_BODIES:
            response = await send(stand, raw)

            assert (response.status_code, response.json()["code"]) == (status, code), what
        assert await stand.events() == []

    async def test_have_to_be_json(self, stand: Stand) -> None:
        response = await send(stand, b"<case/>", **{"content-type": "text/xml"})

        assert response.status_code == 415

    @pytest.mark.covers("IN-5")
    async def test_are_pointed_into(self, stand: Stand) -> None:
        for change, pointer in WRONG_FIELDS:
            response = await stand.post(a_case(**change))

            assert response.status_code == 422, change
            assert pointer in [error["pointer"] for error in response.json()["errors"]]
            assert CANARY not in response.text
        assert await stand.events() == []


class TestWhoMayFile:
    @pytest.mark.parametrize("who", ["bazaar-front-end", "seller-bazaar-one"])
    async def test_not_in_another_marketplace(self, stand: Stand, who: str) -> None:
        response = await stand.post(a_case(), who=who)

        assert (response.status_code, response.json()["code"]) == (404, "not-found")

    async def test_not_for_another_seller(self, stand: Stand) -> None:
        another = a_case()["seller"] | {"ref": "another"}

        response = await stand.post(a_case(seller=another), who=SELLER)

        assert (response.status_code, response.json()["code"]) == (404, "not-found")

    async def test_not_in_another_role(self, stand: Stand) -> None:
        for who in ("mara", "olga", "finance-desk", "service-router", "ines"):
            assert (await stand.post(a_case(), who=who)).status_code == 403, who

    async def test_nobody_without_a_token(self, stand: Stand) -> None:
        keyed = {"idempotency-key": "k"}

        response = await stand.client.post("/v1/cases", json=a_case(), headers=keyed)

        assert (response.status_code, response.json()["code"]) == (401, "unauthenticated")


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(["payout_hold", "harbour", "\x00", "\ud800", "GBP", "2026-11-16"])
)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4)
    ),
    max_leaves=12,
)
FACTS = st.dictionaries(
    st.sampled_from([*a_case()["facts"], "bank_account_ref", "x", "", "a b"]), JSON, max_size=6
)
CHANGED = st.dictionaries(
    st.sampled_from([*a_case(), "acting_party", "perspective"]), JSON, max_size=4
)
FILINGS = st.one_of(
    JSON,
    CHANGED.map(lambda changes: a_case() | changes),
    FACTS.map(lambda facts: a_case() | {"facts": facts}),
    FACTS.map(lambda facts: a_case() | {"facts": facts, "issue_type": "of_tomorrow"}),
)


class TestGeneratedBodies:
    @pytest.mark.fault(100)
    async def test_never_give_a_5xx(self, stand: Stand) -> None:
        """One stand, 500 bodies: hypothesis makes them, the loop of this test sends them."""
        await stand.stock(GENERATED)
        statuses: dict[int, int] = {}

        for body in _generated(GENERATED):
            response = await send(stand, body)
            statuses[response.status_code] = statuses.get(response.status_code, 0) + 1
            assert response.status_code < 500, body

        assert statuses.keys() <= {200, 201, 400, 409, 413, 422}
        assert len(statuses) > 2


def _generated(count: int) -> list[bytes]:
    bodies: list[bytes] = []

    @settings(
        max_examples=count,
        database=None,
        derandomize=True,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(FILINGS)
    def collect(filing: Any) -> None:  # noqa: ANN401 - any JSON
        bodies.append(json.dumps(filing).encode())

    collect()
    return bodies
