"""Door 1 of resolution: evidence, checklist and the working view, in process."""

from typing import Any

import pytest

from builders_contracts import ADDRESS, an_id
from builders_resolution import ADDRESS_PROOF, NEW_REGISTRATION, said
from chassis.vault import open_value
from contracts.event import Contract
from contracts.sealed import SealedValue
from house_resolution import (
    ACCEPT_ADDRESS,
    ACCEPT_REGISTRATION,
    CASE,
    LAST_WEEK,
    PRIVATE,
    House,
    a_road,
    assigned_to,
    judgement,
)
from identities import MEMBERS


def unanswered() -> tuple[Contract, ...]:
    return (*a_road()[:3], assigned_to("mara"))


class TestReadCase:
    @pytest.mark.covers("RT-9", "SC-8", "SC-9")
    async def test_says_where_it_stands_and_what_is_next(self, house: House) -> None:
        await house.hear(a_road())

        answer = await house.get(f"/v1/cases/{CASE}")

        case = answer.json()
        assert answer.status_code == 200
        assert (case["status"], case["waiting_on"]) == ("in_progress", "platform")
        assert case["next_best_action"]["verb"] == "judge_evidence"
        assert case["next_best_action"]["lacks"] == []
        assert case["next_best_action"]["href"].endswith(f"{judgement(NEW_REGISTRATION)}")
        assert case["allowed_actions"] == ["judge_evidence"]
        assert [one["state"] for one in case["checklist"]] == ["done", "open", "open"]
        assert [one["on_file"] for one in case["evidence"]] == [True, True, False, False]
        assert case["policy_refs"] == ["payout-policy-4.2", "seller-verification-2.1"]
        assert case["path"][0]["what"] == "case.opened"
        assert case["dates"]["update_by"]
        assert answer.headers["etag"]

    async def test_masks_what_the_reader_is_not_cleared_for(self, house: House) -> None:
        await house.hear(a_road())

        case = (await house.get(f"/v1/cases/{CASE}")).json()

        assert case["handle"] == {"masked": True, "class": "contact"}
        assert case["description"]["sealed"]

    @pytest.mark.parametrize(
        ("who", "status"),
        [
            ("jonas", 200),
            ("sofia", 200),
            ("ines", 200),
            ("boris", 404),
            ("harbour-front-end", 403),
            ("finance-desk", 403),
        ],
    )
    async def test_is_for_those_who_work_it(self, house: House, who: str, status: int) -> None:
        await house.hear(a_road())

        assert (await house.get(f"/v1/cases/{CASE}", by=who)).status_code == status

    @pytest.mark.parametrize("case", [an_id("case", 9), "case_17", "nonsense"])
    async def test_knows_no_other_case(self, house: House, case: str) -> None:
        assert (await house.get(f"/v1/cases/{case}")).status_code == 404


class TestAskForEvidence:
    @pytest.mark.covers("IN-15")
    async def test_refuses_what_was_asked_for_already(self, house: House) -> None:
        await house.hear(unanswered())
        asked = (await said(house.engine))[0].fact["items"]
        before = await house.count()

        answer = await house.on_case("evidence-requests", {"kinds": [ADDRESS]})

        assert (answer.status_code, answer.json()["code"]) == (409, "already-on-file")
        assert answer.json()["existing"] == asked[1]["item"]
        assert await house.count() == before

    async def test_refuses_what_is_on_file_and_valid(self, house: House) -> None:
        await house.hear(unanswered())

        answer = await house.on_case("evidence-requests", {"kinds": ["identity_document"]})

        assert answer.json()["existing"] == an_id("evd", 1)

    async def test_asks_for_something_else_once(self, house: House) -> None:
        await house.hear(a_road())
        before, body = await house.count(), {"kinds": ["supporting_document"], "reason": "missing"}

        first = await house.on_case("evidence-requests", body)
        second = await house.on_case("evidence-requests", body)

        assert first.status_code == 201
        assert (second.status_code, second.json()["existing"]) == (
            409,
            first.json()["items"][0]["item"],
        )
        assert (await house.new(before))[0] == "evidence.requested"
        assert (await house.get(f"/v1/cases/{CASE}")).json()["status"] == "waiting_seller"

    async def test_repeats_its_answer_for_the_same_key(self, house: House) -> None:
        await house.hear(a_road())
        body, path = {"kinds": ["supporting_document"]}, f"/v1/cases/{CASE}/evidence-requests"

        first = await house.post(path, body, key="k-1")
        again = await house.post(path, body, key="k-1")

        assert again.content == first.content
        assert again.headers["idempotency-replayed"] == "true"

    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            ({"kinds": []}, "/kinds"),
            ({"kinds": ["tax_return"]}, "/kinds/0"),
            ({"kinds": [ADDRESS, ADDRESS]}, "/kinds/1"),
            ({"kinds": ["supporting_document"], "reason": "boredom"}, "/reason"),
            ({}, "/kinds"),
            ({"kinds": [ADDRESS], "extra": 1}, "/extra"),
        ],
    )
    async def test_points_at_what_does_not_fit(
        self, house: House, body: object, pointer: str
    ) -> None:
        await house.hear(a_road())

        answer = await house.on_case("evidence-requests", body)

        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-body")
        assert answer.json()["errors"][0]["pointer"] == pointer


