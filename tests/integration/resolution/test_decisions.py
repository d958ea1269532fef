"""Deciding a case over HTTP: each guard, and all of it or nothing."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from builders_contracts import ADDRESS, NOON, a_handoff_request, an_id
from builders_resolution import ADDRESS_PROOF, NEW_REGISTRATION, said
from builders_routing import reclassified
from contracts.event import Contract
from contracts.handoff import HandoffCompleted
from house_resolution import (
    ACCEPT_ADDRESS,
    ACCEPT_REGISTRATION,
    CASE,
    House,
    a_road,
    assigned_to,
    judgement,
)
from withdrawals import withdrawn

FAVOURABLE: dict[str, Any] = {
    "type": "payout_release",
    "outcome": "released",
    "root_cause": "verification_expired",
    "reasons": ["evidence_complete"],
    "evidence": [NEW_REGISTRATION, ADDRESS_PROOF],
    "redress": "appeal",
    "template": "payout_hold.decision.favourable",
    "resolves": True,
}
ADVERSE = FAVOURABLE | {
    "outcome": "refused",
    "reasons": ["evidence_not_valid"],
    "template": "payout_hold.decision.adverse",
}
COMPLETED = HandoffCompleted(handoff=an_id("hnd"), team="finance", result={"payout_released": True})
"""What finance did, as far as resolution hears of it."""


async def ready(house: House, *more: Contract, by: str = "mara") -> int:
    """Bring the case to where it may be decided; say how much had been said by then."""
    await house.hear((*a_road()[:-1], assigned_to(by), *more))
    await house.on_case(judgement(NEW_REGISTRATION), ACCEPT_REGISTRATION, by=by)
    await house.on_case(judgement(ADDRESS_PROOF), ACCEPT_ADDRESS, by=by)
    return await house.count()


async def decided(house: House) -> int:
    async with house.engine.connect() as connection:
        found: int = await connection.scalar(text("select count(*) from decisions")) or 0
        return found


class TestDecide:
    @pytest.mark.covers("CX-7", "SC-21", "OW-5", "AU-2")
    async def test_says_decision_letter_and_outcome_in_one_transaction(self, house: House) -> None:
        before = await ready(house, a_handoff_request(), COMPLETED)

        answer = await house.on_case("decisions", FAVOURABLE)

        assert answer.status_code == 201
        told = (await said(house.engine))[before:]
        decision, letter, resolved = (one for one in told if one.topic == "cases.v1")
        assert [one.type for one in told if one.topic != "cases.v1"] == ["message.ready"]
        assert (decision.type, letter.type) == ("decision.recorded", "seller.message_sent")
        assert resolved.type == "case.resolved"
        assert decision.fact["type"] == "payout_release"
        assert decision.fact["adverse"] is False
        assert decision.fact["authority_level"] == 2
        assert decision.fact["policies"] == ["payout-policy-4.2", "seller-verification-2.1"]
        assert decision.fact["rules"] == ["checklists/payout_hold@1"]
        assert letter.fact["kind"] == "decision"
        assert resolved.fact["decision"] == answer.json()["decision"]
        assert resolved.fact["reopen_until"] > (NOON + timedelta(days=1)).isoformat()
        assert await decided(house) == 1
        assert (await house.get(f"/v1/cases/{CASE}")).json()["status"] == "resolved"

    @pytest.mark.covers("GV-10")
    async def test_says_nothing_of_it_when_its_letter_was_withdrawn(self, house: House) -> None:
        before = await ready(house, a_handoff_request(), COMPLETED)
        await withdrawn(house, "payout_hold.decision.favourable@1")

        answer = await house.on_case("decisions", FAVOURABLE)

        assert (answer.status_code, answer.json()["code"]) == (409, "letter-invalidated")
        assert await house.new(before) == ["asset.invalidated"]
        assert await decided(house) == 0
        assert (await house.get(f"/v1/cases/{CASE}")).json()["status"] == "in_progress"

    @pytest.mark.covers("CX-6", "CX-7")
    async def test_tells_the_seller_why_and_until_when_to_appeal(self, house: House) -> None:
        before = await ready(house)
        await house.on_case("decisions", ADVERSE)

        letter = (await said(house.engine))[before + 1].fact["message"]
        body = (await house.get(f"/v1/messages/{letter}", by="harbour-front-end")).json()["body"]

        assert "A document did not meet the standard" in body
        assert "appeal on your case page by" in body

    async def test_is_said_once(self, house: House) -> None:
        before = await ready(house)

        first = await house.on_case("decisions", FAVOURABLE)
        second = await house.on_case("decisions", FAVOURABLE)

        assert (first.status_code, second.status_code) == (201, 409)
        assert second.json()["code"] == "not-allowed-now"
        assert second.json()["case_status"] == "resolved"
        assert await house.count() == before + 4

    @pytest.mark.parametrize(
        ("change", "code", "pointer"),
        [
            ({"type": "pardon"}, "invalid-body", "/type"),
            ({"outcome": "vanished"}, "invalid-body", "/outcome"),
            ({"root_cause": "bad_luck"}, "invalid-body", "/root_cause"),
            ({"reasons": ["mood"]}, "invalid-body", "/reasons/0"),
            ({"redress": "flowers"}, "invalid-body", "/redress"),
            ({"resolves": False}, "invalid-body", "/resolves"),
            ({"evidence": ["evd_17"]}, "invalid-body", "/evidence/0"),
            ({"root_cause": None}, "decision-incomplete", "/root_cause"),
            ({"reasons": []}, "decision-incomplete", "/reasons"),
            ({"evidence": [an_id("evd", 99)]}, "decision-incomplete", "/evidence/0"),
            ({"template": "payout_hold.update"}, "decision-incomplete", "/template"),
            ({"outcome": "refused"}, "decision-incomplete", "/template"),
        ],
    )
    async def test_points_at_what_lacks(
        self, house: House, change: dict[str, Any], code: str, pointer: str
    ) -> None:
        before = await ready(house)

        answer = await house.on_case("decisions", FAVOURABLE | change)

        assert (answer.status_code, answer.json()["code"]) == (422, code)
        assert answer.json()["errors"][0]["pointer"] == pointer
        assert (await house.count(), await decided(house)) == (before, 0)

    async def test_needs_redress_when_it_goes_against_the_seller(self, house: House) -> None:
        await ready(house)

        answer = await house.on_case("decisions", ADVERSE | {"redress": None})

        assert answer.json()["errors"][0]["pointer"] == "/redress"

    async def test_needs_the_checklist(self, house: House) -> None:
        await house.hear(a_road())

        answer = await house.on_case("decisions", FAVOURABLE | {"evidence": []})

        assert answer.json()["code"] == "decision-incomplete"
        assert f"/checklist/{ADDRESS}" in [one["pointer"] for one in answer.json()["errors"]]

    @pytest.mark.covers("OW-5")
    async def test_needs_authority(self, house: House) -> None:
        before = await ready(house)

        headers = house.identities.headers("mara", authority=1) | {"idempotency-key": "k"}
        answer = await house.client.post(
            f"/v1/cases/{CASE}/decisions", json=FAVOURABLE, headers=headers
        )

        refused = answer.json()
        assert (answer.status_code, refused["code"]) == (403, "needs-authority")
        assert refused["required_authority"] == 2
        assert refused["approval_path"] == ["agent", "senior_agent", "council"]
        assert refused["ask_at"] == f"/v1/cases/{CASE}/escalations"
        assert "authority 2 is needed, which the role agent has" in refused["errors"][0]["detail"]
        assert await house.count() == before

    async def test_is_to_be_asked_of_those_who_have_the_authority(self, house: House) -> None:
        graver = reclassified("payout_hold", authority_level=3)
        await ready(house, graver)

        refused = (await house.on_case("decisions", FAVOURABLE)).json()

        assert (refused["code"], refused["required_authority"]) == ("needs-authority", 3)
        assert refused["approval_path"] == ["senior_agent", "council"]

    async def test_waits_for_a_blocking_handoff(self, house: House) -> None:
        before = await ready(house, a_handoff_request())

        answer = await house.on_case("decisions", FAVOURABLE)

        assert (answer.status_code, answer.json()["code"]) == (409, "not-allowed-now")
        assert await house.count() == before

    @pytest.mark.parametrize(
        ("who", "status"),
        [
            ("jonas", 403),
            ("boris", 404),
            ("ines", 403),
            ("harbour-front-end", 403),
            ("finance-desk", 403),
            ("sofia", 201),
        ],
    )
    async def test_is_for_assignee_lead_and_supervisor(
        self, house: House, who: str, status: int
    ) -> None:
        await ready(house)

        assert (await house.on_case("decisions", FAVOURABLE, by=who)).status_code == status

    async def test_requires_a_key(self, house: House) -> None:
        await ready(house)

        answer = await house.client.post(
            f"/v1/cases/{CASE}/decisions", json=FAVOURABLE, headers=house.identities.headers("mara")
        )

        assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-missing")

    async def test_keeps_a_note_sealed(self, house: House) -> None:
        await ready(house)

        answer = await house.on_case("decisions", FAVOURABLE | {"note": "Canary of the desk."})

        async with house.engine.connect() as connection:
            rows = await connection.execute(text("select row_to_json(n)::text from notes n"))
            notes = [row[0] for row in rows]
        assert answer.json()["decision"] in notes[0]
        assert "Canary" not in notes[0]

    async def test_leaves_nothing_to_do(self, house: House) -> None:
        await ready(house)
        await house.on_case("decisions", FAVOURABLE)

        case = (await house.get(f"/v1/cases/{CASE}")).json()

        assert case["next_best_action"]["verb"] == "none"
        assert case["allowed_actions"] == []
        for place, body in (
            (judgement(ADDRESS_PROOF), {"outcome": "waived", "reason": "already_proven"}),
            ("evidence-requests", {"kinds": ["supporting_document"]}),
            ("messages", {"template": "seller_care.update", "parameters": {"progress": "solved"}}),
        ):
            assert (await house.on_case(place, body)).status_code == 409
