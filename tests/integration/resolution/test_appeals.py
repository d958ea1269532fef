"""An appeal opens a case again, for a person who did not decide it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from appealed import APPEAL, appeal, decide_all, decided, hear
from builders_claims import FUNDING, METRIC
from builders_contracts import NOON, an_id
from builders_resolution import said, the_playbook
from builders_routing import reclassified
from contracts.cases import AppealFiled
from contracts.sla import WindowEnded
from house_resolution import CASE, House
from identities import MEMBERS


@pytest.fixture
async def ended(house: House) -> House:
    """Have a claim that mara and sofia have decided."""
    await decide_all(house)
    return house


async def case_of(house: House, by: str = "sofia") -> dict[str, Any]:
    told: dict[str, Any] = (await house.get(f"/v1/cases/{CASE}", by=by)).json()
    return told


def end_of_window() -> WindowEnded:
    over = NOON + timedelta(days=3650)
    return WindowEnded(
        clock=an_id("clk"), kind="reopen_window", object=CASE, due_at=over, detected_at=over
    )


class TestAppealFiled:
    async def test_opens_the_case_and_tells_the_seller(self, ended: House) -> None:
        before = await ended.count()

        await appeal(ended, "seller_metric")

        told = [one for one in (await said(ended.engine))[before:] if one.topic == "cases.v1"]
        assert [one.type for one in told] == ["case.reopened", "seller.message_sent"]
        assert (told[0].fact["episode"], told[0].fact["appeal"]) == (1, APPEAL)
        assert (told[1].fact["kind"], told[1].fact["template"]) == (
            "appeal_info",
            "seller_care.appeal.received@1",
        )
        case = await case_of(ended)
        assert (case["status"], case["episode"]) == ("in_progress", 1)
        assert [(one["id"], one["outcome"]) for one in case["appeals"]] == [(APPEAL, None)]

    async def test_asks_anew_only_what_the_appeal_is_against(self, ended: House) -> None:
        await appeal(ended, "seller_metric")

        points = {one["item"]: one["state"] for one in (await case_of(ended))["checklist"]}
        assert points | {"shipping_proof": "done"} == {
            "shipping_proof": "done",
            "who_pays": "done",
            "seller_metric": "open",
            "buyer_refund": "done",
        }

    async def test_has_the_checklist_of_what_the_case_is_about_by_now(self, ended: House) -> None:
        """It was given another type while it was decided: an ended case keeps its checklist."""
        await hear(ended, reclassified("shipment_dispute"), sequence=4)
        known = await decided(ended)
        filed = AppealFiled(
            appeal=APPEAL,
            decisions=(known["seller_metric"]["decision"],),
            ground="new_evidence",
            appeal_by=NOON,
        )

        await hear(ended, filed, sequence=2)

        items = {one["item"] for one in (await case_of(ended))["checklist"]}
        rows = the_playbook().checklist("shipment_dispute").items
        assert items == {row.item for row in rows}

    async def test_keeps_the_case_from_being_closed_until_it_is_answered(
        self, ended: House
    ) -> None:
        await appeal(ended, "seller_metric")
        before = await ended.count()

        await hear(ended, end_of_window(), sequence=1)
        assert await ended.count() == before

        await ended.on_case("decisions", METRIC, by="jonas")
        before = await ended.count()
        await hear(ended, end_of_window(), sequence=2)
        assert await ended.new(before) == ["case.closed"]

    async def test_is_not_judged_by_who_decided(self, ended: House) -> None:
        await appeal(ended, "seller_metric")
        before = await ended.count()

        answer = await ended.on_case("decisions", METRIC, by="mara")

        refused = answer.json()
        assert (answer.status_code, refused["code"]) == (403, "needs-authority")
        assert refused["errors"][0]["code"] == "decided-before"
        assert await ended.count() == before
        [told] = (await case_of(ended))["appeals"]
        assert told["not_for"] == [MEMBERS["mara"]]

    @pytest.mark.parametrize(
        ("change", "outcome"),
        [
            ({}, "upheld"),
            ({"outcome": "not_counted", "reasons": ["delivery_proven"]}, "overturned"),
        ],
    )
    async def test_is_answered_by_another_persons_decision(
        self, ended: House, change: dict[str, Any], outcome: str
    ) -> None:
        await appeal(ended, "seller_metric")
        before = await ended.count()

        answer = await ended.on_case("decisions", METRIC | change, by="jonas")

        assert (answer.status_code, answer.json()["open_questions"]) == (201, [])
        told = {one.type: one.fact for one in (await said(ended.engine))[before:]}
        assert (told["appeal.decided"]["appeal"], told["appeal.decided"]["outcome"]) == (
            APPEAL,
            outcome,
        )
        assert told["appeal.decided"]["decisions"] == [answer.json()["decision"]]
        assert told["case.resolved"]["episode"] == 1
        letter = told["seller.message_sent"]["message"]
        body = (await ended.get(f"/v1/messages/{letter}", by="harbour-front-end")).json()["body"]
        assert "Does it count in your figures?" in body
        assert "Who pays the buyer?" not in body

    async def test_stands_in_part_where_one_answer_changes(self, ended: House) -> None:
        await appeal(ended, "seller_metric", "buyer_refund")
        stays = METRIC
        changes = METRIC | {"type": "buyer_refund", "outcome": "no_refund"}
        changes |= {"reasons": ["delivery_proven"]}

        for body in (stays, changes):
            answer = await ended.on_case("decisions", body, by="jonas")
            assert answer.status_code == 201, answer.text

        [told] = [one for one in await said(ended.engine) if one.type == "appeal.decided"]
        assert (told.fact["outcome"], len(told.fact["decisions"])) == ("partly", 2)

    async def test_heard_twice_opens_it_once(self, ended: House) -> None:
        await appeal(ended, "seller_metric")
        before = await ended.count()
        again = AppealFiled(
            appeal=an_id("apl", 2),
            decisions=((await decided(ended))["claim_funding"]["decision"],),
            ground="facts_wrong",
            appeal_by=NOON,
        )

        await hear(ended, again, sequence=3)

        assert await ended.count() == before

    async def test_leaves_the_first_answers_as_they_were_kept(self, ended: House) -> None:
        await appeal(ended, "seller_metric")
        await ended.on_case("decisions", METRIC, by="jonas")

        wanted = text("select episode, type from decisions order by episode, type")
        async with ended.engine.connect() as connection:
            rows = [tuple(row) for row in await connection.execute(wanted)]
        assert rows == [
            (0, "buyer_refund"),
            (0, "claim_funding"),
            (0, "seller_metric"),
            (1, "seller_metric"),
        ]
        assert FUNDING["type"] == "claim_funding"