class TestJudge:
    @pytest.mark.covers("SC-8")
    async def test_accepts_and_completes_the_point_in_one_transaction(self, house: House) -> None:
        await house.hear(a_road())
        before = await house.count()

        answer = await house.on_case(judgement(ADDRESS_PROOF), ACCEPT_ADDRESS)

        assert answer.status_code == 200
        assert await house.new(before) == ["evidence.accepted", "checklist.item_completed"]
        told = (await said(house.engine))[before:]
        assert told[0].fact["issued_on"] == LAST_WEEK
        assert told[0].fact["item"] == (await said(house.engine))[0].fact["items"][1]["item"]
        assert told[1].fact == {"item": ADDRESS, "evidence": ADDRESS_PROOF}
        assert told[0].headers["ce_actor"].startswith("agent:mem_")

    @pytest.mark.covers("RT-9")
    async def test_leads_to_the_handoff_once_everything_is_there(self, house: House) -> None:
        await house.hear(a_road())

        await house.on_case(judgement(NEW_REGISTRATION), ACCEPT_REGISTRATION)
        await house.on_case(judgement(ADDRESS_PROOF), ACCEPT_ADDRESS)

        action = (await house.get(f"/v1/cases/{CASE}")).json()["next_best_action"]
        assert (action["verb"], action["team"], action["service"]) == (
            "hand_off",
            "finance",
            "handoff",
        )

    async def test_changes_nothing_the_second_time(self, house: House) -> None:
        await house.hear(a_road())
        await house.on_case(judgement(ADDRESS_PROOF), ACCEPT_ADDRESS)
        before = await house.count()

        again = await house.on_case(judgement(ADDRESS_PROOF), ACCEPT_ADDRESS)

        assert again.status_code == 200
        assert again.json()["issued_on"] == LAST_WEEK
        assert await house.count() == before

    @pytest.mark.parametrize(
        "other",
        [
            {"outcome": "rejected", "reason": "too_old"},
            {**ACCEPT_ADDRESS, "issued_on": "2026-01-01"},
            {**ACCEPT_ADDRESS, "valid_until": "2031-04-01"},
        ],
    )
    async def test_is_not_judged_otherwise_and_told_by_whom_it_was(
        self, house: House, other: dict[str, Any]
    ) -> None:
        await house.hear(a_road())
        await house.on_case(judgement(ADDRESS_PROOF), ACCEPT_ADDRESS)
        before = await house.count()

        answer = await house.on_case(judgement(ADDRESS_PROOF), other, by="sofia")

        assert (answer.status_code, answer.json()["code"]) == (409, "not-allowed-now")
        judged = answer.json()["judged"]
        assert (judged["outcome"], judged["issued_on"]) == ("accepted", LAST_WEEK)
        assert judged["judged_by"] == f"agent:{MEMBERS['mara']}"
        assert judged["judged_at"]
        assert await house.count() == before

    async def test_answers_what_is_kept_of_a_rejection(self, house: House) -> None:
        await house.hear(a_road())
        rejected = {"outcome": "rejected", "reason": "too_old", "issued_on": LAST_WEEK}

        answer = await house.on_case(judgement(ADDRESS_PROOF), rejected)
        again = await house.on_case(judgement(ADDRESS_PROOF), rejected)

        document = (await house.get(f"/v1/cases/{CASE}")).json()["evidence"]
        kept = next(one for one in document if one["id"] == ADDRESS_PROOF)
        assert (answer.status_code, again.status_code) == (200, 200)
        assert answer.json() == again.json()
        assert answer.json().get("issued_on") is kept.get("issued_on") is None
        assert answer.json()["reason"] == kept["reason"] == "too_old"

    async def test_asks_again_for_what_it_rejects(self, house: House) -> None:
        await house.hear(a_road())
        item = (await said(house.engine))[0].fact["items"][1]["item"]
        before = await house.count()

        body = {"outcome": "rejected", "reason": "too_old", "note": "Dated two years ago."}
        answer = await house.on_case(judgement(ADDRESS_PROOF), body)

        told = (await said(house.engine))[before:]
        assert answer.status_code == 200
        assert [one.type for one in told] == [
            "evidence.rejected",
            "evidence.requested",
            "seller.message_sent",
            "message.ready",
        ]
        assert told[2].fact["template"] == "payout_hold.evidence_request@1"
        assert told[0].fact["note"]["class"] == "narrative"
        assert [one["item"] for one in told[1].fact["items"]] == [item]
        assert (await house.get(f"/v1/cases/{CASE}")).json()["status"] == "waiting_seller"

    async def test_tells_the_seller_why_a_document_will_not_do(self, house: House) -> None:
        await house.hear(a_road())

        await house.on_case(judgement(ADDRESS_PROOF), {"outcome": "rejected", "reason": "too_old"})

        [*_, sent, _ready] = await said(house.engine)
        letter = SealedValue.model_validate(sent.fact["body"])
        body = open_value(PRIVATE, letter, subject=CASE).value["body"]
        assert "**What was wrong with the one that came.**" in body
        assert "- It is older than we may accept." in body

    async def test_waives_the_point_with_the_document(self, house: House) -> None:
        await house.hear(a_road())
        before = await house.count()

        body = {"outcome": "waived", "reason": "already_proven"}
        answer = await house.on_case(judgement(ADDRESS_PROOF), body)

        assert answer.status_code == 200
        assert await house.new(before) == ["evidence.waived", "checklist.item_waived"]

    @pytest.mark.parametrize(
        ("evidence", "body", "pointer"),
        [
            (ADDRESS_PROOF, {"outcome": "accepted"}, "/issued_on"),
            (ADDRESS_PROOF, {"outcome": "accepted", "issued_on": "2020-01-01"}, "/issued_on"),
            (ADDRESS_PROOF, {"outcome": "accepted", "issued_on": 7}, "/issued_on"),
            (NEW_REGISTRATION, {"outcome": "accepted"}, "/valid_until"),
            (ADDRESS_PROOF, {"outcome": "rejected"}, "/reason"),
            (ADDRESS_PROOF, {"outcome": "rejected", "reason": "ugly"}, "/reason"),
            (ADDRESS_PROOF, {"outcome": "waived"}, "/reason"),
            (ADDRESS_PROOF, {**ACCEPT_ADDRESS, "reason": "too_old"}, "/reason"),
            (ADDRESS_PROOF, {"outcome": "shredded"}, "/outcome"),
        ],
    )
    async def test_points_at_what_lacks(
        self, house: House, evidence: str, body: dict[str, Any], pointer: str
    ) -> None:
        await house.hear(a_road())
        before = await house.count()

        answer = await house.on_case(judgement(evidence), body)

        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-body")
        assert answer.json()["errors"][0]["pointer"] == pointer
        assert await house.count() == before

    @pytest.mark.parametrize("evidence", [an_id("evd", 77), an_id("evd", 1), "evd_17"])
    async def test_knows_only_documents_that_arrived(self, house: House, evidence: str) -> None:
        await house.hear(a_road())

        answer = await house.on_case(judgement(evidence), ACCEPT_ADDRESS)

        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")

    @pytest.mark.parametrize(
        ("who", "status"),
        [("jonas", 403), ("sofia", 200), ("boris", 404), ("ines", 403), ("finance-desk", 403)],
    )
    async def test_is_for_assignee_lead_and_supervisor(
        self, house: House, who: str, status: int
    ) -> None:
        await house.hear(a_road())

        answer = await house.on_case(judgement(ADDRESS_PROOF), ACCEPT_ADDRESS, by=who)

        assert answer.status_code == status
        assert ("Take the case first" in answer.text) is (who == "jonas")


