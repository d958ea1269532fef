"""An appeal is decided by its own id, once, by another person than who decided."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from appealed import APPEAL, appeal, decide_all, decided, file
from builders_contracts import an_id
from builders_resolution import said
from house_resolution import CASE, House
from identities import MEMBERS

UPHELD: dict[str, Any] = {
    "outcome": "upheld",
    "reasons": ["delivery_not_proven"],
    "template": "dispute.decision.each",
}
PATH = f"/v1/appeals/{APPEAL}/decision"


@pytest.fixture
async def ended(house: House) -> House:
    await decide_all(house)
    return house


async def overturn(house: House, *types: str, **changes: object) -> dict[str, Any]:
    """Say of the metric and the refund that each goes the seller's way."""
    known, other = (
        await decided(house),
        {"seller_metric": "not_counted", "buyer_refund": "no_refund"},
    )
    instead = [{"decision": known[one]["decision"], "outcome": other[one]} for one in types]
    return {
        "outcome": "overturned",
        "instead": instead,
        "reasons": ["delivery_proven"],
        "template": "dispute.decision.each",
        **changes,
    }


async def decide(
    house: House, body: object, *, by: str = "jonas", key: str = "k", **claims: object
) -> httpx.Response:
    headers = house.identities.headers(by, **claims) | {"idempotency-key": key}
    return await house.client.post(PATH, json=body, headers=headers)


async def change(house: House, statement: str) -> None:
    async with house.engine.begin() as connection:
        await connection.execute(text(statement))


