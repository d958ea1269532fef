"""A listing that its seller mends: told at once, ended by the next check, touched by nobody."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from builders_contracts import NOON, a_case_opened, a_classification, a_receipt, an_id
from builders_resolution import ROUTED, said
from chassis.vault import open_value
from contracts.cases import CaseReference, RecheckReported, SellerMessageReceived
from contracts.event import Contract
from contracts.routing import Signals
from contracts.sealed import SealedValue
from house_resolution import CASE, HANDLE, PRIVATE, SELLER, House, assigned_to

FACTS = {"listing_ref": "L-15", "named_policy": "content", "named_field": "bullet"}
NONE = Signals(financial="none", legal="none", safety="none", policy_conflict=False)
CLASSIFIED = a_classification().model_copy(
    update={"issue_type": "listing_suppression", "severity": "low", "signals": NONE}
)
PASSES = RecheckReported(reference="L-15", result="passes", checked_at=NOON + timedelta(hours=1))
FAILS = PASSES.model_copy(update={"result": "fails"})
WROTE = SellerMessageReceived(message=an_id("msg"), channel="portal", repeated_contact=False)


def opened(**changes: Any) -> Contract:  # noqa: ANN401 - any field of the event
    return a_case_opened(
        **{
            "seller": SELLER,
            "handle": HANDLE,
            "issue_type": "listing_suppression",
            "facts": FACTS,
            "amount_at_risk": None,
            "references": (CaseReference(kind="listing_ref", ref="L-15"),),
            "evidence_on_file": (),
        }
        | changes
    )


def routed(classified: Contract = CLASSIFIED, **changes: Any) -> tuple[Contract, ...]:  # noqa: ANN401 - any field
    return (opened(**changes), classified, ROUTED[2])


async def types(house: House) -> list[str]:
    return [one.type for one in await said(house.engine)]


class TestRouted:
    @pytest.mark.covers("CX-6", "SC-19")
    async def test_says_rule_field_and_fix_at_once(self, house: House) -> None:
        await house.hear(routed())

        told = await said(house.engine)
        assert [one.type for one in told] == [
            "seller.message_sent",
            "message.ready",
            "checklist.item_completed",
        ]
        letter = open_value(PRIVATE, SealedValue.model_validate(told[0].fact["body"]), subject=CASE)
        body = letter.value["body"]
        assert told[0].fact["template"] == "listing_suppression.fix@1"
        assert "**The part of the listing.** " in body
        assert "you do not need a plan of action" in body

    async def test_says_the_wording_where_the_notice_names_one(self, house: House) -> None:
        await house.hear(routed(facts=FACTS | {"named_word": "word_antibacterial"}))

        told = await said(house.engine)
        letter = open_value(PRIVATE, SealedValue.model_validate(told[0].fact["body"]), subject=CASE)
        assert "Bullet points, the wording “antibacterial”." in letter.value["body"]

    @pytest.mark.covers("RT-9")
    async def test_waits_for_the_seller_and_lets_people_take_it(self, house: House) -> None:
        await house.hear(routed())

        answer = await house.get(f"/v1/cases/{CASE}", by="sofia")

        assert answer.status_code == 200, answer.text
        case = answer.json()
        assert case["next_best_action"]["why"] == "seller_mends_it"
        assert case["allowed_actions"] == ["claim"]
        way = case["next_best_action"]["path"]
        assert (way["tree"], way["node"], way["root_cause"]) == (
            "listing_not_visible",
            "wording",
            "content_policy",
        )
        assert [one["answer"] for one in way["steps"]] == ["content", "bullet"]

    @pytest.mark.parametrize(
        "facts",
        [
            {"listing_ref": "L-15", "named_policy": "restricted_product", "named_field": "title"},
            {"listing_ref": "L-15", "named_policy": "content"},
            FACTS | {"comes_back": True},
        ],
    )
    async def test_leaves_other_cases_to_people(
        self, house: House, facts: dict[str, object]
    ) -> None:
        await house.hear((*routed(facts=facts), PASSES))

        assert await types(house) == []


class TestRecheckReported:
    @pytest.mark.covers("ME-6")
    async def test_ends_the_case_without_a_person(self, house: House) -> None:
        await house.hear((*routed(), PASSES))

        _, _, _, done, decided, letter, _, resolved = await said(house.engine)
        assert done.fact["item"] == "shows_again"
        assert (decided.fact["decided_by"], decided.fact["adverse"]) == ("automation", False)
        assert decided.headers["ce_actor"] == "service:resolution"
        assert letter.fact["template"] == "listing_suppression.decision.favourable@1"
        assert (resolved.type, resolved.fact["outcome"]) == ("case.resolved", "listing_restored")

    @pytest.mark.covers("AU-2", "RT-11")
    async def test_is_recorded_with_the_rule_and_the_facts(self, house: House) -> None:
        await house.hear((*routed(), PASSES))

        [decided] = [one for one in await said(house.engine) if one.type == "decision.recorded"]
        assert decided.fact["rules"][0] == "no_touch/seller_mends_named_part"
        seen = {one["field"]: one["seen"] for one in decided.fact["predicates"] if one["held"]}
        assert seen["facts.named_policy"] == ["content"]
        assert seen["facts.named_field"] == ["bullet"]
        async with house.engine.connect() as connection:
            [row] = (await connection.execute(text("select actor, adverse from decisions"))).all()
        assert tuple(row) == ("service:resolution", False)

    async def test_counts_once(self, house: House) -> None:
        await house.hear((*routed(), PASSES, PASSES))
        await house.hear((*routed(), PASSES, PASSES))

        assert (await types(house)).count("case.resolved") == 1

    async def test_that_fails_ends_nothing(self, house: House) -> None:
        await house.hear((*routed(), FAILS))
        before = await types(house)

        await house.hear((*routed(), FAILS, PASSES))

        assert "case.resolved" not in before
        assert (await types(house))[-1] == "case.resolved"

    @pytest.mark.covers("RO-10")
    @pytest.mark.parametrize(
        "made_a_persons",
        [
            pytest.param(assigned_to("mara"), id="somebody has it"),
            pytest.param(WROTE, id="the seller wrote"),
            pytest.param(a_receipt(3, "supporting_document"), id="a document came"),
        ],
    )
    async def test_leaves_to_a_person_what_is_a_persons(
        self, house: House, made_a_persons: Contract
    ) -> None:
        await house.hear((*routed(), made_a_persons, PASSES))

        assert "decision.recorded" not in await types(house)

    @pytest.mark.parametrize(
        "change",
        [
            {"severity": "medium"},
            {"signals": NONE.model_copy(update={"legal": "low"})},
            {"signals": NONE.model_copy(update={"policy_conflict": True})},
            {"authority_level": 3},
        ],
    )
    async def test_decides_nothing_that_weighs_anything(
        self, house: House, change: dict[str, object]
    ) -> None:
        await house.hear((*routed(CLASSIFIED.model_copy(update=change)), PASSES))

        assert await types(house) == []