class TestEndPoint:
    async def test_waives_a_point_and_what_was_asked_for_it(self, house: House) -> None:
        await house.hear(unanswered())
        before = await house.count()

        body = {"outcome": "waived", "reason": "already_proven", "note": "Seen last week."}
        answer = await house.on_case(f"checklist/{ADDRESS}", body)

        assert answer.json() == {"item": ADDRESS, "state": "waived"}
        assert await house.new(before) == ["evidence.waived", "checklist.item_waived"]
        case = (await house.get(f"/v1/cases/{CASE}")).json()
        assert {one["kind"]: one["open"] for one in case["requests"]} == {
            "business_registration": True,
            ADDRESS: False,
        }

    async def test_changes_nothing_the_second_time(self, house: House) -> None:
        await house.hear(unanswered())
        body = {"outcome": "waived", "reason": "already_proven"}
        await house.on_case(f"checklist/{ADDRESS}", body)
        before = await house.count()

        again = await house.on_case(f"checklist/{ADDRESS}", body)
        other = await house.on_case(f"checklist/{ADDRESS}", {"outcome": "done"})

        assert (again.status_code, other.status_code) == (200, 409)
        assert await house.count() == before

    async def test_is_not_done_without_its_document(self, house: House) -> None:
        await house.hear(unanswered())

        answer = await house.on_case(f"checklist/{ADDRESS}", {"outcome": "done"})

        assert (answer.status_code, answer.json()["code"]) == (409, "not-allowed-now")

    @pytest.mark.parametrize(
        ("item", "body", "status"),
        [
            ("karma", {"outcome": "done"}, 404),
            (ADDRESS, {"outcome": "waived"}, 422),
            (ADDRESS, {"outcome": "waived", "reason": "boredom"}, 422),
            (ADDRESS, {"outcome": "ignored"}, 422),
        ],
    )
    async def test_says_what_does_not_fit(
        self, house: House, item: str, body: object, status: int
    ) -> None:
        await house.hear(unanswered())

        assert (await house.on_case(f"checklist/{item}", body)).status_code == status
