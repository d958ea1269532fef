"""A mailbox may be in other hands: letters say nothing before the seller was called back."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from builders_contracts import NOON, a_case_opened, a_receipt, a_route, an_id
from builders_resolution import Said, said
from builders_routing import reclassified
from contracts.cases import DeferredFact, TextSignals
from contracts.event import Contract
from contracts.sla import WindowEnded
from house_resolution import CASE, HANDLE, SELLER, House, assigned_to, judgement

STRANGER = "account_taken_over"
NEUTRAL = "seller_care.call_back@1"
STOLEN = {"fraud_kind": "account_taken_over", "called_back": True}
ANSWER = {"template": "fraud_allegation.first_response"}
DECISION = {
    "type": "protection_decision",
    "outcome": "account_secured",
    "root_cause": "account_taken_over",
    "reasons": ["access_restored"],
    "redress": "none",
    "template": "allegation.decision.favourable",
}


def a_theft(facts: dict[str, object] | None = None, **changes: object) -> tuple[Contract, ...]:
    """Say what others say of a stolen account; that it was called back is the filing's own word."""
    given = {"issue_type": "fraud_allegation", "facts": facts or STOLEN, "evidence_on_file": ()}
    opened = a_case_opened(**{"seller": SELLER, "handle": HANDLE, **given, **changes})
    return (opened, a_route(), assigned_to("mara"))


def a_payout(*, cues: tuple[str, ...], **changes: object) -> tuple[Contract, ...]:
    signals = TextSignals(playbook="marketplace-core@1.0.0", language="en", cues=cues)
    opened = a_case_opened(seller=SELLER, handle=HANDLE, text_signals=signals, **changes)
    return (opened, a_route(), assigned_to("mara"))


async def letters(house: House) -> list[str]:
    return [one.fact["template"] for one in await told(house, "seller.message_sent")]


async def told(house: House, type_: str) -> list[Said]:
    return [one for one in await said(house.engine) if one.type == type_]


async def parked(house: House) -> int:
    async with house.engine.connect() as connection:
        found: int = await connection.scalar(text("select count(*) from parked_event")) or 0
    return found


class TestLettersByThemselves:
    @pytest.mark.covers("SE-5")
    async def test_say_once_that_we_call_and_nothing_of_the_case(self, house: House) -> None:
        await house.hear(a_theft())

        assert await letters(house) == [NEUTRAL]
        [sent] = await told(house, "seller.message_sent")
        assert (sent.fact["kind"], sent.fact["qualifying"]) == ("ack", False)
        assert sent.fact["update_by"]

    async def test_ask_for_nothing_where_a_payout_question_tells_of_a_stranger(
        self, house: House
    ) -> None:
        await house.hear(a_payout(cues=("payout_paused", STRANGER)))

        assert await letters(house) == [NEUTRAL]
        assert await told(house, "evidence.requested") == []

    async def test_speak_where_there_is_no_sign_of_one(self, house: House) -> None:
        await house.hear(a_payout(cues=("payout_paused",)))

        assert await letters(house) == ["payout_hold.first_response@1"]

    async def test_speak_to_who_is_accused(self, house: House) -> None:
        await house.hear(a_theft({"fraud_kind": "accused"}))

        assert await letters(house) == []
        assert (await house.on_case("messages", ANSWER)).status_code == 201

    async def test_fall_silent_when_a_case_turns_out_to_be_a_theft(self, house: House) -> None:
        await house.hear((*a_payout(cues=()), reclassified("fraud_allegation")))

        assert await letters(house) == ["payout_hold.first_response@1"]
        assert await parked(house) == 0
        assert (await house.on_case("messages", ANSWER)).status_code == 409

    async def test_ask_for_nothing_that_was_put_off(self, house: House) -> None:
        later = DeferredFact(fact="amount", reason="not_yet_known", until=NOON + timedelta(days=3))
        over = WindowEnded(
            clock=an_id("clk"), kind="facts_due", object=CASE, due_at=NOON, detected_at=NOON
        )
        facts = {"payout_ref": "PO-88121"}
        filed = a_payout(cues=(STRANGER,), deferred=(later,), facts=facts, amount_at_risk=None)

        await house.hear((*filed, over))

        assert await letters(house) == [NEUTRAL]
        assert await parked(house) == 0


