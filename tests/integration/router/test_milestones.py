"""A case moves by itself once its last document has come, where the playbook says so."""

from pathlib import Path

import pytest

from builders_contracts import (
    CASE,
    NOON,
    a_case_opened,
    a_handoff_request,
    a_receipt,
    an_id,
    an_item,
)
from chassis.clock import perform
from contracts import resolution
from contracts.cases import CaseReference, RecheckReported, SellerMessageReceived
from contracts.event import Contract
from contracts.handoff import HandoffReturned
from house_router import PLAN, PLAYBOOKS, a_member, enrol, hear, listed, of_case, offered, say
from identities import MEMBERS
from router.clock import duties
from service_house import House

[DISPATCH] = [duty for duty in duties(PLAYBOOKS) if duty.name == "dispatch-offers"]
PHOTOS, PROOF = "item_photos", "shipping_proof"
FACTS = {"order_ref": "O-80", "dispute_kind": "defective", "stage": "opened"}
HISTORY = FACTS | {"prior_claims_ref": "PC-4"}
ASKED = resolution.EvidenceRequested(
    request=an_id("req"), items=(an_item(1, PHOTOS), an_item(2, PROOF)), due_at=NOON
)


def a_dispute(**facts: str) -> Contract:
    return a_case_opened(
        issue_type="buyer_dispute",
        facts=HISTORY | facts,
        amount_at_risk=None,
        references=(CaseReference(kind="order_ref", ref="O-80"),),
        evidence_on_file=(),
    )


async def collect(house: House, opened: Contract) -> None:
    """Let the case be filed, its papers asked for and the photos arrive."""
    await hear(house, opened)
    await hear(house, ASKED)
    await hear(house, a_receipt(3, PHOTOS), sequence=2)


async def complete(house: House) -> None:
    await hear(house, a_receipt(4, PROOF), sequence=3)


async def moved(house: House) -> list[str]:
    return [one.fact["queue"] for one in await house.said() if one.type == "case.rerouted"]


class TestMoveWhenComplete:
    @pytest.mark.covers("RT-8", "RT-18", "IN-7")
    async def test_goes_to_specialists_with_the_last_paper(self, house: House) -> None:
        await collect(house, a_dispute())
        before = await moved(house)

        await complete(house)

        told = (await house.said())[-1]
        assert before == []
        assert (told.type, told.fact["queue"]) == ("case.rerouted", "trust")
        assert told.fact["rule"] == "dispute_repeated_claims"
        assert told.fact["reason"] == "evidence_complete"
        assert told.fact["previous_queue"] == "orders"
        assert told.headers["ce_actor"] == "service:router"

    @pytest.mark.covers("RT-11")
    async def test_says_which_rule_and_what_it_saw(self, house: House) -> None:
        await collect(house, a_dispute())

        await complete(house)

        [latest, *_] = await listed(house, f"/v1/cases/{CASE}/routing", by="sofia")
        assert latest["route"]["rule"] == "dispute_repeated_claims"
        assert latest["route"]["inputs"]["missing_evidence"] == []
        held = [one["field"] for one in latest["route"]["predicates"] if one["held"]]
        assert "facts.prior_claims_ref" in held

    async def test_moves_once_however_often_it_is_told(self, house: House) -> None:
        await collect(house, a_dispute())

        for _ in range(2):
            await complete(house)
        await hear(house, a_receipt(5, PHOTOS), sequence=4)

        assert await moved(house) == ["trust"]

    async def test_counts_a_paper_that_is_not_needed(self, house: House) -> None:
        await collect(house, a_dispute())

        waived = resolution.EvidenceWaived(kind=PROOF, item=an_id("itm", 2), reason="not_needed")
        await hear(house, waived, sequence=2)

        assert await moved(house) == ["trust"]

    async def test_stays_where_the_playbook_names_no_move(self, house: House) -> None:
        opened = a_dispute()
        facts = {k: v for k, v in HISTORY.items() if k != "prior_claims_ref"}
        await collect(house, opened.model_copy(update={"facts": facts}))

        await complete(house)

        assert await moved(house) == []

    async def test_keeps_the_lead_and_frees_whoever_collected(self, house: House) -> None:
        await collect(house, a_dispute())
        await house.post(f"/v1/cases/{CASE}/assignment", {"member": "sofia"}, by="sofia")
        said = await of_case(house)

        await complete(house)

        assert (await of_case(house))[len(said) :] == ["case.rerouted"]
        assert await listed(house, "/v1/members/sofia/cases", by="sofia") == []

    async def test_does_not_overrule_a_person(self, house: House) -> None:
        await collect(house, a_dispute())
        body = {"queue": "seller_care", "reason": "wrong_queue"}
        await house.post(f"/v1/cases/{CASE}/rerouting", body, by="sofia")

        await complete(house)

        assert await moved(house) == ["seller_care"]

    async def test_waits_while_another_team_has_it(self, house: House) -> None:
        await collect(house, a_dispute())
        await hear(house, a_handoff_request(team="trust", contract="trust@1.0.0"))

        await complete(house)

        assert await moved(house) == []

    @pytest.mark.covers("RT-12")
    async def test_freezes_rather_than_going_in_a_circle(self, house: House) -> None:
        await collect(house, a_dispute())
        for number, team in ((1, "trust"), (2, "product")):
            await hand_and_return(house, team, number=number)

        await complete(house)

        assert await moved(house) == []
        assert (await of_case(house)).count("routing.frozen") == 1


