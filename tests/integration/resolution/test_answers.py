"""What whoever works a case answers in its decision tree, against a real PostgreSQL."""

from typing import Any

import pytest

from builders_resolution import said
from house_resolution import CASE, House, a_road

CARD: dict[str, Any] = {
    "payout_ref": "PO-1",
    "amount": {"amount_minor": 61_000, "currency": "GBP"},
    "hold_code": "charge_method",
}
YES, NO = {"node": "card", "answer": "yes"}, {"node": "card", "answer": "no"}


@pytest.fixture
async def asked(house: House) -> House:
    """Return a house with mara's case, whose tree asks whether the alarm is a false one."""
    await house.hear(a_road(facts=CARD))
    return house


async def told(house: House) -> list[dict[str, Any]]:
    return [one.fact for one in await said(house.engine) if one.type == "tree.answered"]


async def path(house: House) -> dict[str, Any]:
    answer = await house.get(f"/v1/cases/{CASE}")
    way: dict[str, Any] = answer.json()["next_best_action"]["path"]
    return way


class TestAnswer:
    async def test_is_kept_and_leads_on_from_where_the_case_stood(self, asked: House) -> None:
        before = await path(asked)

        answer = await asked.on_case("answers", YES)

        assert (before["node"], answer.status_code) == ("card", 201)
        assert answer.json() == await path(asked)
        assert [(one["answer"], one["source"]) for one in answer.json()["steps"]] == [
            ("charge_method", "fact"),
            ("yes", "kept"),
        ]
        assert (answer.json()["node"], answer.json()["question"]) == ("false_alarm", None)
        assert await told(asked) == [
            {"tree": "payout_not_received@1", "node": "card", "answer": "yes"}
        ]

    async def test_again_says_nothing_new(self, asked: House) -> None:
        first = await asked.on_case("answers", YES)

        again = await asked.on_case("answers", YES)

        assert (again.status_code, again.json()) == (201, first.json())
        assert len(await told(asked)) == 1

    async def test_is_changed_with_a_reason_only(self, asked: House) -> None:
        await asked.on_case("answers", YES)

        bare = await asked.on_case("answers", NO)
        odd = await asked.on_case("answers", NO | {"reason": "because"})
        changed = await asked.on_case("answers", NO | {"reason": "seller_corrected"})

        assert [(one.status_code, one.json()["errors"][0]["code"]) for one in (bare, odd)] == [
            (422, "missing"),
            (422, "unknown-code"),
        ]
        assert (changed.status_code, changed.json()["node"]) == (201, "check_card")
        [_, last] = await told(asked)
        assert (last["answer"], last["previous"]) == ("no", "yes")
        assert last["reason"] == "seller_corrected"

    async def test_is_taken_back_with_a_reason_and_asked_again(self, asked: House) -> None:
        await asked.on_case("answers", YES)

        back = await asked.on_case(
            "answers", {"node": "card", "answer": None, "reason": "misheard"}
        )

        assert (back.status_code, back.json()["node"]) == (201, "card")
        assert await path(asked) == back.json()
        [_, last] = await told(asked)
        assert last == {
            "tree": "payout_not_received@1",
            "node": "card",
            "previous": "yes",
            "reason": "misheard",
        }

    async def test_belongs_to_one_key(self, asked: House) -> None:
        place = f"/v1/cases/{CASE}/answers"
        first = await asked.post(place, YES, key="k-1")

        again = await asked.post(place, YES, key="k-1")
        other = await asked.post(place, NO, key="k-1")

        assert (again.status_code, again.content) == (first.status_code, first.content)
        assert again.headers["idempotency-replayed"] == "true"
        assert other.json()["code"] == "idempotency-key-reused"
        assert len(await told(asked)) == 1

    @pytest.mark.parametrize(
        ("body", "pointer", "code"),
        [
            ({"node": "the_weather", "answer": "yes"}, "/node", "unknown-code"),
            ({"node": "expired", "answer": "yes"}, "/node", "unknown-code"),
            ({"node": "card", "answer": "perhaps"}, "/answer", "unknown-code"),
            ({"node": "what_the_page_says", "answer": "reserve"}, "/node", "known"),
            ({"node": "returned", "answer": "yes"}, "/node", "not-asked"),
            ({"node": "returned", "answer": None}, "/node", "not-asked"),
        ],
    )
    async def test_is_one_of_those_that_the_tree_asks_for_now(
        self, asked: House, body: dict[str, Any], pointer: str, code: str
    ) -> None:
        answer = await asked.on_case("answers", body)

        assert answer.status_code == 422
        assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [
            (pointer, code)
        ]
        assert await told(asked) == []

    async def test_is_the_word_of_whoever_works_the_case(self, asked: House) -> None:
        statuses = [
            (await asked.on_case("answers", YES, by=who)).status_code
            for who in ("boris", "seller-clay-and-co", "harbour-front-end")
        ]

        assert 201 not in statuses
        assert set(statuses) <= {403, 404}
        assert await told(asked) == []

    async def test_comes_before_the_case_has_ended(self, asked: House) -> None:
        decision = {
            "type": "payout_release",
            "outcome": "released",
            "root_cause": "charge_method_false_positive",
            "reasons": ["hold_set_in_error"],
            "redress": "none",
            "template": "payout_hold.decision.favourable",
        }
        for item in ("business_registration", "proof_of_address", "identity_document"):
            await asked.on_case(
                f"checklist/{item}", {"outcome": "waived", "reason": "not_applicable"}
            )
        assert (await asked.on_case("decisions", decision)).status_code == 201

        answer = await asked.on_case("answers", YES)

        assert (answer.status_code, answer.json()["code"]) == (409, "not-allowed-now")
