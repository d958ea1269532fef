"""What partners answer: believed with the token alone, and never twice."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from builders_contracts import CASE, NOON, an_id
from builders_resolution import records, the_playbook
from chassis.consumer import deliver
from contracts.cases import CaseMerged
from contracts.event import Contract
from contracts.resolution import CaseResolved
from contracts.sla import Breached
from house_handoff import (
    PATH,
    PLAN,
    a_body,
    answer,
    mara_has_it,
    of_handoff,
    offered,
    rejected,
    reply_raw,
    signed,
)
from service_house import House

RELEASED = {"payout_released": True}


class TestAReplyOnTheTopic:
    @pytest.mark.covers("HO-8", "HO-12")
    async def test_accepts_and_completes(self, house: House) -> None:
        offer = await offered(house)

        await answer(house, offset=1, **signed(offer, reply="accepted"))
        await answer(house, offset=2, **signed(offer, reply="completed", result=RELEASED))

        assert await of_handoff(house) == [
            "handoff.requested",
            "handoff.accepted",
            "handoff.completed",
        ]
        completed = (await house.said())[-1]
        assert completed.fact["result"] == RELEASED
        assert completed.headers["ce_actor"] == "partner:finance"

    @pytest.mark.fault(114)
    async def test_counts_once_however_often_it_is_said(self, house: House) -> None:
        offer = await offered(house)

        for offset in range(3):
            await answer(house, offset=offset, **signed(offer, reply="accepted"))

        assert await of_handoff(house) == ["handoff.requested", "handoff.accepted"]
        assert await rejected(house) == []

    @pytest.mark.fault(114)
    async def test_that_completes_first_says_both(self, house: House) -> None:
        offer = await offered(house)

        await answer(house, **signed(offer, reply="completed", result=RELEASED))

        *_, accepted, completed = await house.said()
        assert (accepted.type, accepted.fact["implied"]) == ("handoff.accepted", True)
        assert completed.type == "handoff.completed"

    async def test_returns_with_a_reason_a_machine_can_use(self, house: House) -> None:
        offer = await offered(house)
        path = "/payload/hold_code"

        await answer(house, **signed(offer, reply="returned", reason="missing_field", path=path))

        returned = (await house.said())[-1]
        assert (returned.type, returned.fact["path"]) == ("handoff.returned", path)

    @pytest.mark.fault(114)
    @pytest.mark.parametrize(
        ("said", "reason", "path"),
        [
            ({"reply_token": "A" * 22, "reply": "accepted"}, "wrong_token", None),
            ({"reply": "completed", "result": {"payout_released": "sure"}}, "invalid_result",
             "/result/payout_released"),
            ({"reply": "completed", "result": {**RELEASED, "note": "words, words"}},
             "invalid_result", "/result/note"),
            ({"reply": "returned", "reason": "dont_like_it"}, "invalid_result", "/reason"),
            ({"reply": "progressed"}, "not_allowed_now", None),
            ({"reply": "perhaps"}, "malformed", "/reply"),
            ({"reply": "completed", "result": "done!"}, "malformed", "/result"),
        ],
    )  # fmt: skip
    async def test_that_is_wrong_is_answered_and_changes_nothing(
        self, said: dict[str, object], reason: str, path: str | None, house: House
    ) -> None:
        offer = await offered(house)

        await answer(house, **(signed(offer) | said))

        [told] = await rejected(house)
        assert (told["reason"], told.get("path")) == (reason, path)
        assert ("state" in told) is (reason in {"invalid_result", "not_allowed_now"})
        assert await of_handoff(house) == ["handoff.requested"]

    @pytest.mark.fault(114)
    async def test_with_the_token_of_another_handoff_changes_nothing(self, house: House) -> None:
        first = await offered(house)
        returned = {"reply": "returned", "reason": "missing_field", "path": "/payload/hold_code"}
        await answer(house, offset=1, **signed(first, **returned))
        again = await house.post(PATH, a_body(), by="mara")
        before = await of_handoff(house)

        await answer(
            house,
            offset=2,
            **(signed(first) | {"handoff": again.json()["id"], "reply": "accepted"}),
        )

        [told] = await rejected(house)
        assert (told["reason"], told["handoff"]) == ("wrong_token", again.json()["id"])
        assert await of_handoff(house) == before

    async def test_for_an_unknown_handoff_is_answered(self, house: House) -> None:
        await answer(house, handoff=an_id("hnd", 9), reply_token="A" * 22, reply="accepted")

        told, *copies = await rejected(house)
        assert copies == [told] * (len(the_playbook().handoffs) - 1)  # one of all teams sent it
        assert (told["reason"], told["handoff"]) == ("unknown_handoff", an_id("hnd", 9))

    async def test_that_names_no_handoff_repeats_none_of_it(self, house: House) -> None:
        await answer(house, handoff="Robert'); drop table", reply="accepted")

        told, *copies = await rejected(house)
        assert copies == [told] * (len(the_playbook().handoffs) - 1)  # one of all teams sent it
        assert (told["reason"], "handoff" in told) == ("malformed", False)

    async def test_after_the_end_says_so(self, house: House) -> None:
        offer = await offered(house)
        await answer(house, offset=1, **signed(offer, reply="completed", result=RELEASED))

        other = {"payout_released": False}
        await answer(house, offset=2, **signed(offer, reply="completed", result=other))

        [told] = await rejected(house)
        assert (told["reason"], told["state"]) == ("not_allowed_now", "completed")

    @pytest.mark.parametrize("garbage", [b"\xff\xfe", b"[]", b'"words"', b"{", b"", None])
    async def test_that_is_garbage_goes_to_the_quarantine(
        self, garbage: bytes | None, house: House
    ) -> None:
        outcome = await reply_raw(house, garbage)

        assert (outcome.quarantined, outcome.parked) == (1, 0)
        async with house.engine.connect() as connection:
            kept = await connection.scalar(text("select count(*) from quarantine"))
        assert kept == 1


class TestAReplyOverHttp:
    async def test_carries_the_person(self, house: House) -> None:
        offer = await offered(house)

        done = await house.post(f"/v1/handoffs/{offer['handoff']}/acceptance", by="finance-desk")

        accepted = (await house.said())[-1]
        assert (done.status_code, done.json()["custody"]) == (200, "receiver")
        assert accepted.headers["ce_actor"].startswith("partner:finance/mem_")

    async def test_seals_its_note(self, house: House) -> None:
        offer = await offered(house)
        path = f"/v1/handoffs/{offer['handoff']}"
        await house.post(f"{path}/acceptance", by="finance-desk")

        await house.post(f"{path}/progress", {"note": "tonight's run"}, by="finance-desk")

        progressed = (await house.said())[-1]
        assert progressed.fact["note"]["class"] == "narrative"
        assert "tonight" not in str(progressed)

    async def test_is_for_the_handoffs_own_team(self, house: House) -> None:
        offer = await offered(house)

        path = f"/v1/handoffs/{offer['handoff']}/acceptance"
        answer = await house.post(path, by="finance-desk", teams=["trust"])

        assert answer.status_code == 403
        assert await of_handoff(house) == ["handoff.requested"]

    async def test_refuses_words_in_a_result(self, house: House) -> None:
        offer = await offered(house)
        body = {"result": {"payout_released": "words"}}

        path = f"/v1/handoffs/{offer['handoff']}/completion"
        answer = await house.post(path, body, by="finance-desk")

        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/result/payout_released"

    async def test_lists_the_teams_work_by_what_is_due(self, house: House) -> None:
        offer = await offered(house)

        listed = (await house.get("/v1/teams/finance/handoffs", by="finance-desk")).json()

        assert [one["id"] for one in listed["items"]] == [offer["handoff"]]


class TestAnEndedCase:
    @pytest.mark.fault(115)
    @pytest.mark.parametrize(
        "ended",
        [
            CaseResolved(outcome="released", root_cause="verification_expired", episode=0),
            CaseMerged(into=an_id("case", 2), reason="filed_twice"),
        ],
        ids=["resolved", "merged"],
    )
    async def test_recalls_what_is_open(self, house: House, ended: Contract) -> None:
        await offered(house)

        await house.hear([*mara_has_it(), ended])

        assert (await of_handoff(house))[-1] == "handoff.recalled"
        assert (await house.types())[-1] == "partner.handoff_recalled"


class TestALapse:
    @pytest.mark.fault(115)
    async def test_gives_custody_back_when_nobody_accepted(self, house: House) -> None:
        offer = await offered(house)

        await _breach(house, offer["handoff"])

        assert (await of_handoff(house))[-1] == "handoff.lapsed"

    @pytest.mark.fault(115)
    async def test_comes_too_late_after_an_acceptance(self, house: House) -> None:
        offer = await offered(house)
        await answer(house, **signed(offer, reply="accepted"))

        await _breach(house, offer["handoff"])

        assert (await of_handoff(house))[-1] == "handoff.accepted"

    @pytest.mark.fault(115)
    async def test_and_an_acceptance_at_once_leave_one_of_them(self, house: House) -> None:
        offer = await offered(house)

        await asyncio.gather(
            _breach(house, offer["handoff"]),
            answer(house, **signed(offer, reply="accepted")),
        )

        last = (await of_handoff(house))[1:]
        assert last in (["handoff.lapsed"], ["handoff.accepted"])


async def _breach(house: House, handoff: str) -> None:
    breached = Breached(
        clock=an_id("clk"),
        kind="handoff_accept",
        object=handoff,
        revision=0,
        due_at=NOON,
        detected_at=NOON + timedelta(seconds=1),
    )
    [record] = records([breached])
    await deliver([record], to=PLAN.consumer, engine=house.engine, pen=PLAN.pen)


class TestRecall:
    async def test_takes_an_offer_back_for_a_reason(self, house: House) -> None:
        offer = await offered(house)
        reasons = the_playbook().codes.handoff_recall

        answer = await house.post(
            f"/v1/handoffs/{offer['handoff']}/recall", {"reason": reasons[0]}, by="mara"
        )

        assert (answer.status_code, answer.json()["state"]) == (200, "recalled")
        assert answer.json()["case"] == CASE