async def hand_and_return(house: House, team: str, *, number: int) -> None:
    asked = a_handoff_request(
        handoff=an_id("hnd", number), team=team, contract=f"{team}@1.0.0", blocking=True
    )
    back = HandoffReturned(handoff=an_id("hnd", number), reason="wrong_team", suggest=None)
    await hear(house, asked, sequence=2 * number - 1)
    await hear(house, back, sequence=2 * number)


class TestCaseOfItsSeller:
    @pytest.mark.covers("ME-6")
    async def test_is_offered_to_nobody(self, house: House, tmp_path: Path) -> None:
        await available(house, tmp_path)
        await hear(house, a_hidden_listing())

        await perform(DISPATCH, engine=house.engine, pen=PLAN.pen)

        assert await offered(house) == []
        [row] = await listed(house, "/v1/queues/listings/cases", by="sofia")
        assert row["waiting_on"] == "seller"

    @pytest.mark.parametrize(
        "fact",
        [
            pytest.param(
                SellerMessageReceived(
                    message=an_id("msg"), channel="portal", repeated_contact=False
                ),
                id="the seller wrote",
            ),
            pytest.param(
                RecheckReported(reference="L-15", result="fails", checked_at=NOON),
                id="the check failed",
            ),
        ],
    )
    async def test_is_a_persons_once_more_is_to_do(
        self, house: House, fact: Contract, tmp_path: Path
    ) -> None:
        await available(house, tmp_path)
        await hear(house, a_hidden_listing())
        await hear(house, fact, sequence=2)

        await perform(DISPATCH, engine=house.engine, pen=PLAN.pen)

        assert await offered(house) == [(CASE, MEMBERS["mara"])]


async def available(house: House, folder: Path) -> None:
    """Let mara be there, who knows listings."""
    mara = a_member("mara", teams=["listings_care"], skills=["listings"])
    await enrol(house.engine, folder, mara)
    await say(house, "available")


def a_hidden_listing() -> Contract:
    return a_case_opened(
        issue_type="listing_suppression",
        facts={"listing_ref": "L-15", "named_policy": "content", "named_field": "bullet"},
        amount_at_risk=None,
        references=(CaseReference(kind="listing_ref", ref="L-15"),),
        evidence_on_file=(),
    )