class TestALetterThatComesTooEarly:
    @pytest.mark.parametrize(
        ("place", "body"),
        [
            ("messages", ANSWER),
            ("message-previews", ANSWER),
            ("messages", {"template": "seller_care.update", "parameters": {"progress": "solved"}}),
            ("evidence-requests", {"kinds": ["identity_document"]}),
        ],
    )
    @pytest.mark.covers("SE-5")
    async def test_is_refused_with_what_is_first(
        self, house: House, place: str, body: object
    ) -> None:
        await house.hear(a_theft())
        before = await house.count()

        answer = await house.on_case(place, body)

        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (409, "step-up-needed")
        assert problem["first"] == {
            "point": "called_back",
            "href": f"/v1/cases/{CASE}/checklist/called_back",
        }
        assert problem["instead"] == "seller_care.call_back"
        assert await house.count() == before

    async def test_is_not_the_one_that_says_nothing(self, house: House) -> None:
        await house.hear(a_theft())

        answer = await house.on_case("messages", {"template": "seller_care.call_back"})

        assert answer.status_code == 201

    async def test_keeps_a_paper_from_being_rejected(self, house: House) -> None:
        """A rejection writes to the seller, so it waits; nothing of it is kept."""
        await house.hear((*a_theft(), a_receipt(4, "identity_document")))
        before = await house.count()

        rejected = {"outcome": "rejected", "reason": "unreadable"}
        answer = await house.on_case(judgement(an_id("evd", 4)), rejected)

        assert (answer.status_code, answer.json()["code"]) == (409, "step-up-needed")
        assert await house.count() == before


class TestTheCallBack:
    @pytest.mark.covers("RT-9")
    async def test_is_what_is_next_and_a_request_is_not_offered_before_it(
        self, house: House
    ) -> None:
        await house.hear(a_payout(cues=(STRANGER,)))

        before = (await house.get(f"/v1/cases/{CASE}")).json()
        await house.on_case("checklist/called_back", {"outcome": "done"})
        after = (await house.get(f"/v1/cases/{CASE}")).json()

        action = before["next_best_action"]
        assert (action["verb"], action["lacks"]) == ("prove_reader", [])
        assert action["href"] == f"/v1/cases/{CASE}/checklist/called_back"
        assert "request_evidence" not in before["allowed_actions"]
        assert after["next_best_action"]["verb"] == "request_evidence"

    async def test_lets_letters_speak_and_the_case_be_decided(self, house: House) -> None:
        await house.hear((*a_theft()[:2], assigned_to("jonas")))

        answers = [
            await house.on_case(place, body, by="jonas")
            for place, body in (
                ("checklist/payout_stopped", {"outcome": "done"}),
                ("messages", ANSWER),
                ("checklist/called_back", {"outcome": "done"}),
                ("messages", ANSWER),
                ("decisions", DECISION),
            )
        ]

        assert [one.status_code for one in answers] == [200, 409, 200, 201, 201]

    async def test_is_done_and_never_waived(self, house: House) -> None:
        await house.hear(a_theft())

        answer = await house.on_case(
            "checklist/called_back", {"outcome": "waived", "reason": "already_proven"}
        )

        [error] = answer.json()["errors"]
        assert (answer.status_code, error["pointer"]) == (422, "/outcome")
        assert error["code"] == "step-up-needed"

    async def test_may_be_waived_for_who_is_accused(self, house: House) -> None:
        await house.hear(a_theft({"fraud_kind": "accused"}))

        answer = await house.on_case(
            "checklist/called_back", {"outcome": "waived", "reason": "already_proven"}
        )

        assert answer.status_code == 200
