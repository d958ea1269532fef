"""Questions of a case over HTTP: a decision each, one letter for all, one end."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from appealed import hear
from builders_claims import CLAIM, DISPUTE, FUNDING, METRIC, answered
from builders_contracts import NOON, a_route, an_id
from builders_resolution import said
from builders_routing import reclassified
from contracts.sla import WindowEnded
from house_resolution import CASE, House, assigned_to


@pytest.fixture
async def claimed(house: House) -> House:
    """Have a granted claim on the desk, with nothing left to ask."""
    await house.hear((CLAIM, DISPUTE, a_route(), assigned_to("mara")))
    return house


class TestDecideEach:
    async def test_leaves_the_case_open_until_all_are_answered(self, claimed: House) -> None:
        before = await claimed.count()

        answer = await claimed.on_case("decisions", METRIC)

        told = answer.json()
        assert (answer.status_code, told["question"]) == (201, "seller_metric")
        assert told["open_questions"] == ["claim_funding", "buyer_refund"]
        assert await claimed.new(before) == ["decision.recorded", "checklist.item_completed"]
        case = (await claimed.get(f"/v1/cases/{CASE}")).json()
        assert (case["status"], case["next_best_action"]["verb"]) == ("in_progress", "decide")
        points = {one["item"]: (one["decision"], one["state"]) for one in case["checklist"]}
        assert points["seller_metric"] == ("seller_metric", "done")
        assert points["who_pays"] == ("claim_funding", "open")

    async def test_ends_the_case_with_the_last_and_tells_all_in_one_letter(
        self, claimed: House
    ) -> None:
        await answered(claimed, 2)
        before = await claimed.count()

        answer = await claimed.on_case("decisions", FUNDING, by="sofia")

        assert answer.json()["open_questions"] == []
        told = [one for one in (await said(claimed.engine))[before:] if one.topic == "cases.v1"]
        assert [one.type for one in told] == [
            "decision.recorded",
            "checklist.item_completed",
            "seller.message_sent",
            "case.resolved",
        ]
        assert told[0].fact["question"] == "who_pays"
        assert told[-1].fact["outcome"] == "each_decided"
        letter = told[2].fact["message"]
        read = await claimed.get(f"/v1/messages/{letter}", by="harbour-front-end")
        body = read.json()["body"]
        for words in (
            "**Who pays the buyer?** We pay the buyer.\nWhy: Our seller protection covers",
            "**Does it count in your figures?** It counts in your figures.\nWhy: Nothing shows",
            "**Does the buyer get a refund?** The buyer gets a refund from us.\nWhy: The delivery",
        ):
            assert words in body
        assert "appeal against each answer by itself" in body

    async def test_keeps_each_with_its_outcome_its_reasons_and_the_letter(
        self, claimed: House
    ) -> None:
        await answered(claimed, 3)

        wanted = text("select question, outcome, reasons, message_id from decisions order by 1")
        async with claimed.engine.connect() as connection:
            rows = (await connection.execute(wanted)).all()
        assert [(one.question, one.outcome, one.reasons) for one in rows] == [
            ("buyer_refund", "refund_from_us", ["delivery_proven"]),
            ("seller_metric", "counted", ["delivery_not_proven"]),
            ("who_pays", "funded_by_us", ["covered_by_protection"]),
        ]
        assert len({one.message_id for one in rows}) == 1
        assert rows[0].message_id is not None

    async def test_refuses_one_answer_for_all(self, claimed: House) -> None:
        before = await claimed.count()
        blended = METRIC | {"type": "dispute_decision", "outcome": "for_buyer"}

        answer = await claimed.on_case("decisions", blended, by="sofia")

        refused = answer.json()
        assert (answer.status_code, refused["code"]) == (422, "invalid-body")
        assert refused["errors"][0]["pointer"] == "/type"
        assert "each question is decided by itself" in refused["errors"][0]["detail"]
        assert await claimed.count() == before

    async def test_refuses_a_second_answer(self, claimed: House) -> None:
        await answered(claimed, 1)

        answer = await claimed.on_case("decisions", METRIC)

        assert (answer.status_code, answer.json()["code"]) == (409, "not-allowed-now")

    async def test_asks_for_the_right_of_the_question(self, claimed: House) -> None:
        answer = await claimed.on_case("decisions", FUNDING, by="mara")

        refused = answer.json()
        assert (answer.status_code, refused["code"]) == (403, "needs-authority")
        assert refused["required_authority"] == 3

    async def test_lets_nobody_settle_a_question_by_hand(self, claimed: House) -> None:
        answer = await claimed.on_case("checklist/who_pays", {"outcome": "done"})

        refused = answer.json()
        assert (answer.status_code, refused["errors"][0]["code"]) == (422, "needs-decision")


class TestSilence:
    async def test_does_not_end_a_case_that_is_decided_in_part(self, claimed: House) -> None:
        """Only the last decision's letter tells the seller of the first ones."""
        await answered(claimed, 1)
        moved = reclassified("shipment_dispute", previous="buyer_dispute")
        await hear(claimed, moved, sequence=4)
        asked = await claimed.on_case("evidence-requests", {"kinds": ["supporting_document"]})
        over = NOON + timedelta(days=99)
        end = WindowEnded(
            clock=an_id("clk"),
            kind="evidence_due",
            object=asked.json()["request"],
            due_at=over,
            detected_at=over,
        )
        before = await claimed.count()

        await hear(claimed, end, sequence=1)

        assert await claimed.new(before) == []
        case = (await claimed.get(f"/v1/cases/{CASE}")).json()
        assert case["status"] == "waiting_seller"
