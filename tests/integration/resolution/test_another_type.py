"""A case that is of another type: what resolution keeps, asks and withdraws."""

from typing import Any

import pytest

from builders_contracts import ADDRESS, NOON, REGISTRATION, a_case_opened, a_receipt, an_id
from builders_resolution import CLAIMED, ROUTED, said
from builders_routing import frozen, reclassified
from contracts.event import Contract
from contracts.sla import WindowEnded
from house_resolution import (
    ACCEPT_ADDRESS,
    CASE,
    HANDLE,
    SELLER,
    House,
    judgement,
)

OPENED = a_case_opened(seller=SELLER, handle=HANDLE)


async def hear(house: House, *facts: Contract) -> None:
    await house.hear((OPENED, *ROUTED[1:], *facts))


async def case_of(house: House) -> dict[str, Any]:
    answer = await house.get(f"/v1/cases/{CASE}", by="sofia")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


class TestCaseReclassified:
    @pytest.mark.covers("IN-15")
    async def test_withdraws_what_only_the_old_type_needed(self, house: House) -> None:
        await hear(house, reclassified("identity_verification"))

        first, _letter, _ready, *after = await said(house.engine)
        asked = {one["kind"]: one["item"] for one in first.fact["items"]}
        assert [(one.type, one.fact["kind"], one.fact["item"]) for one in after] == [
            ("evidence.waived", REGISTRATION, asked[REGISTRATION])
        ]
        told = await case_of(house)
        assert [(one["item"], one["required"], one["state"]) for one in told["checklist"]][:3] == [
            ("identity_document", True, "done"),
            ("proof_of_address", True, "open"),
            ("business_registration", False, "open"),
        ]
        assert [one["kind"] for one in told["requests"] if one["open"]] == [ADDRESS]
        assert told["status"] == "waiting_seller"

    async def test_sets_the_case_free_where_nothing_is_needed(self, house: House) -> None:
        await hear(house, reclassified("payment_dispute"))

        told = await case_of(house)
        assert (told["status"], told["issue_type"]) == ("queued", "payment_dispute")
        assert not any(one["open"] for one in told["requests"])

    @pytest.mark.covers("CX-9")
    async def test_asks_for_what_the_new_type_lacks_with_a_letter_of_its_own(
        self, house: House
    ) -> None:
        invoice = reclassified("counterfeit_complaint")

        await hear(house, invoice)

        after = (await said(house.engine))[3:]
        asked = [one for one in after if one.type == "evidence.requested"]
        letters = [one for one in after if one.type == "seller.message_sent"]
        assert [[item["kind"] for item in one.fact["items"]] for one in asked] == [
            ["supplier_invoice"]
        ]
        assert [one.fact["kind"] for one in letters] == ["evidence_request"]

    async def test_never_asks_again_for_what_lies_here(self, house: House) -> None:
        arrived = a_receipt(4, ADDRESS)

        await hear(house, arrived, a_receipt(3, REGISTRATION))
        before = await house.count()
        await house.hear((OPENED, *CLAIMED[1:3], reclassified("identity_verification")))

        assert await house.new(before) == []
        assert (await case_of(house))["waiting_on"] == "platform"

    async def test_keeps_what_a_person_accepted(self, house: House) -> None:
        await house.hear((OPENED, *[one for one in CLAIMED[1:] if one.producer != "resolution"]))
        await house.on_case(judgement(an_id("evd", 4)), ACCEPT_ADDRESS, by="sofia")

        await house.hear(
            (
                OPENED,
                *[one for one in CLAIMED[1:] if one.producer != "resolution"],
                reclassified("identity_verification"),
            )
        )

        points = {one["item"]: one for one in (await case_of(house))["checklist"]}
        assert points["proof_of_address"]["state"] == "done"
        assert points["proof_of_address"]["evidence"] == an_id("evd", 4)

    async def test_changes_nothing_once_the_case_has_ended(self, house: House) -> None:
        await hear(house)
        request = (await said(house.engine))[0].fact["request"]
        silence = WindowEnded(
            clock=an_id("clk"), kind="evidence_due", object=request, due_at=NOON, detected_at=NOON
        )
        await hear(house, silence)
        before = await house.count()

        await hear(house, silence, reclassified("payment_dispute"))

        assert (await case_of(house))["status"] == "resolved"
        assert await house.new(before) == []


class TestRoutingFrozen:
    async def test_is_seen_by_whoever_works_the_case(self, house: House) -> None:
        await hear(house, frozen())

        told = await case_of(house)

        assert told["routing_frozen"] is True
        assert "routing.frozen" in [one["what"] for one in told["path"]]