class TestDecide:
    async def test_upholds_and_tells_the_seller_why(self, ended: House) -> None:
        await appeal(ended, "seller_metric")
        before = await ended.count()

        answer = await decide(ended, UPHELD)

        told = answer.json()
        assert (answer.status_code, told["outcome"], told["case"]) == (201, "upheld", CASE)
        [made] = told["decisions"]
        assert (made["type"], made["outcome"], made["adverse"]) == (
            "seller_metric",
            "counted",
            True,
        )
        new = {one.type: one.fact for one in (await said(ended.engine))[before:]}
        assert new.keys() == {
            "decision.recorded",
            "checklist.item_completed",
            "seller.message_sent",
            "message.ready",
            "appeal.decided",
            "case.resolved",
        }
        assert new["appeal.decided"] == {
            "appeal": APPEAL,
            "outcome": "upheld",
            "decisions": [made["decision"]],
        }
        assert new["decision.recorded"]["redress"] == "appeal"
        assert new["decision.recorded"]["root_cause"] == "delivered_but_claimed"

    async def test_overturns_and_says_what_stands_no_more(self, ended: House) -> None:
        await appeal(ended, "seller_metric", "buyer_refund")
        old = await decided(ended)
        before = await ended.count()

        answer = await decide(ended, await overturn(ended, "seller_metric", "buyer_refund"))

        assert (answer.status_code, answer.json()["outcome"]) == (201, "overturned")
        made = {one["type"]: one["decision"] for one in answer.json()["decisions"]}
        new = (await said(ended.engine))[before:]
        replaced = [one.fact for one in new if one.type == "decision.superseded"]
        assert replaced == [
            {"decision": old[type_]["decision"], "by": made[type_], "appeal": APPEAL}
            for type_ in ("seller_metric", "buyer_refund")
        ]
        assert [one.type for one in new].count("seller.message_sent") == 1
        case = (await ended.get(f"/v1/cases/{CASE}", by="sofia")).json()
        by = {one["id"]: one["superseded_by"] for one in case["decisions"]}
        assert by[old["seller_metric"]["decision"]] == made["seller_metric"]
        assert by[old["claim_funding"]["decision"]] is None

    async def test_changes_one_answer_and_confirms_the_other(self, ended: House) -> None:
        await appeal(ended, "seller_metric", "buyer_refund")
        partly = await overturn(ended, "seller_metric", outcome="partly")

        answer = await decide(ended, partly)

        assert answer.status_code == 201, answer.text
        made = {one["type"]: one["outcome"] for one in answer.json()["decisions"]}
        assert made == {"seller_metric": "not_counted", "buyer_refund": "refund_from_us"}
        types = [one.type for one in await said(ended.engine)]
        assert types.count("decision.superseded") == 1

    async def test_keeps_what_the_reviewer_calls_it(self, ended: House) -> None:
        """One decision that changes may still be in part what the seller asked for."""
        await appeal(ended, "seller_metric")

        await decide(ended, await overturn(ended, "seller_metric", outcome="partly"))

        [told] = [one.fact for one in await said(ended.engine) if one.type == "appeal.decided"]
        assert told["outcome"] == "partly"

    async def test_keeps_a_note_sealed(self, ended: House) -> None:
        await appeal(ended, "seller_metric")

        answer = await decide(ended, UPHELD | {"note": "Canary: nothing new."})

        assert answer.status_code == 201
        async with ended.engine.connect() as connection:
            rows = (await connection.execute(text("select about, body::text from notes"))).all()
        assert [row.about for row in rows] == [APPEAL]
        assert "Canary" not in rows[0].body

    @pytest.mark.parametrize("body", [UPHELD, UPHELD | {"outcome": "overturned"}])
    async def test_is_not_for_who_decided(self, ended: House, body: dict[str, Any]) -> None:
        await appeal(ended, "seller_metric")
        before = await ended.count()

        answer = await decide(ended, body, by="sofia", member=MEMBERS["mara"])

        refused = answer.json()
        assert (answer.status_code, refused["code"]) == (403, "needs-authority")
        assert refused["errors"][0]["code"] == "decided-before"
        assert await ended.count() == before

    async def test_is_for_who_has_taken_the_case(self, ended: House) -> None:
        await file(ended, "seller_metric")

        answer = await decide(ended, UPHELD)

        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
        assert answer.json()["detail"].startswith("Take the case first")

    async def test_takes_the_authority_of_the_decision(self, ended: House) -> None:
        await appeal(ended, "claim_funding")

        answer = await decide(ended, UPHELD | {"reasons": ["covered_by_protection"]}, authority=2)

        refused = answer.json()
        assert (answer.status_code, refused["code"]) == (403, "needs-authority")
        assert refused["required_authority"] == 3

    async def test_again_under_its_key_is_the_same_answer(self, ended: House) -> None:
        await appeal(ended, "seller_metric")
        first = await decide(ended, UPHELD)
        before = await ended.count()

        again = await decide(ended, UPHELD)

        assert (again.status_code, again.content) == (201, first.content)
        assert await ended.count() == before

    async def test_happens_once(self, ended: House) -> None:
        await appeal(ended, "seller_metric")
        await decide(ended, UPHELD)
        before = await ended.count()

        again = await decide(ended, await overturn(ended, "seller_metric"), by="sofia", key="k2")

        refused = again.json()
        assert (again.status_code, refused["code"]) == (409, "not-allowed-now")
        assert (refused["case_status"], refused["outcome"]) == ("resolved", "upheld")
        assert await ended.count() == before

    async def test_by_two_at_once_is_by_one(self, ended: House) -> None:
        await appeal(ended, "seller_metric")
        body = await overturn(ended, "seller_metric")

        answers = await asyncio.gather(
            decide(ended, UPHELD, by="jonas"), decide(ended, body, by="sofia")
        )

        assert sorted(one.status_code for one in answers) == [201, 409]
        types = [one.type for one in await said(ended.engine)]
        assert types.count("appeal.decided") == 1

    @pytest.mark.parametrize(
        ("change", "pointer"),
        [
            ({"outcome": "upheld"}, "/instead"),
            ({"outcome": "partly", "instead": []}, "/instead"),
            ({"outcome": "overturned", "instead": []}, "/instead"),
            ({"outcome": "reversed"}, "/outcome"),
            ({"reasons": []}, "/reasons"),
            ({"reasons": ["mood"]}, "/reasons/0"),
            ({"root_cause": "mood"}, "/root_cause"),
            ({"evidence": [an_id("evd", 77)]}, "/evidence/0"),
            ({"template": "dispute.decision.adverse"}, "/template"),
        ],
    )
    async def test_points_at_what_is_wrong(
        self, ended: House, change: dict[str, Any], pointer: str
    ) -> None:
        await appeal(ended, "seller_metric")
        body = await overturn(ended, "seller_metric")
        before = await ended.count()

        answer = await decide(ended, body | change)

        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
        assert await ended.count() == before

    @pytest.mark.parametrize(
        ("change", "place"),
        [
            ({"outcome": "vanished"}, "outcome"),
            ({"outcome": "counted"}, "outcome"),  # as before
            ({"type": "mood"}, "type"),
            ({"reasons": ["mood"]}, "reasons/0"),
            ({"decision": an_id("dec", 99)}, "decision"),
        ],
    )
    async def test_points_into_what_is_decided_instead(
        self, ended: House, change: dict[str, Any], place: str
    ) -> None:
        await appeal(ended, "seller_metric", "buyer_refund")
        body = await overturn(ended, "buyer_refund", "seller_metric")
        body["instead"][1] |= change

        answer = await decide(ended, body)

        pointers = [one["pointer"] for one in answer.json()["errors"]]
        assert (answer.status_code, pointers[0]) == (422, f"/instead/1/{place}")

    async def test_waits_for_the_other_questions_of_the_case(self, ended: House) -> None:
        """The letter that answers an appeal ends the case, so nothing else may be open."""
        await appeal(ended, "seller_metric")
        await change(ended, "update checklist_items set state = 'open' where item = 'who_pays'")
        before = await ended.count()

        answer = await decide(ended, UPHELD)

        refused = answer.json()
        assert (answer.status_code, refused["code"]) == (422, "decision-incomplete")
        assert "claim_funding" in refused["errors"][0]["detail"]
        assert await ended.count() == before

    async def test_says_what_to_do_where_the_decision_is_not_kept(self, ended: House) -> None:
        await appeal(ended, "seller_metric")
        await change(ended, "delete from decisions")

        answer = await decide(ended, UPHELD)

        assert (answer.status_code, answer.json()["code"]) == (422, "decision-incomplete")
        assert "/decisions" in answer.json()["errors"][0]["detail"]

    @pytest.mark.parametrize("id_", [an_id("apl", 99), an_id("case"), "apl_17"])
    async def test_of_nothing_is_unknown(self, ended: House, id_: str) -> None:
        answer = await ended.post(f"/v1/appeals/{id_}/decision", UPHELD, by="jonas")

        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")

    async def test_of_another_marketplace_is_unknown(self, ended: House) -> None:
        await appeal(ended, "seller_metric")

        answer = await decide(ended, UPHELD, by="boris")

        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
