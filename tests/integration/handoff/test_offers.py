"""Handing a case over: complete or not at all; on a real PostgreSQL."""

import hashlib

import pytest
import rfc8785

from builders_contracts import CASE
from house_handoff import OWN, PATH, a_body, offered
from service_house import House


class TestPostHandoff:
    @pytest.mark.covers("HO-1", "HO-2", "HO-5", "HO-15")
    async def test_points_at_what_is_missing_and_sends_nothing(self, house: House) -> None:
        lacking = {name: value for name, value in OWN.items() if name != "hold_code"}

        answer = await house.post(PATH, a_body(payload=lacking), by="mara")

        told = answer.json()
        assert (answer.status_code, told["code"]) == (422, "handoff-contract-unmet")
        assert [one["pointer"] for one in told["errors"]] == ["/payload/hold_code"]
        assert await house.said() == []

    async def test_points_at_each_place_at_once(self, house: House) -> None:
        answer = await house.post(PATH, a_body(payload={"words": "please"}), by="mara")

        assert {one["pointer"] for one in answer.json()["errors"]} == {
            "/payload/payout_refs",
            "/payload/amount",
            "/payload/hold_code",
            "/payload/words",
        }
        assert "please" not in answer.text

    async def test_tries_without_sending(self, house: House) -> None:
        answer = await house.post(f"{PATH}?dry_run=true", a_body(), by="mara")

        told = answer.json()
        assert answer.status_code == 200
        assert {"already_checked", "case_history", "evidence", "due_by"} <= set(told["payload"])
        assert await house.said() == []

    @pytest.mark.covers("HO-3", "HO-4", "HO-6", "HO-7", "HO-9", "HO-10", "HO-13")
    async def test_says_the_fact_before_the_offer(self, house: House) -> None:
        offer = await offered(house)

        fact, told = await house.said()
        assert (fact.topic, fact.type) == ("cases.v1", "handoff.requested")
        assert (told.topic, told.key) == ("handoffs.finance.v1", CASE)
        assert "reply_token" not in str(fact.fact)
        assert "what_happened" not in fact.fact["payload"]
        assert offer["what_happened"]["class"] == "narrative"
        steps = [one["step"] for one in offer["already_checked"]]
        assert steps == ["identity_document"]
        assert {one["kind"] for one in offer["evidence"]} == {
            "business_registration",
            "proof_of_address",
        }
        assert offer["case_history"][0]["step"] == "case_opened"
        without = {name: value for name, value in told.fact.items() if name != "reply_token"}
        assert fact.fact["payload_sha256"] == hashlib.sha256(rfc8785.dumps(without)).hexdigest()

    async def test_keeps_the_token_as_its_hash_alone(self, house: House) -> None:
        offer = await offered(house)

        answer = await house.get(f"/v1/handoffs/{offer['handoff']}", by="mara")

        assert offer["reply_token"] not in answer.text
        assert answer.json()["custody"] == "sender"

    async def test_offers_a_team_one_handoff_at_a_time(self, house: House) -> None:
        await offered(house)

        again = await house.post(PATH, a_body(), by="mara")

        assert (again.status_code, again.json()["code"]) == (409, "not-allowed-now")

    @pytest.mark.parametrize(
        ("body", "status", "pointer"),
        [
            (a_body(team="nobody"), 422, "/team"),
            (a_body(blocking="yes"), 422, "/blocking"),
            (a_body(state="completed"), 422, "/state"),
            ({"team": "finance"}, 422, "/blocking"),
        ],
    )
    async def test_refuses_what_it_does_not_know(
        self, body: dict[str, object], status: int, pointer: str, house: House
    ) -> None:
        answer = await house.post(PATH, body, by="mara")

        assert answer.status_code == status
        assert pointer in {one["pointer"] for one in answer.json()["errors"]}

    @pytest.mark.parametrize(
        ("who", "status"), [("jonas", 403), ("boris", 404), ("finance-desk", 403), ("ines", 403)]
    )
    async def test_is_for_whoever_works_the_case(self, who: str, status: int, house: House) -> None:
        answer = await house.post(PATH, a_body(), by=who)

        assert answer.status_code == status


class TestContracts:
    @pytest.mark.covers("HO-2", "HO-3")
    async def test_tell_a_sender_what_would_be_refused(self, house: House) -> None:
        contract = (await house.get("/v1/contracts/finance", by="mara")).json()

        assert {"payout_refs", "amount", "hold_code"} <= set(contract["payload_schema"]["required"])
        assert contract["turnaround_seconds"] > 0

    async def test_are_listed(self, house: House) -> None:
        listed = (await house.get("/v1/contracts", by="finance-desk")).json()["items"]

        teams = ["engineering", "finance", "legal", "policy", "product", "trust"]
        assert [one["team"] for one in listed] == teams
