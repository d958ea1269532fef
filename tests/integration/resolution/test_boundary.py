"""What every POST of resolution does with bodies that are none, and what stays sealed."""

import json

import pytest

from builders_contracts import an_id
from builders_resolution import ADDRESS_PROOF, dump
from house_resolution import CASE, House, a_road, judgement

CANARY = "Canary-of-the-glaze-kiln"
ROUTES = (
    f"/v1/cases/{CASE}/evidence-requests",
    f"/v1/cases/{CASE}/{judgement(ADDRESS_PROOF)}",
    f"/v1/cases/{CASE}/checklist/proof_of_address",
    f"/v1/cases/{CASE}/messages",
    f"/v1/cases/{CASE}/message-previews",
    f"/v1/cases/{CASE}/decisions",
    f"/v1/cases/{CASE}/answers",
)
DELIVERY = f"/v1/messages/{an_id('msg')}/delivery"
JSON = "application/json"
# security.md §3: a body, its content type, the status it gets.
BODIES = (
    (b'{"note": "\\u0000"}', JSON, 400),
    (b'{"note": "\\ud800"}', JSON, 400),
    (b'{"a": NaN}', JSON, 400),
    (b'{"a": 1e999}', JSON, 400),
    (b'{"a": ' + b"9" * 5000 + b"}", JSON, 400),
    (b'{"a": 1, "a": 2}', JSON, 400),
    ('{"a": 1}'.encode("utf-16"), JSON, 400),
    (b"[" * 100_000, JSON, 400),
    (b'{"role": "admin"}', JSON, 422),
    (b"[]", JSON, 422),
    (b'"text"', JSON, 422),
    (b"{", JSON, 400),
    (b"a=1", "application/x-www-form-urlencoded", 415),
    (json.dumps({"note": "x" * 300_000}).encode(), JSON, 413),
)


class TestEveryPost:
    @pytest.mark.parametrize("route", [*ROUTES, DELIVERY])
    async def test_gives_a_bad_body_its_status(self, house: House, route: str) -> None:
        who = "harbour-front-end" if route == DELIVERY else "mara"
        known = house.identities.headers(who)

        for place, (body, content_type, status) in enumerate(BODIES):
            headers = known | {"content-type": content_type, "idempotency-key": f"k-{place}"}
            answer = await house.client.post(route, content=body, headers=headers)

            assert (place, answer.status_code) == (place, status)
            assert answer.headers["content-type"] == "application/problem+json"

    @pytest.mark.parametrize("route", [*ROUTES, DELIVERY])
    async def test_believes_only_tokens(self, house: House, route: str) -> None:
        for token in ("", "Bearer nonsense", "Basic bWFyYQ=="):
            answer = await house.client.post(route, json={}, headers={"authorization": token})

            assert answer.status_code == 401


class TestSealing:
    @pytest.mark.covers("SE-1")
    async def test_leaves_no_word_of_letters_or_notes_in_clear(self, house: House) -> None:
        await house.hear(a_road())
        update = {"template": "payout_hold.update", "parameters": {"progress": "with_finance"}}
        asked = {"kinds": ["supporting_document"], "note": CANARY}
        waived = {"outcome": "waived", "reason": "already_proven", "note": CANARY}

        statuses = [
            (await house.on_case(place, body)).status_code
            for place, body in (
                ("messages", update),
                ("message-previews", update),
                ("evidence-requests", asked),
                (judgement(ADDRESS_PROOF), waived),
                ("checklist/business_registration", waived),
            )
        ]

        everything = await dump(house.engine)
        assert statuses == [201, 200, 201, 200, 200]
        assert CANARY not in everything
        assert "our finance team is preparing" not in everything
        assert "clay-and-co" not in everything
        assert "payout_hold.update@1" in everything
